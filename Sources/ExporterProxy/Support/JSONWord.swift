/// Eight bytes of JSON at once: which of them may not stand for themselves in a string.
///
/// In what it answers, the high bit of a byte is set where that byte is one of those sought. A false hit can only stand
/// above a true one, and only the lowest counts; so answers may be joined.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`, 8 bytes while they are all inside. Who has a word stored
/// knows that there is room for it. Fuzz/ hunts traps.
struct JSONWord {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let high: UInt64 = 0x8080_8080_8080_8080

    /// The first byte is the lowest.
    private let word: UInt64

    /// The offset of the first byte at or behind `start` that `hits` finds, or where fewer than 8 bytes are left;
    /// `hits` is asked of each word, with its offset.
    @inline(__always)
    static func skip(
        _ bytes: UnsafeRawBufferPointer, from start: Int, _ hits: (_ word: JSONWord, _ offset: Int) -> UInt64
    ) -> Int {
        let last = bytes.count &- 8
        var i = start
        while i <= last {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
            let found = hits(JSONWord(word: word), i)
            if found != 0 { return i &+ found.trailingZeroBitCount >> 3 }
            i &+= 8
        }
        return i
    }

    /// Quotes and backslashes.
    @inline(__always)
    var marks: UInt64 {
        let quote = word ^ (Self.ones &* 0x22)
        let backslash = word ^ (Self.ones &* 0x5C)
        return ((quote &- Self.ones) & ~quote | (backslash &- Self.ones) & ~backslash) & Self.high
    }

    /// Below 0x20.
    @inline(__always)
    var controls: UInt64 { (word &- Self.ones &* 0x20) & ~word & Self.high }

    @inline(__always)
    var beyondASCII: UInt64 { word & Self.high }

    @inline(__always)
    func store(to output: UnsafeMutableRawBufferPointer, at offset: Int) {
        output.storeBytes(of: word.littleEndian, toByteOffset: offset, as: UInt64.self)
    }
}
