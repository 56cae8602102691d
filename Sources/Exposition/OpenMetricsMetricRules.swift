/// What OpenMetrics asks of the samples of one family, in the order in which they come:
/// each sample by itself, then its metric among the metrics, then its time, then its point.
struct OpenMetricsMetricRules {
    private(set) var type = MetricType.unknown
    private var name: [UInt8] = []

    /// The labels of the metric that is being read. Those of an Info are empty: nobody can tell its metrics from its
    /// points.
    private var metric: [UInt8]?
    private var metricsBefore: Set<[UInt8]> = []
    private var time: OpenMetricsTime?
    private var samplesInPoint: Set<[UInt8]> = []
    private var point: OpenMetricsPoint?
    /// A line was lost just before, so the next point may lack a sample.
    private var isLineLost = false

    init() {}

    init(_ name: String, _ type: MetricType) {
        self.name = Array(name.utf8)
        self.type = type
    }

    /// Of a family that has no samples yet.
    mutating func start(_ name: String, _ type: MetricType) {
        let isLineLost = isLineLost
        self = OpenMetricsMetricRules(name, type)
        self.isLineLost = isLineLost
    }

    /// A line that could not be read may have belonged to this point or to the next one.
    mutating func lineIsLost() {
        isLineLost = true
        point?.isDamaged = true
    }

    mutating func admit(
        _ sample: OpenMetricsSampleLine, _ suffix: OpenMetricsSuffix, _ line: OpenMetricsLine,
        _ bytes: UnsafeRawBufferPointer, _ findings: inout OpenMetricsFindings
    ) {
        let special = OpenMetricsSampleRules(type: type, familyName: name, suffix: suffix)
            .check(sample, line, bytes, &findings)
        var labels: [UInt8] = []
        sample.labels.appendKey(to: &labels, without: special.label, bytes)
        place(type == .info ? [] : labels, sample, line, bytes, &findings)
        checkRepetition(labels, special, suffix, sample, line, &findings)
        point?.add(sample, suffix, special.number, line, &findings)
        isLineLost = false
    }

    /// To be called after the last sample.
    mutating func close(_ bytes: UnsafeRawBufferPointer, _ findings: inout OpenMetricsFindings) {
        point?.close(&findings)
        point = nil
    }
}

extension OpenMetricsMetricRules {
    /// Finds the metric and the point that a sample belongs to.
    private mutating func place(
        _ labels: [UInt8], _ sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) {
        if labels == metric { return placeInMetric(sample, line, bytes, &findings) }
        startPoint(sample, line, bytes, &findings)
        if let metric { metricsBefore.insert(metric) }
        metric = labels
        guard metricsBefore.contains(labels) else { return }
        findings.report(.OpenMetrics.metricInterleaved, at: sample.name.lowerBound, in: line)
        point?.isDamaged = true
    }

    private mutating func startPoint(
        _ sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) {
        point?.close(&findings)
        point = OpenMetricsPoint(type: type, first: line)
        point?.isDamaged = isLineLost
        time = sample.time
        samplesInPoint.removeAll(keepingCapacity: true)
    }

    /// A sample of the same metric as the one before.
    private mutating func placeInMetric(
        _ sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) {
        guard let old = time, let new = sample.time else {
            guard (time == nil) != (sample.time == nil) else { return }
            let offset = sample.time == nil ? sample.valueAt : sample.timeAt
            return findings.report(.OpenMetrics.timestampMixed, at: offset, in: line)
        }
        let order = old.order(of: new)
        if order == .same { return }
        startPoint(sample, line, bytes, &findings)
        guard order == .before, type != .info else { return }
        findings.report(.OpenMetrics.timestampBackwards, at: sample.timeAt, in: line)
        point?.isDamaged = true
    }

    private mutating func checkRepetition(
        _ labels: [UInt8], _ special: OpenMetricsSampleRules.Special, _ suffix: OpenMetricsSuffix,
        _ sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ findings: inout OpenMetricsFindings
    ) {
        // Buckets are held against each other by their order.
        guard suffix != .bucket else { return }
        var key = labels
        key.append(contentsOf: suffix.rawValue.utf8)
        key.append(0xFF)
        key.append(contentsOf: special.key)
        if !samplesInPoint.insert(key).inserted {
            findings.report(.OpenMetrics.sampleRepeated, at: sample.name.lowerBound, in: line)
        }
    }
}
