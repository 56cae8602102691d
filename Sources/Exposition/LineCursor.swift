/// The lines of a body, one after the other, each with its line feed.
struct LineCursor {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Empty behind the last line.
    mutating func next() -> UnsafeRawBufferPointer {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset &+= 1 }
        offset = min(offset &+ 1, bytes.count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }
}

/// A timestamp of text 0.0.4.
enum Milliseconds {
    /// The digits of a canonical line fit: they were counted when it was indexed.
    static func of(_ digits: some Sequence<UInt8>) -> Int64 {
        digits.lazy.prefix { $0 &- 48 < 10 }.reduce(0) { $0 &* 10 &+ Int64($1 &- 48) }
    }
}
