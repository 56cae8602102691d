import Exposition
import NIOCore

/// By which number a metric of a family is known, in tables and among groups.
///
/// A plain value by that of its series; a histogram and a summary by one that no series has.
struct FamilyNumbers: Sendable {
    private let value: SeriesNumber
    private let whole: SeriesNumber
    private let nameBytes: Int
    private let type: MetricType

    init(_ name: String, _ type: MetricType) {
        value = SeriesNumber(name: name)
        whole = type.hasParts ? SeriesNumber(name: name + " ") : value
        nameBytes = name.utf8.count
        self.type = type
    }

    func number(of metric: PushedMetric) -> UInt64 {
        if case .value = metric.point { return value.number(labels: metric.labels) }
        return whole.number(labels: metric.labels)
    }

    /// Of the metric with these labels, if its point has the parts that the type of the family says.
    func number(labels: String, hasParts: Bool) -> UInt64 { (hasParts ? whole : value).number(labels: labels) }

    /// One for each line of a block, again and again where a metric has several lines.
    func numbers(of block: PushedBlock) -> [UInt64] {
        type.hasParts ? numbers(of: block.lines) : block.series
    }

    func numbers(of lines: ByteBuffer) -> [UInt64] {
        lines.withUnsafeReadableBytes { bytes in SampleLines(bytes).map { number(of: $0, in: bytes) } }
    }

    private func number(of line: SampleLine, in bytes: UnsafeRawBufferPointer) -> UInt64 {
        let labels = UnsafeRawBufferPointer(rebasing: bytes[line.labels])
        guard type.hasParts else { return value.number(labels: labels) }
        switch line.name.count - nameBytes {
        case 0 where type == .summary && line.hasLabel("quantile", in: bytes):
            return whole.number(labels: labels, without: "quantile")
        case ...0: return value.number(labels: labels)
        case 7: return whole.number(labels: labels, without: "le")
        // `_sum` and `_count`.
        default: return whole.number(labels: labels)
        }
    }
}

extension MetricType {
    /// Whether a metric of it has several samples.
    var hasParts: Bool { self == .histogram || self == .summary }
}

extension SampleLine {
    fileprivate func hasLabel(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        var pairs = LabelPairs(UnsafeRawBufferPointer(rebasing: bytes[labels]))
        while let pair = pairs.next() {
            if pair.name.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
                return true
            }
        }
        return false
    }
}
