import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

/// Pushes as tests write them: `m counter x=1 sum 5; x=2 sum 6 | g gauge block 1` is two families, the second ready
/// lines.
///
/// A metric is labels, mode and value, the first two of which may be left out. Modes have the names of
/// ``ClearMode/Operation``, with a window such as `mean/100s`, or are `p90`. A value is a number, a histogram
/// `h(0.1:1,+Inf:2,s=3,c=2)`, or a summary `s(0.5:1,s=3,c=2)`.
enum PushNotation {
    static func families(_ text: String, clears: PushedFamily.Clears) throws -> [PushedFamily] {
        try parts(text, "|").map { try family($0, clears: clears) }
    }

    private static func family(_ text: String, clears: PushedFamily.Clears) throws -> PushedFamily {
        var words = text.split(separator: " ").map(String.init)
        let (name, word) = (words.removeFirst(), words.removeFirst())
        var family = PushedFamily(
            name: name, type: try #require(MetricType(rawValue: word), "\(text)"), clears: clears,
            content: .metrics([]))
        if words.first?.hasPrefix("help=") == true { family.help = String(words.removeFirst().dropFirst(5)) }
        if words.first?.hasPrefix("life=") == true {
            family.expiresAfter = DurationText.parse(String(words.removeFirst().dropFirst(5)))
        }
        if words.first == "clears" {
            words.removeFirst()
            family.clears = .all
        }
        let isBlock = words.first == "block"
        if isBlock { words.removeFirst() }
        let metrics = try parts(words.joined(separator: " "), ";").map(metric)
        family.content = isBlock ? try block(metrics, of: family) : .metrics(metrics)
        return family
    }

    private static func block(_ metrics: [PushedMetric], of family: PushedFamily) throws -> PushedFamily.Content {
        var lines = ByteBuffer()
        for metric in metrics {
            MetricLines(name: family.name, labels: metric.labels).append(metric.point, to: &lines)
        }
        let series = try WrittenText.series(family.name, family.type, lines)
        return .block(PushedBlock(lines: lines, series: series))
    }

    private static func parts(_ text: String, _ separator: Character) -> [String] {
        text.split(separator: separator).map { String($0).trimmed }.filter { !$0.isEmpty }
    }

    private static func metric(_ text: String) throws -> PushedMetric {
        var words = text.split(separator: " ").map(String.init)
        let point = try point(words.removeLast())
        let mode = try words.last.flatMap(mode)
        if mode != nil { words.removeLast() }
        return PushedMetric(labels: words.first.map(labels) ?? "", mode: mode ?? .replace, point: point)
    }

    /// `x=1,y=2` as between braces.
    static func labels(_ text: String) -> String {
        text.split(separator: ",").map { pair in
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            return "\(parts[0])=\"\(parts.last ?? "")\""
        }.joined(separator: ",")
    }

