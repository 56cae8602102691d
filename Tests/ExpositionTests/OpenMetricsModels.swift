import Exposition

/// Random models that keep to the rules of OpenMetrics, the same for the same seed.
struct OpenMetricsModels {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    mutating func families() -> [MetricFamily] {
        (0..<random.below(8)).map { family("m\($0)") }
    }

    private mutating func family(_ base: String) -> MetricFamily {
        let type: MetricType? = random.below(10) == 0 ? nil : pick(MetricType.allCases.filter { $0 != .untyped })
        let takesUnit = type != .info && type != .stateset && random.below(2) == 0
        let name = takesUnit ? base + "_seconds" : base
        var samples: [Sample] = []
        let isTimed = random.below(3) == 0
        for metric in 0..<random.below(4) {
            let labels = labels(metric)
            for moment in 0..<(isTimed ? 1 + random.below(3) : 1) {
                samples += point(name, type, labels, isTimed ? time(moment) : nil)
            }
        }
        // What has neither metadata nor samples leaves no trace.
        let needsHelp = type == nil && samples.isEmpty
        return MetricFamily(
            name: name, type: type, help: needsHelp || random.below(2) == 0 ? "h" + text() : nil,
            unit: takesUnit ? "seconds" : nil, samples: samples)
    }

    private mutating func point(_ name: String, _ type: MetricType?, _ labels: LabelSet, _ time: Timestamp?) -> [Sample]
    {
        func sample(_ suffix: String, _ value: Double, _ extra: LabelSet = []) -> Sample {
            Sample(name: name + suffix, labels: labels + extra, value: value, timestamp: time)
        }
        switch type {
        case .counter:
            var total = sample("_total", magnitude())
            if random.below(2) == 0 { total.exemplar = exemplar(below: .infinity) }
            return [total, sample("_created", 1.5e9)]
        case .info: return [sample("_info", 1)]
        case .stateset: return [sample("", 1, [Label(name, "on")]), sample("", 0, [Label(name, "off" + text())])]
        case .summary:
            return [
                sample("", magnitude(), [Label("quantile", "0.5")]), sample("", .nan, [Label("quantile", "1.0")]),
                sample("_sum", magnitude()), sample("_count", Double(random.below(1000))),
            ]
        case .histogram: return histogram("_sum", "_count", sample)
        case .gaugehistogram: return histogram("_gsum", "_gcount", sample)
        default: return [sample("", value())]
        }
    }

    private mutating func histogram(
        _ sum: String, _ count: String, _ sample: (String, Double, LabelSet) -> Sample
    ) -> [Sample] {
        var samples: [Sample] = []
        var total = Double(random.below(3))
        for (text, bound) in [
            ("5e-324", .leastNonzeroMagnitude), ("0.25", 0.25), ("1.0", 1), ("1e+06", 1e6), ("+Inf", .infinity),
        ]
            as [(String, Double)]
        {
            total += Double(random.below(5))
            var bucket = sample("_bucket", total, [Label("le", text)])
            if random.below(3) == 0 { bucket.exemplar = exemplar(below: bound) }
            samples.append(bucket)
        }
        guard random.below(2) == 0 else { return samples }
        return samples + [sample(sum, magnitude(), []), sample(count, total, [])]
    }

    private mutating func exemplar(below bound: Double) -> Exemplar {
        Exemplar(
            labels: random.below(2) == 0 ? [] : [Label("trace", text().filter { $0 != "\u{0}" })],
            value: min(bound, value()),
            timestamp: random.below(2) == 0 ? nil : time(0))
    }

    /// Unique by the number of the metric.
    private mutating func labels(_ metric: Int) -> LabelSet {
        var labels = [Label("metric", "\(metric)" + text())]
        if random.below(2) == 0 { labels.append(Label("A_\(random.below(9))", text())) }
        if random.below(4) == 0 { labels.insert(Label("z", text()), at: 0) }
        return labels
    }

    private mutating func text() -> String {
        let parts = [
            "a", "\\", "\"", "\n", "é", "日", "\u{0}", "{", "}", ",", "=", " ", "#", "\u{1F600}", "\\n", "\t", "\r.",
        ]
        return (0..<random.below(6)).map { _ in pick(parts) }.joined()
    }

    /// Later for a later moment.
    private mutating func time(_ moment: Int) -> Timestamp {
        Timestamp(seconds: Int64(moment) * 1000 - 1500, nanoseconds: Int32(random.below(1_000_000_000)))
    }

    private mutating func value() -> Double {
        let special: [Double] = [
            .nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, 9_007_199_254_740_991, 9_007_199_254_740_992,
            9_007_199_254_740_994, .greatestFiniteMagnitude, 0.1, -1e-5, 1e15, 1e21,
        ]
        if random.below(2) == 0 { return pick(special) }
        let value = Double(bitPattern: random.next())
        return value.isNaN ? .nan : value
    }

    private mutating func magnitude() -> Double {
        let value = value().magnitude
        return value.isNaN ? 3 : value
    }

    private mutating func pick<Element>(_ list: [Element]) -> Element { list[random.below(list.count)] }
}

/// Sebastiano Vigna's generator: few lines, and good enough to make inputs.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
