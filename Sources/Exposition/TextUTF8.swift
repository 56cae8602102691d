/// Finds where bytes stop being UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
public enum TextUTF8 {
    /// The offset of the first byte that begins no valid sequence, or `nil` where all is valid.
    static func firstInvalid(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var i = range.lowerBound
        let end = range.upperBound
        while i < end {
            if bytes[i] < 0x80 {
                i += 1
                continue
            }
            let length = sequenceLength(bytes, at: i, end: end)
            if length == 0 { return i }
            i += length
        }
        return nil
    }

    /// How many bytes the character at the start of the range has; 0 where there is none.
    public static func length(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        guard let start = range.first else { return 0 }
        return bytes[start] < 0x80 ? 1 : sequenceLength(bytes, at: start, end: range.upperBound)
    }

    /// The length of the sequence that begins with the non-ASCII byte at `i`, or 0 where it is not valid.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at i: Int, end: Int) -> Int {
        let lead = bytes[i]
        let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard length > 0, i + length <= end else { return 0 }
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard bytes[i + 1] >= lowest, bytes[i + 1] <= highest else { return 0 }
        if length > 2, bytes[i + 2] & 0xC0 != 0x80 { return 0 }
        if length > 3, bytes[i + 3] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
