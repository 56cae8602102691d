/// One line of a text, without what ends it.
struct TextLine {
    /// From 1.
    var number: Int
    /// Without line feed.
    var whole: Range<Int>
    /// Without byte order marks, blanks around and CR.
    var content: Range<Int>
    var hasBOM = false
    var endsWithCR = false
    var endsWithLF = false
}

/// The lines of a text, one after the other.
struct TextLines: IteratorProtocol, Sequence {
    private let bytes: UnsafeRawBufferPointer
    private var start = 0
    private var number = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { start >= bytes.count }

    mutating func next() -> TextLine? {
        guard start < bytes.count else { return nil }
        let end = endOfLine(from: start)
        number += 1
        var line = TextLine(number: number, whole: start..<end, content: start..<end)
        line.endsWithLF = end < bytes.count
        line.endsWithCR = end > start && bytes[end - 1] == 0x0D
        start = end + 1
        trim(&line)
        return line
    }

    /// The offset of the next line feed, or the end. A byte scanner: reads only `bytes[start ..< count]`.
    private func endOfLine(from start: Int) -> Int {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        var i = start
        // Bound: 8 bytes are read only while i + 8 <= count.
        while i &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) ^ (ones &* 0x0A)
            if (word &- ones) & ~word & highs != 0 { break }
            i &+= 8
        }
        while i < bytes.count, bytes[i] != 0x0A { i &+= 1 }
        return i
    }

    private func trim(_ line: inout TextLine) {
        var (start, end) = (line.content.lowerBound, line.content.upperBound)
        while end - start >= 3, bytes[start] == 0xEF, bytes[start + 1] == 0xBB, bytes[start + 2] == 0xBF {
            line.hasBOM = true
            start += 3
        }
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        while end > start, Self.isBlank(bytes[end - 1]) || bytes[end - 1] == 0x0D { end -= 1 }
        line.content = start..<end
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

extension TextLine {
    /// Whether the bytes before the content are blanks.
    func hasLeadingBlanks(in bytes: UnsafeRawBufferPointer) -> Bool {
        content.lowerBound > whole.lowerBound && TextLines.isBlank(bytes[content.lowerBound - 1])
    }

    /// Whether blanks stand between content and the end, or between content and CR.
    var hasTrailingBlanks: Bool { whole.upperBound - content.upperBound > (endsWithCR ? 1 : 0) }
}
