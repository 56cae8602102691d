import Exposition

/// What is stored, as Pushgateway's `/api/v1/metrics` says it (API v1, as in its README): groups, each with its
/// labels and its families; values are strings.
enum PushListing {
    static func json(_ groups: [PushedGroupSummary]) -> String {
        "[" + groups.map(json).joined(separator: ",") + "]"
    }

    private static func json(_ group: PushedGroupSummary) -> String {
        var fields = [
            ("labels", labels(group.key.labels)), ("last_push_successful", "\(group.lastSucceeded)"),
            time("push_time_seconds", group.lastPush, group),
            time("push_failure_time_seconds", group.lastFailure, group),
        ]
        fields += group.families.map { ($0.name, json($0)) }
        return object(fields)
    }

    /// The two families that the gateway itself adds.
    private static func time(
        _ name: String, _ moment: Moment?, _ group: PushedGroupSummary
    ) -> (String, String) {
        let value = MetricText.number(moment?.wall.secondsSinceEpoch ?? 0)
        let served = GroupingKey([Label("instance", "")] + group.key.labels)
        let metric = object([("labels", labels(served.labels)), ("value", EscapedText.json(value))])
        let family = object([
            ("help", "\"\""),
            ("time_stamp", EscapedText.json((group.lastPush ?? group.lastFailure)?.wall.rfc3339 ?? "")),
            ("type", "\"GAUGE\""), ("metrics", "[\(metric)]"),
        ])
        return (name, family)
    }

    private static func json(_ family: PushedGroupSummary.Family) -> String {
        var fields = [
            ("time_stamp", EscapedText.json(family.lastPush.wall.rfc3339)),
            ("type", EscapedText.json(family.type.rawValue.uppercased())),
        ]
        if let help = family.help { fields.append(("help", EscapedText.json(meaning(of: help)))) }
        fields.append(("metrics", "[\(metrics(of: family).joined(separator: ","))]"))
        return object(fields)
    }

    private static func meaning(of help: String) -> String {
        var help = help
        return help.withUTF8 { LabelText.meaning(UnsafeRawBufferPointer($0)) }
    }

    /// Samples that differ in the border of a bucket or quantile alone are one metric.
    private static func metrics(of family: PushedGroupSummary.Family) -> [String] {
        let border = family.type == .histogram ? "le" : family.type == .summary ? "quantile" : nil
        var order: [LabelSet] = []
        var samples: [LabelSet: [PushedSample]] = [:]
        for sample in family.samples {
            let labels = sample.labels.filter { $0.name != border }
            if samples[labels] == nil { order.append(labels) }
            samples[labels, default: []].append(sample)
        }
        return order.map { metric(family, $0, samples[$0] ?? [], border) }
    }

    private static func metric(
        _ family: PushedGroupSummary.Family, _ labels: LabelSet, _ samples: [PushedSample], _ border: String?
    ) -> String {
        var fields = [("labels", Self.labels(labels))]
        guard let border else {
            fields.append(("value", EscapedText.json(samples.first?.value ?? "")))
            return object(fields)
        }
        var borders: [(String, String)] = []
        for sample in samples {
            switch sample.name.dropFirst(family.name.count) {
            case "_sum": fields.append(("sum", EscapedText.json(sample.value)))
            case "_count": fields.append(("count", EscapedText.json(sample.value)))
            default:
                let name = sample.labels.first { $0.name == border }?.value ?? ""
                borders.append((name, EscapedText.json(sample.value)))
            }
        }
        fields.append((family.type == .histogram ? "buckets" : "quantiles", object(borders)))
        return object(fields)
    }

    private static func labels(_ labels: LabelSet) -> String {
        object(labels.map { ($0.name, EscapedText.json($0.value)) })
    }

    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\(EscapedText.json($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
