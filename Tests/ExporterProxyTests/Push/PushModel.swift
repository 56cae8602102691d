@testable import ExporterProxy

/// What the push door shall hold, said as plainly as can be: all is walked through at each push.
struct PushModel {
    struct Metric {
        var mode: ClearMode
        /// Those that count, the oldest first.
        var points: [PushedMetric.Point]
        var end: Int64
    }

    struct Family {
        var type: String
        /// By labels.
        var metrics: [String: Metric] = [:]
    }

    struct Base {
        var type: String
        var points: [PushedMetric.Point]
    }

    var groups: [GroupingKey: [String: Family]] = [:]
    var bases: [GroupingKey: [String: [String: Base]]] = [:]

    /// False where it is refused.
    mutating func apply(_ push: Push) -> Bool {
        var next = self
        next.take(push)
        let isConsistent = next.isConsistent
        if isConsistent { self = next }
        if groups[push.group] == nil { groups[push.group] = [:] }
        return isConsistent
    }

    private mutating func take(_ push: Push) {
        var families = groups[push.group] ?? [:]
        if push.clearing == .everything { bases[push.group] = nil }
        for name in families.keys where !push.families.contains(where: { $0.name == name }) {
            switch push.clearing {
            case .nothing, .families: break
            case .group: families[name]?.clear(all: false)
            case .everything: families[name]?.clear(all: true)
            }
        }
        for pushed in push.families {
            var family = families[pushed.name] ?? Family(type: pushed.type.rawValue)
            let metrics = pushed.metrics
            if !metrics.isEmpty, family.type != pushed.type.rawValue {
                family = Family(type: pushed.type.rawValue)
                bases[push.group]?[pushed.name] = nil
            }
            switch push.clearing {
            case _ where pushed.clears == .all, .everything:
                family.clear(all: true)
                bases[push.group]?[pushed.name] = nil
            case .families where pushed.clears == .nothing: break
            case .families, .group: family.clear(all: false)
            case .nothing: break
            }
            let life = push.expiresAfter ?? pushed.expiresAfter
            let end = life.map { push.at.monotonic + Lifetime.nanoseconds($0) } ?? .max
            for metric in metrics { add(metric, to: &family, pushed.name, push.group, end) }
            families[pushed.name] = family
        }
        groups[push.group] = families.filter { !$0.value.metrics.isEmpty }
    }

    private mutating func add(
        _ metric: PushedMetric, to family: inout Family, _ name: String, _ group: GroupingKey, _ end: Int64
    ) {
        var points: [PushedMetric.Point] = []
        if let old = family.metrics[metric.labels] {
            if old.mode == metric.mode, metric.mode != .replace { points = old.points }
        } else if let base = bases[group]?[name]?.removeValue(forKey: metric.labels) {
            if metric.mode == .sum, base.type == family.type { points = base.points }
        }
        family.metrics[metric.labels] = Metric(mode: metric.mode, points: points + [metric.point], end: end)
    }

    private var isConsistent: Bool {
        var types: [String: String] = [:]
        var owners: [String: GroupingKey] = [:]
        for (group, families) in groups {
            for (name, family) in families {
                if types.updateValue(family.type, forKey: name).map({ $0 != family.type }) == true { return false }
                for labels in family.metrics.keys {
                    if owners.updateValue(group, forKey: name + labels).map({ $0 != group }) == true { return false }
                }
            }
        }
        return types.allSatisfy { name, type in
            let suffixes =
                type == "histogram" ? ["_sum", "_count", "_bucket"] : type == "summary" ? ["_sum", "_count"] : []
            return suffixes.allSatisfy { types[name + $0] == nil }
        }
    }

    mutating func expire(at time: Int64) {
        for (group, families) in groups {
            var left = families
            for (name, family) in families {
                for (labels, metric) in family.metrics where metric.end <= time {
                    left[name]?.metrics[labels] = nil
                    guard metric.mode == .sum else { continue }
                    bases[group, default: [:]][name, default: [:]][labels] = Base(
                        type: family.type, points: metric.points)
                }
            }
            left = left.filter { !$0.value.metrics.isEmpty }
            groups[group] = left.isEmpty && !families.isEmpty ? nil : left
        }
    }

    mutating func delete(_ group: GroupingKey) {
        groups[group] = nil
        bases[group] = nil
    }

    /// The lines of a group, sorted.
    func lines(of group: GroupingKey) -> [String] {
        (groups[group] ?? [:]).flatMap { name, family in
            family.metrics.flatMap { labels, metric in metric.lines(name, labels) }
        }.sorted()
    }
}

extension PushModel.Family {
    fileprivate mutating func clear(all: Bool) { metrics = all ? [:] : metrics.filter { $0.value.mode != .replace } }
}

extension PushedFamily {
    /// Also those of a block, whose metrics are all plain here.
    fileprivate var metrics: [PushedMetric] {
        guard case .block(let block) = content else {
            if case .metrics(let metrics) = content { return metrics }
            return []
        }
        return block.lines.text.split(separator: "\n").map { line in
            let labels = line.dropFirst(name.count + 1).prefix { $0 != "}" }
            let value = line.split(separator: " ").last.map(String.init) ?? ""
            return PushedMetric(
                labels: line.contains("{") ? String(labels) : "", mode: .replace,
                point: .value(Double(value) ?? .nan, text: value))
        }
    }
}

extension PushModel.Metric {
    fileprivate func lines(_ name: String, _ labels: String) -> [String] {
        guard let last = points.last else { return [] }
        func line(_ name: String, _ more: String, _ value: String) -> String {
            let all = [more, labels].filter { !$0.isEmpty }.joined(separator: ",")
            return name + (all.isEmpty ? "" : "{\(all)}") + " " + value
        }
        switch last {
        case .value(_, let text): return [line(name, "", mode == .replace ? text : MetricText.number(number))]
        case .summary(let point): return [line(name + "_count", "", MetricText.number(point.count ?? 0))]
        case .histogram(let newest):
            // Bounds are the first and +Inf; all since the last change of bounds count.
            var same: [HistogramPoint] = []
            for case .histogram(let point) in points {
                if same.last?.buckets.first?.bound != point.buckets.first?.bound { same = [] }
                same.append(point)
            }
            if mode != .sum { same = [newest] }
            return newest.buckets.indices.map { index in
                line(
                    name + "_bucket", "le=\"\(MetricText.number(newest.buckets[index].bound))\"",
                    MetricText.number(same.reduce(0) { $0 + $1.buckets[index].count }))
            } + [line(name + "_count", "", MetricText.number(same.reduce(0) { $0 + $1.count }))]
        }
    }

    private var number: Double {
        let values = points.map { point in
            if case .value(let value, _) = point { value } else { Double.nan }
        }
        switch mode.operation {
        case .replace, .last: return values.last ?? .nan
        case .sum: return values.dropFirst().reduce(values[0], +)
        case .mean: return values.dropFirst().reduce(values[0], +) / Double(values.count)
        case .min: return values.min() ?? .nan
        case .max: return values.max() ?? .nan
        case .quantile: return values.sorted()[values.count / 2]
        }
    }
}