    static func mode(_ text: String) throws -> ClearMode? {
        let parts = text.split(separator: "/")
        let window = try parts.dropFirst().first.map { try #require(DurationText.parse(String($0))) }
        let operation: ClearMode.Operation
        switch parts.first {
        case "replace": operation = .replace
        case "sum": operation = .sum
        case "mean": operation = .mean
        case "min": operation = .min
        case "max": operation = .max
        case "last": operation = .last
        case .some(let word) where word.hasPrefix("p"):
            guard let percent = Double(word.dropFirst()) else { return nil }
            operation = .quantile(percent / 100)
        default: return nil
        }
        return ClearMode(operation, window: window)
    }

    private static func point(_ text: String) throws -> PushedMetric.Point {
        guard text.hasSuffix(")") else { return .value(try #require(Double(text), "\(text)"), text: text) }
        var pairs: [(Double, Double)] = []
        var named: [String: Double] = [:]
        for part in text.dropFirst(2).dropLast().split(separator: ",") {
            let sides = part.split(whereSeparator: { $0 == ":" || $0 == "=" }).map(String.init)
            let value = try #require(sides.last.flatMap { Double($0) })
            if let bound = Double(sides[0]) { pairs.append((bound, value)) } else { named[sides[0]] = value }
        }
        if text.hasPrefix("s(") { return .summary(.init(quantiles: pairs, sum: named["s"], count: named["c"])) }
        return .histogram(.init(buckets: pairs, sum: named["s"], count: named["c"] ?? pairs.last?.1 ?? 0))
    }
}

extension GroupingKey {
    /// Of `job=a,instance=b`.
    init(_ text: String) {
        self.init(
            text.split(separator: ",").map { pair in
                let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
                return Label(parts[0], parts[1])
            })
    }
}

/// Groups, and a clock that stands until it is moved.
final class PushBench {
    var groups: PushedGroups
    var now = Moment.example

    init(_ limits: PushLimits = .init()) { groups = PushedGroups(limits: limits) }

    func advance(_ duration: Duration) { now = now.advanced(by: duration) }

    func pushed(
        _ text: String, _ clearing: Push.Clearing = .families, to group: String = "job=a", life: Duration? = nil,
        key: String? = nil
    ) throws -> Push {
        Push(
            group: GroupingKey(group), clearing: clearing,
            families: try PushNotation.families(text, clears: .replaced), expiresAfter: life, idempotencyKey: key,
            at: now)
    }

    @discardableResult
    func push(
        _ text: String, _ clearing: Push.Clearing = .families, to group: String = "job=a", life: Duration? = nil,
        key: String? = nil
    ) throws -> PushOutcome {
        apply(try pushed(text, clearing, to: group, life: life, key: key))
    }

    /// The group's text without HELP, TYPE and the series of the group itself, as lines.
    func samples(of group: String = "job=a") -> [String] {
        (text(of: group) ?? "").split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.hasPrefix("push_")
        }
    }

    /// `nil` where there is no such group.
    func text(of group: String = "job=a") -> String? {
        groups.text(of: GroupingKey(group), at: now)
    }

    /// All texts by source.
    func page(at moment: Moment? = nil) -> [String: String] { groups.page(at: moment ?? now) }

    // What the groups do, at the time of the clock.

    func apply(_ push: Push) -> PushOutcome { groups.apply(push) }
    func apply(_ record: PushRecord) -> PushOutcome { groups.apply(record) }
    func delete(_ group: String) -> Bool { groups.delete(GroupingKey(group)) }
    func wipe() -> Int { groups.wipe() }
    func expire() -> (series: Int, groups: Int, next: Moment?) { groups.expire(at: now) }
    func render() -> (changed: [PushedGroups.Rendered], until: Moment?) { groups.render(at: now) }
    func summaries() -> [PushedGroupSummary] { groups.groupingKeys.compactMap { groups.summary(of: $0, at: now) } }
    func summary(of group: String) -> PushedGroupSummary? { groups.summary(of: GroupingKey(group), at: now) }
    func changedParts() -> [PushedGroups.Part] { groups.changedParts() }
    func restore(_ part: ByteBuffer) throws { try groups.restore(part, at: now) }

    func select(olderThan age: Duration?, where isWanted: ((String, LabelSet) -> Bool)?) -> PushSelection {
        PushSelection(
            of: groups.groupingKeys.compactMap(groups.group(of:)), olderThan: age, at: now, where: isWanted)
    }
}

extension PushedGroups {
    mutating func text(of key: GroupingKey, at moment: Moment) -> String? {
        guard let slot = places[key] else { return nil }
        refresh(slot, at: moment)
        return slots[slot]?.text.body.text
    }

    mutating func page(at moment: Moment) -> [String: String] {
        Dictionary(uniqueKeysWithValues: places.keys.map { ($0.source, text(of: $0, at: moment) ?? "") })
    }
}

extension PushOutcome {
    /// `stored`, or the reasons.
    var words: [String] {
        switch self {
        case .stored: ["stored"]
        case .refused(let conflicts): conflicts.map(\.kind.rawValue)
        case .removed(let series, let groups): ["removed \(series) \(groups)"]
        }
    }
}
