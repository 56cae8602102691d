/// Finds what is not UTF-8 (RFC 3629): the standard library only says whether.
enum OpenMetricsUTF8 {
    /// The first byte that begins no character, in a range within `bytes`.
    static func firstInvalid(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var position = range.lowerBound
        while position < range.upperBound {
            if bytes[position] < 0x80 {
                position += 1
                continue
            }
            let length = length(in: bytes, position..<range.upperBound)
            if length == 0 { return position }
            position += length
        }
        return nil
    }

    /// How many bytes the character at the start of the range has; 0 where there is none.
    static func length(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        guard let start = range.first else { return 0 }
        let (length, second) = shape(bytes[start])
        guard length > 1 else { return length }
        guard range.count >= length, second.contains(bytes[start + 1]) else { return 0 }
        for position in (start + 2)..<(start + length) where bytes[position] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Of a first byte: how many bytes follow from it, and which second byte.
    private static func shape(_ first: UInt8) -> (length: Int, second: ClosedRange<UInt8>) {
        switch first {
        case 0x00...0x7F: (1, 0...0)
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: (0, 0...0)
        }
    }
}
