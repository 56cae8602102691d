/// One family of text 0.0.4 on its way into OpenMetrics.
struct OpenMetricsFormFamily {
    /// One sample, already written.
    struct Written {
        var output: Range<Int>
        /// Of the text.
        var line: Int
        /// Which metric, counted in the order in which they come.
        var metric: Int
        /// In milliseconds; those without come first.
        var time: Int64
        /// Of a bucket; all else comes behind the buckets.
        var bound: Double?
    }

    /// As in the text.
    let name: [UInt8]
    private(set) var type: MetricType?
    /// Where the family begins, as long as no TYPE line is known.
    private(set) var typeLine: Int
    var help: (text: Range<Int>, line: Int)?
    var hasHeader = false
    private(set) var samples: [Written] = []
    private(set) var isInOrder = true
    private var metrics: [[UInt8]: Int] = [:]

    init(name: [UInt8], line: Int) {
        self.name = name
        typeLine = line
    }

    mutating func setType(
        _ text: UnsafeRawBufferPointer, _ metadata: OpenMetricsMetadataLine, _ line: OpenMetricsLine
    ) throws(OpenMetricsFault) {
        guard metadata.text.count <= 9, let type = MetricType(rawValue: text.text(metadata.text)), type.isOfText,
            !hasHeader
        else { throw OpenMetricsFault(.OpenMetrics.notCanonical, at: line.bytes.lowerBound) }
        (self.type, typeLine) = (type, line.number)
        if type == .counter, openMetricsName.count == name.count || openMetricsName.isEmpty {
            throw OpenMetricsFault(.OpenMetrics.counterWithoutTotal, at: line.bytes.lowerBound)
        }
    }

    func owns(_ sample: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        guard sample.count >= name.count, text.holds(name, at: sample.prefix(name.count)) else { return false }
        let ending = sample.dropFirst(name.count)
        switch type {
        case _ where ending.isEmpty: return true
        case .histogram where text.holds("_bucket", at: ending): return true
        case .histogram, .summary: return text.holds("_sum", at: ending) || text.holds("_count", at: ending)
        default: return false
        }
    }

    func isBucket(_ sample: Range<Int>, _ text: UnsafeRawBufferPointer) -> Bool {
        type == .histogram && text.holds("_bucket", at: sample.dropFirst(name.count))
    }

    func writeHeader(to output: inout OpenMetricsOutput, _ text: UnsafeRawBufferPointer) {
        output.append("# TYPE ")
        output.append(openMetricsName)
        output.appendBlank()
        output.append((type == .untyped ? .unknown : type ?? .unknown).rawValue)
        output.endLine()
        guard let help else { return }
        output.append("# HELP ")
        output.append(openMetricsName)
        output.appendBlank()
        writeHelp(text, help.text, to: &output)
        output.endLine()
    }

    private var openMetricsName: ArraySlice<UInt8> {
        let ending = Array("_total".utf8)
        return type == .counter && name.suffix(ending.count) == ending[...] ? name.dropLast(ending.count) : name[...]
    }

    /// Text 0.0.4 has bare quotes in a HELP text.
    private func writeHelp(_ text: UnsafeRawBufferPointer, _ help: Range<Int>, to output: inout OpenMetricsOutput) {
        for byte in text[help] {
            if byte == UInt8(ascii: "\"") { output.append("\\" as Unicode.Scalar) }
            output.append(CollectionOfOne(byte))
        }
    }
}

extension OpenMetricsFormFamily {
    mutating func add(
        _ sample: OpenMetricsTextSample, _ output: Range<Int>, _ line: Int, _ text: UnsafeRawBufferPointer
    ) {
        let isBucket = isBucket(sample.name, text)
        let written = Written(
            output: output, line: line, metric: metric(of: sample, isBucket, text), time: sample.time ?? -1,
            bound: isBucket ? sample.labels.first(named: Array("le".utf8), text).flatMap { bound($0, text) } : nil)
        if let last = samples.last, Self.isBefore(written, last) { isInOrder = false }
        samples.append(written)
    }

    var sorted: [Written] {
        samples.enumerated().sorted { left, right in
            if Self.isBefore(left.element, right.element) { return true }
            return !Self.isBefore(right.element, left.element) && left.offset < right.offset
        }.map(\.element)
    }

    /// Where each series is a metric and has one sample, nothing needs to be looked up.
    private mutating func metric(
        of sample: OpenMetricsTextSample, _ isBucket: Bool, _ text: UnsafeRawBufferPointer
    ) -> Int {
        guard type == .histogram || type == .summary || sample.time != nil else { return samples.count }
        let isQuantile = type == .summary && sample.name.count == name.count
        let left = isBucket ? Array("le".utf8) : isQuantile ? Array("quantile".utf8) : nil
        var key: [UInt8] = []
        sample.labels.appendKey(to: &key, without: left, text)
        if let known = metrics[key] { return known }
        metrics[key] = samples.count
        return samples.count
    }

    private func bound(_ label: OpenMetricsLabels.Item, _ text: UnsafeRawBufferPointer) -> Double? {
        guard let number = FloatText.value(of: text.part(label.value)), !number.isNaN else { return nil }
        return number
    }

    private static func isBefore(_ left: Written, _ right: Written) -> Bool {
        if left.metric != right.metric { return left.metric < right.metric }
        if left.time != right.time { return left.time < right.time }
        switch (left.bound, right.bound) {
        case (.some(let first), .some(let second)): return first < second
        case (.some, nil): return true
        case (nil, _): return false
        }
    }
}

extension MetricType {
    /// Whether text 0.0.4 knows it.
    var isOfText: Bool {
        switch self {
        case .counter, .gauge, .histogram, .summary, .untyped: true
        case .unknown, .info, .stateset, .gaugehistogram: false
        }
    }
}
