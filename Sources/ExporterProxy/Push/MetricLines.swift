import Exposition
import NIOCore

/// Writes the lines of metrics in canonical text.
struct MetricLines {
    let name: String
    /// Empty, or sorted and as between the braces.
    let labels: String

    func append(_ point: PushedMetric.Point, to text: inout ByteBuffer) {
        switch point {
        case .value(_, let written): append(value: written, to: &text)
        case .histogram(let point): append(point.normalized, to: &text)
        case .summary(let point): append(point.normalized, to: &text)
        }
    }

    func append(_ value: Double, to text: inout ByteBuffer) { append(value: MetricText.number(value), to: &text) }

    func append(value: String, suffix: StaticString = "", to text: inout ByteBuffer) {
        text.writeString(name)
        text.writeStaticString(suffix)
        if !labels.isEmpty {
            text.writeInteger(UInt8(ascii: "{"))
            text.writeString(labels)
            text.writeInteger(UInt8(ascii: "}"))
        }
        end(value, &text)
    }

    func append(_ point: HistogramPoint, to text: inout ByteBuffer) {
        let (head, tail) = parts(name + "_bucket", around: "le")
        for bucket in point.buckets {
            append(head, bucket.bound, tail, bucket.count, to: &text)
        }
        if let sum = point.sum { append(value: MetricText.number(sum), suffix: "_sum", to: &text) }
        append(value: MetricText.number(point.count), suffix: "_count", to: &text)
    }

    func append(_ point: SummaryPoint, to text: inout ByteBuffer) {
        let (head, tail) = parts(name, around: "quantile")
        for quantile in point.quantiles {
            append(head, quantile.quantile, tail, quantile.value, to: &text)
        }
        if let sum = point.sum { append(value: MetricText.number(sum), suffix: "_sum", to: &text) }
        if let count = point.count { append(value: MetricText.number(count), suffix: "_count", to: &text) }
    }

    private func append(_ head: String, _ border: Double, _ tail: String, _ value: Double, to text: inout ByteBuffer) {
        text.writeString(head)
        text.writeString(MetricText.number(border))
        text.writeString(tail)
        end(MetricText.number(value), &text)
    }

    private func end(_ value: String, _ text: inout ByteBuffer) {
        text.writeInteger(UInt8(ascii: " "))
        text.writeString(value)
        text.writeInteger(UInt8(ascii: "\n"))
    }

    /// What stands in front of and behind the number of a label that comes among the others in its order.
    private func parts(_ name: String, around border: String) -> (head: String, tail: String) {
        let place = place(of: border)
        let before = String(labels.utf8.prefix(place)) ?? ""
        let behind = String(labels.utf8.dropFirst(place)) ?? ""
        let needsComma = !before.isEmpty && behind.isEmpty
        let head = name + "{" + before + (needsComma ? "," : "") + border + "=\""
        return (head, behind.isEmpty ? "\"}" : "\"," + behind + "}")
    }

    /// Where the first label begins whose name is greater; in bytes.
    private func place(of border: String) -> Int {
        let border = Array(border.utf8)
        return Array(labels.utf8).withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var pairs = LabelPairs(bytes)
            while let pair = pairs.next() {
                guard border.lexicographicallyPrecedes(pair.name), let start = pair.name.baseAddress else { continue }
                return start - base
            }
            return bytes.count
        }
    }
}
