@testable import ExporterProxy

/// Pushes of few groups, families and series, so that they meet often.
struct RandomPushes {
    var random: SeededGenerator

    /// Labels come before `le`, so that the model need not sort.
    mutating func next(at moment: Moment) throws -> Push {
        let group = ["job=a", "job=b", "instance=i,job=a"].randomElement(using: &random) ?? ""
        let own = group.hasPrefix("instance") ? "c" : group.hasSuffix("a") ? "a" : "b"
        let names = ["m", "n", "h", "h_count", "h_bucket", "g"].shuffled(using: &random)
        var families: [PushedFamily] = []
        for name in names.prefix(pick(1, 1, 2, 3)) { families.append(try family(name, own)) }
        return Push(
            group: GroupingKey(group), clearing: pick(.nothing, .nothing, .families, .families, .group, .everything),
            families: families, expiresAfter: pick(nil, nil, .seconds(3)), at: moment)
    }

    private mutating func pick<Value>(_ values: Value...) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    private mutating func family(_ name: String, _ own: String) throws -> PushedFamily {
        let isParts = name == "h" && pick(true, true, false)
        let type = isParts ? "histogram" : name == "m" ? "counter" : pick("gauge", "gauge", "gauge", "counter")
        let isBlock = !isParts && pick(true, false)
        var metrics: [String] = []
        for label in ["1", "2", "3"].shuffled(using: &random).prefix(pick(0, 1, 2, 3)) {
            // Now and then without what tells groups apart.
            let labels = pick(
                "v=\(own)\(label)", "v=\(own)\(label)", "v=\(own)\(label)", "v=\(own)\(label)", "v=\(label)")
            let mode =
                isBlock
                ? ""
                : isParts
                    ? pick("sum", "sum", "last", "replace")
                    : pick("sum", "sum", "replace", "mean", "min", "max", "last")
            let value =
                isParts ? pick("h(1:1,+Inf:3)", "h(1:2,+Inf:2)", "h(2:1,+Inf:5)") : pick("1", "2", "3.50", "-4", "0.1")
            metrics.append("\(labels) \(mode) \(value)")
        }
        let clears = pick("", "", "", "", "clears")
        let text = "\(name) \(type) \(clears) \(isBlock ? "block" : "") \(metrics.joined(separator: ";"))"
        return try PushNotation.families(text, clears: pick(.replaced, .replaced, .nothing))[0]
    }
}
