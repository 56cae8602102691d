import Exposition
import NIOCore

/// The two series that each group has of its own.
enum PushTimes {
    static let success = "push_time_seconds"
    static let failure = "push_failure_time_seconds"
    static let successHelp = "When the group was last pushed to, in seconds since 1970; 0 is never."
    static let failureHelp = "When a push to the group was last refused, in seconds since 1970; 0 is never."

    /// The names that nobody can push.
    static func isReserved(_ family: String) -> Bool {
        family == success || family == failure || family.hasPrefix("exporter_proxy_")
    }

    static func append(_ group: PushedGroup, to text: inout ByteBuffer) {
        append(failure, failureHelp, group.lastFailure, group.key, to: &text)
        append(success, successHelp, group.lastPush, group.key, to: &text)
    }

    private static func append(
        _ name: String, _ help: String, _ moment: Moment?, _ group: GroupingKey, to text: inout ByteBuffer
    ) {
        text.writeString("# HELP \(name) \(help)\n# TYPE \(name) gauge\n")
        MetricLines(name: name, labels: group.exposed).append(moment.map(seconds) ?? 0, to: &text)
    }

    /// In two steps, as nanoseconds since 1970 have more digits than a double.
    private static func seconds(_ moment: Moment) -> Double {
        let (seconds, nanoseconds) = moment.wall.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return Double(seconds) + Double(nanoseconds) / 1e9
    }

    fileprivate static let number = SeriesNumber(name: success)
}

extension GroupingKey {
    /// The labels of its own series.
    var exposed: String {
        if labels.contains(where: { $0.name == "instance" }) { return LabelText.joined(labels) }
        return LabelText.joined((labels + [Label("instance", "")]).sorted { $0.name < $1.name })
    }

    /// The number of its own series: groups that differ only in empty labels have the same.
    var timeNumber: UInt64 { PushTimes.number.number(labels: LabelText.joined(labels)) }
}
