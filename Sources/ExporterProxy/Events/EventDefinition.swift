import Exposition

/// What packets may say of one metric.
package struct EventDefinition: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case counter, gauge, histogram, summary
    }

    /// As packets name it.
    package var name: String
    package var kind: Kind
    /// Empty is none.
    package var help: String
    package var labels: [String]
    /// Of a histogram; the last one, of everything, is not among them.
    package var buckets: [Double]
    /// Of a summary: quantiles, such as 0.99.
    package var objectives: [Double]
    /// Quantiles are of the values of so long.
    package var maxAge: Duration
    /// Series of which no packet has come for so long are removed.
    package var expireAfter: Duration?

    /// Those of the client libraries.
    package static let standardBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    package static let bucketsMax = 256
    package static let objectivesMax = 64
    package static let labelsMax = 64
    package static let nameBytesMax = 256
    /// Of a metric that a packet declares.
    static let helpBytesMax = 1024

    package init(
        _ kind: Kind, _ name: String, help: String = "", labels: [String] = [], buckets: [Double] = standardBuckets,
        objectives: [Double] = [], maxAge: Duration = .seconds(600), expireAfter: Duration? = nil
    ) {
        (self.kind, self.name, self.help, self.labels) = (kind, name, help, labels)
        (self.buckets, self.objectives, self.maxAge) = (buckets, objectives, maxAge)
        self.expireAfter = expireAfter
        // What is the same as the border of everything says nothing.
        if self.buckets.last == .infinity { self.buckets.removeLast() }
    }

    /// What is wrong with it, and at which key; empty where nothing is.
    package var problems: [(key: String, reason: String)] {
        if let nameProblem { return [("name", nameProblem)] }
        return labelProblems + valueProblems
    }

    private var nameProblem: String? { Self.problem(ofName: Array(name.utf8)) }

    /// Why bytes cannot be the name of a metric.
    static func problem(ofName name: [UInt8]) -> String? {
        if name.isEmpty { return "there is no name" }
        if name.count > nameBytesMax { return "the name has more than \(nameBytesMax) bytes" }
        if !isMetricName(name) { return "'\(EscapedText.short(name))' is no metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)" }
        if name.starts(with: "exporter_proxy_".utf8) { return "names that begin with exporter_proxy_ are our own" }
        return nil
    }

    /// Why bytes cannot be the name of a label.
    static func problem(ofLabel label: [UInt8]) -> String? {
        let isLetters = label.count <= nameBytesMax && isMetricName(label) && !label.contains(UInt8(ascii: ":"))
        let shown = EscapedText.short(label)
        if !isLetters { return "'\(shown)' is no label name ([a-zA-Z_][a-zA-Z0-9_]*)" }
        return label.starts(with: "__".utf8) ? "'\(shown)': names that begin with __ are kept for Prometheus" : nil
    }

    private var labelProblems: [(String, String)] {
        if labels.count > Self.labelsMax { return [("labels", "there are more than \(Self.labelsMax) labels")] }
        var problems: [(String, String)] = []
        for (place, label) in labels.enumerated() {
            if let problem = Self.problem(ofLabel: Array(label.utf8)) {
                problems.append(("labels", problem))
            } else if labels[..<place].contains(label) {
                problems.append(("labels", "'\(label)' is there twice"))
            } else if kind == .histogram && label == "le" || kind == .summary && label == "quantile" {
                problems.append(("labels", "a \(kind.rawValue) cannot have a label '\(label)': it has one itself"))
            }
        }
        return problems
    }

    private var valueProblems: [(String, String)] {
        var problems: [(String, String)] = []
        if kind == .histogram {
            if buckets.count > Self.bucketsMax { problems.append(("buckets", "more than \(Self.bucketsMax)")) }
            let isRising = zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 }
            if !isRising || !buckets.allSatisfy(\.isFinite) {
                problems.append(("buckets", "must be numbers that rise"))
            }
        }
        if kind == .summary {
            let isRising = zip(objectives, objectives.dropFirst()).allSatisfy { $0 < $1 }
            if !isRising || !objectives.allSatisfy({ 0...1 ~= $0 }) || objectives.count > Self.objectivesMax {
                problems.append(("objectives", "must be at most \(Self.objectivesMax) numbers from 0 to 1 that rise"))
            }
            if maxAge <= .zero { problems.append(("max_age", "must be a duration above 0")) }
        }
        if let expireAfter, expireAfter <= .zero { problems.append(("expire_after", "must be a duration above 0")) }
        return problems
    }

    var shownName: String { EscapedText.short(name.utf8) }

    static func isMetricName(_ name: some Collection<UInt8>) -> Bool {
        guard let first = name.first, first &- 48 >= 10 else { return false }
        return name.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 &- 48 < 10 || $0 == 0x5F || $0 == 0x3A }
    }

    /// The names its samples have, besides its own.
    static func sampleNames(_ name: String, _ kind: Kind) -> [String] {
        switch kind {
        case .counter, .gauge: []
        case .histogram: [name + "_bucket", name + "_sum", name + "_count"]
        case .summary: [name + "_sum", name + "_count"]
        }
    }
}

extension Duration {
    /// In the range of the monotonic clock, however long it is.
    var eventNanoseconds: Int64 {
        let (nanoseconds, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? .max / 4 : max(0, min(nanoseconds, .max / 4))
    }
}
