enum ByteCompare {
    /// Whether `count` bytes at both places are the same.
    @inline(__always)
    static func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
        if count >= 16 { return areEqualByBlocks(a, b, count) }
        if count >= 8 {
            return a.loadUnaligned(as: UInt64.self) == b.loadUnaligned(as: UInt64.self)
                && a.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
                    == b.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        }
        if count >= 4 {
            return a.loadUnaligned(as: UInt32.self) == b.loadUnaligned(as: UInt32.self)
                && a.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
                    == b.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
        }
        for offset in 0..<max(0, count)
        where a.load(fromByteOffset: offset, as: UInt8.self) != b.load(fromByteOffset: offset, as: UInt8.self) {
            return false
        }
        return true
    }

    /// At least 16 bytes; the last block overlaps the one before it.
    @inline(__always)
    private static func areEqualByBlocks(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
        var offset = 0
        while offset &+ 16 < count {
            if differ(a + offset, b + offset) { return false }
            offset &+= 16
        }
        return !differ(a + (count &- 16), b + (count &- 16))
    }

    @inline(__always)
    private static func differ(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer) -> Bool {
        let low = a.loadUnaligned(as: UInt64.self) ^ b.loadUnaligned(as: UInt64.self)
        let high =
            a.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ b.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return low | high != 0
    }
}

enum LineCount {
    /// How many line feeds there are.
    static func of(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var offset = 0
        while offset &+ 8 <= bytes.count {
            // Each of eight bytes counts for itself, and their sum fits into one.
            let end = offset &+ 8 &* min(31, (bytes.count &- offset) / 8)
            var counts: UInt64 = 0
            while offset < end {
                counts &+= lineFeeds(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            count &+= Int(truncatingIfNeeded: (counts &* 0x0101_0101_0101_0101) >> 56)
        }
        for byte in bytes[offset...] where byte == UInt8(ascii: "\n") { count &+= 1 }
        return count
    }

    /// 1 in place of each byte that is a line feed, 0 in place of others.
    @inline(__always)
    static func lineFeeds(_ word: UInt64) -> UInt64 {
        // Zero where a byte is a line feed; then the highest bit of each byte says whether it is anything else.
        let word = word ^ 0x0A0A_0A0A_0A0A_0A0A
        let others = ((word & 0x7F7F_7F7F_7F7F_7F7F) &+ 0x7F7F_7F7F_7F7F_7F7F) | word
        return (~others & 0x8080_8080_8080_8080) >> 7
    }
}
