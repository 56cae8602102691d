/// What OpenMetrics asks of the samples of one metric at one moment.
struct OpenMetricsPoint {
    private let type: MetricType
    private let first: OpenMetricsLine
    /// A sample of it may be lost, so that none can be missed.
    var isDamaged = false

    private var hasTotal = false
    private var lastBound: Double?
    private var lastBucket = 0.0
    private var all: Double?
    private var hasNegativeBound = false
    private var count: Seen?
    private var sum: Seen?

    private struct Seen {
        var value: Double
        var offset: Int
        var line: OpenMetricsLine
    }

    init(type: MetricType, first: OpenMetricsLine) {
        self.type = type
        self.first = first
    }

    mutating func add(
        _ sample: OpenMetricsSampleLine, _ suffix: OpenMetricsSuffix, _ bound: Double?, _ line: OpenMetricsLine,
        _ findings: inout OpenMetricsFindings
    ) {
        let seen = Seen(value: sample.value, offset: sample.valueAt, line: line)
        switch suffix {
        case .total: hasTotal = true
        case .count, .gcount: count = seen
        case .sum, .gsum: sum = seen
        case .bucket: addBucket(seen, bound, &findings)
        case .none, .created, .info: break
        }
    }

    func close(_ findings: inout OpenMetricsFindings) {
        guard !isDamaged else { return }
        switch type {
        case .counter where !hasTotal: reportFirst(.OpenMetrics.totalMissing, &findings)
        case .histogram, .gaugehistogram: closeHistogram(&findings)
        default: break
        }
    }

    private mutating func addBucket(_ bucket: Seen, _ bound: Double?, _ findings: inout OpenMetricsFindings) {
        guard let bound else {
            isDamaged = true
            return
        }
        if let lastBound, bound <= lastBound {
            let reason: Reason = bound == lastBound ? .OpenMetrics.bucketRepeated : .OpenMetrics.bucketOrder
            findings.report(reason, at: bucket.line.bytes.lowerBound, in: bucket.line)
        } else if bucket.value < lastBucket {
            findings.report(.OpenMetrics.bucketDecreases, at: bucket.offset, in: bucket.line)
        }
        lastBound = bound
        lastBucket = bucket.value
        if bound < 0 { hasNegativeBound = true }
        if bound == .infinity { all = bucket.value }
    }

    private func closeHistogram(_ findings: inout OpenMetricsFindings) {
        if let all {
            if let count, count.value != all { report(.OpenMetrics.countMismatch, count, &findings) }
        } else {
            reportFirst(.OpenMetrics.infinityMissing, &findings)
        }
        if let sum, count == nil { report(.OpenMetrics.sumWithoutCount, sum, &findings) }
        if let count, sum == nil { report(.OpenMetrics.countWithoutSum, count, &findings) }
        guard let sum else { return }
        if type == .histogram, hasNegativeBound { report(.OpenMetrics.sumWithNegativeBuckets, sum, &findings) }
        if type == .gaugehistogram, !hasNegativeBound, sum.value < 0 {
            report(.OpenMetrics.valueNegative, sum, &findings)
        }
    }

    private func report(_ reason: Reason, _ seen: Seen, _ findings: inout OpenMetricsFindings) {
        findings.report(reason, at: seen.offset, in: seen.line)
    }

    private func reportFirst(_ reason: Reason, _ findings: inout OpenMetricsFindings) {
        findings.report(reason, at: first.bytes.lowerBound, in: first)
    }
}
