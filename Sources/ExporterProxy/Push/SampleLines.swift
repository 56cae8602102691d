/// Where the parts of a sample lie in canonical text.
struct SampleLine: Equatable {
    var name: Range<Int>
    /// Between the braces; empty where there are none.
    var labels: Range<Int>
    var value: Range<Int>
    /// With the line feed.
    var line: Range<Int>
}

/// The lines of a text of canonical samples, one after the other.
struct SampleLines: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> SampleLine? {
        guard position < bytes.count else { return nil }
        let start = position
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        position = Swift.min(end + 1, bytes.count)
        var nameEnd = start
        while nameEnd < end, !Self.endsName(bytes[nameEnd]) { nameEnd += 1 }
        let labels = labels(from: nameEnd, to: end)
        let valueStart = labels.map { $0.upperBound + 1 } ?? nameEnd
        return SampleLine(
            name: start..<nameEnd, labels: labels ?? nameEnd..<nameEnd, value: trimmed(valueStart, end),
            line: start..<position)
    }

    private static func endsName(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "{") || isBlank(byte) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Up to the last brace: there is none in a value.
    private func labels(from nameEnd: Int, to end: Int) -> Range<Int>? {
        var start = nameEnd
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        guard start < end, bytes[start] == UInt8(ascii: "{") else { return nil }
        var brace = end - 1
        while brace > start, bytes[brace] != UInt8(ascii: "}") { brace -= 1 }
        return brace > start ? start + 1..<brace : nil
    }

    private func trimmed(_ start: Int, _ end: Int) -> Range<Int> {
        var (start, end) = (start, end)
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }
}
