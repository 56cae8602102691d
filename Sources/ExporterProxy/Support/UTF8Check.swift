/// Finds where bytes stop being UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
///
/// A byte scanner: reads only `bytes[0 ..< count]`.
package enum UTF8Check {
    /// The offset of the first byte that begins no valid sequence, or `nil` where all is valid.
    package static func firstInvalid(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var i = 0
        let end = bytes.count
        while true {
            i = endOfASCII(bytes, from: i)
            guard i < end else { return nil }
            let length = Self.length(bytes, at: i)
            if length == 0 { return i }
            i += length
        }
    }

    /// The first offset at or after `start` whose byte is not ASCII, or the end.
    @inline(__always)
    private static func endOfASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var i = start
        let end = bytes.count
        let high: UInt64 = 0x8080_8080_8080_8080
        // Bound: 32 bytes are read only while i + 32 <= end, 8 only while i + 8 <= end.
        while i &+ 32 <= end {
            let a = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
            let b = bytes.loadUnaligned(fromByteOffset: i &+ 8, as: UInt64.self)
            let c = bytes.loadUnaligned(fromByteOffset: i &+ 16, as: UInt64.self)
            let d = bytes.loadUnaligned(fromByteOffset: i &+ 24, as: UInt64.self)
            if (a | b | c | d) & high != 0 { break }
            i &+= 32
        }
        while i &+ 8 <= end {
            let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) & high
            if word != 0 { return i &+ word.trailingZeroBitCount >> 3 }
            i &+= 8
        }
        while i < end, bytes[i] < 0x80 { i &+= 1 }
        return i
    }

    /// The length of the sequence that begins with the non-ASCII byte at `i`, or 0 where it is not valid.
    @inline(__always)
    static func length(_ bytes: UnsafeRawBufferPointer, at i: Int) -> Int {
        let lead = bytes[i]
        let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard length > 0, i &+ length <= bytes.count else { return 0 }
        let second = bytes[i &+ 1]
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard second >= lowest, second <= highest else { return 0 }
        for k in 2..<max(2, length) where bytes[i &+ k] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
