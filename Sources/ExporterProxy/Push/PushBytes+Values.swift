import Exposition
import NIOCore

/// Parts that records and groups have in common.
extension RecordWriter {
    mutating func write(_ type: MetricType) { write(type.rawValue) }

    mutating func write(life: Duration?) {
        write(optional: life) { $0.write(Lifetime.nanoseconds($1)) }
    }

    mutating func write(_ operation: ClearMode.Operation) {
        switch operation {
        case .replace: write(byte: 0)
        case .sum: write(byte: 1)
        case .mean: write(byte: 2)
        case .min: write(byte: 3)
        case .max: write(byte: 4)
        case .last: write(byte: 5)
        case .quantile(let quantile):
            write(byte: 6)
            write(quantile)
        }
    }

    mutating func write(_ mode: ClearMode) {
        write(mode.operation)
        write(life: mode.window)
    }

    mutating func write(_ point: HistogramPoint) {
        write(each: point.buckets) { writer, bucket in
            writer.write(bucket.bound)
            writer.write(bucket.count)
        }
        write(optional: point.sum) { $0.write($1) }
        write(point.count)
    }

    mutating func write(_ point: SummaryPoint) {
        write(each: point.quantiles) { writer, quantile in
            writer.write(quantile.quantile)
            writer.write(quantile.value)
        }
        write(optional: point.sum) { $0.write($1) }
        write(optional: point.count) { $0.write($1) }
    }

    mutating func write(_ point: PushedMetric.Point) {
        switch point {
        case .value(let value, let text):
            write(byte: 0)
            write(value)
            write(text)
        case .histogram(let point):
            write(byte: 1)
            write(point)
        case .summary(let point):
            write(byte: 2)
            write(point)
        }
    }
}

extension RecordReader {
    mutating func type() throws(RecordError) -> MetricType {
        guard let type = MetricType(rawValue: try text()) else { throw .damaged("a type") }
        return type
    }

    mutating func life() throws(RecordError) -> Duration? {
        try optional { reader throws(RecordError) in .nanoseconds(max(0, try reader.int64())) }
    }

    mutating func operation() throws(RecordError) -> ClearMode.Operation {
        switch try byte() {
        case 0: return .replace
        case 1: return .sum
        case 2: return .mean
        case 3: return .min
        case 4: return .max
        case 5: return .last
        case 6: return .quantile(try quantile())
        default: throw .damaged("a mode")
        }
    }

    mutating func quantile() throws(RecordError) -> Double {
        let quantile = try number()
        guard 0...1 ~= quantile else { throw .damaged("a quantile") }
        return quantile
    }

    mutating func mode() throws(RecordError) -> ClearMode { ClearMode(try operation(), window: try life()) }

    mutating func histogram() throws(RecordError) -> HistogramPoint {
        HistogramPoint(buckets: try pairs(), sum: try optionalNumber(), count: try number()).normalized
    }

    mutating func summary() throws(RecordError) -> SummaryPoint {
        SummaryPoint(quantiles: try pairs(), sum: try optionalNumber(), count: try optionalNumber()).normalized
    }

    private mutating func pairs() throws(RecordError) -> [(Double, Double)] {
        try each { reader throws(RecordError) in (try reader.number(), try reader.number()) }
    }

    private mutating func optionalNumber() throws(RecordError) -> Double? {
        try optional { reader throws(RecordError) in try reader.number() }
    }

    mutating func point() throws(RecordError) -> PushedMetric.Point {
        switch try byte() {
        case 0: return .value(try number(), text: try text())
        case 1: return .histogram(try histogram())
        case 2: return .summary(try summary())
        default: throw .damaged("a point")
        }
    }
}

/// Text that must be canonical for something that was read to be taken.
struct WrittenText {
    private var text = ByteBuffer()

    mutating func append(_ name: String, _ type: MetricType, help: String?) {
        if let help { text.writeString("# HELP \(name) \(help)\n") }
        text.writeString("# TYPE \(name) \(type.rawValue)\n")
    }

    mutating func append(_ lines: ByteBuffer) { text.writeImmutableBuffer(lines) }
    mutating func append(_ lines: [UInt8]) { text.writeBytes(lines) }

    mutating func append(_ name: String, labels: String, _ point: PushedMetric.Point) {
        MetricLines(name: name, labels: labels).append(point, to: &text)
    }

    mutating func append(_ group: GroupingKey) {
        append(PushTimes.success, .gauge, help: nil)
        append(PushTimes.success, labels: group.exposed, .value(0, text: "0"))
    }

    /// A series may come twice: a push may say two things of one.
    func check() throws(RecordError) {
        let index = text.withUnsafeReadableBytes { CanonicalText.index($0, limits: .none) { _ in } }
        if index == nil { throw .damaged("names, labels or values") }
    }

    /// The series of the lines of one family.
    static func series(_ name: String, _ type: MetricType, _ lines: ByteBuffer) throws(RecordError) -> [UInt64] {
        var text = WrittenText()
        text.append(name, type, help: nil)
        text.append(lines)
        let index = text.text.withUnsafeReadableBytes { CanonicalText.index($0, limits: .none) }
        guard let shape = index?.shape, shape.families.count == 1, !shape.hasTimestamps else {
            throw .damaged("lines of \(name)")
        }
        return shape.series
    }
}
