/// Where a line lies in the body, without its line feed.
struct OpenMetricsLine: Equatable {
    /// From 1.
    var number: Int
    var bytes: Range<Int>
}

/// Why a line, or a part of it, cannot be read.
struct OpenMetricsFault: Error, Equatable {
    var reason: Reason
    /// In the body.
    var offset: Int

    init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

/// Collects what is wrong.
struct OpenMetricsFindings {
    private let bytes: UnsafeRawBufferPointer
    private let countMax: Int
    private var list: [Finding] = []

    init(_ bytes: UnsafeRawBufferPointer, countMax: Int) {
        self.bytes = bytes
        self.countMax = countMax
    }

    var isEmpty: Bool { list.isEmpty }

    /// By line and column: some rules can only be checked when a metric is complete.
    var inOrder: [Finding] {
        list.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    mutating func report(_ fault: OpenMetricsFault, in line: OpenMetricsLine) {
        guard list.count < countMax else { return }
        let column = fault.offset - line.bytes.lowerBound + 1
        let text = OpenMetricsExcerpt.show(bytes, line.bytes)
        list.append(Finding(fault.reason, line: line.number, column: column, text: text))
    }

    mutating func report(_ reason: Reason, at offset: Int, in line: OpenMetricsLine) {
        report(OpenMetricsFault(reason, at: offset), in: line)
    }
}
