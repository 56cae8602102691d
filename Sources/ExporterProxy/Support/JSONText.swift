/// What strings of JSON mean.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`, which are those of a string that ``JSONScanner`` has passed.
enum JSONText {
    /// Appends what the string between its quotes means: escapes undone, and U+FFFD for half a surrogate pair and for
    /// each byte that is not UTF-8.
    static func append(_ bytes: UnsafeRawBufferPointer, to plain: inout [UInt8]) {
        var i = 0
        while i < bytes.count {
            let byte = bytes[i]
            if byte == UInt8(ascii: "\\") {
                i = appendEscape(bytes, at: i, to: &plain)
            } else if byte < 0x80 {
                plain.append(byte)
                i &+= 1
            } else {
                let length = UTF8Check.length(bytes, at: i)
                if length == 0 {
                    append(replacement, to: &plain)
                } else {
                    plain.append(contentsOf: bytes[i..<i &+ length])
                }
                i &+= max(1, length)
            }
        }
    }

    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    private static func append(_ scalar: Unicode.Scalar, to plain: inout [UInt8]) {
        plain.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Answers where the escape ends.
    private static func appendEscape(_ bytes: UnsafeRawBufferPointer, at start: Int, to plain: inout [UInt8]) -> Int {
        guard start &+ 1 < bytes.count else { return start &+ 1 }
        let code = bytes[start &+ 1]
        switch code {
        case UInt8(ascii: "n"): plain.append(0x0A)
        case UInt8(ascii: "t"): plain.append(0x09)
        case UInt8(ascii: "r"): plain.append(0x0D)
        case UInt8(ascii: "b"): plain.append(0x08)
        case UInt8(ascii: "f"): plain.append(0x0C)
        case UInt8(ascii: "u"): return appendUnicode(bytes, at: start, to: &plain)
        default: plain.append(code)
        }
        return start &+ 2
    }

    private static func appendUnicode(_ bytes: UnsafeRawBufferPointer, at start: Int, to plain: inout [UInt8]) -> Int {
        guard let first = unit(bytes, at: start) else { return start &+ 2 }
        if first & 0xFC00 == 0xD800, let second = unit(bytes, at: start &+ 6), second & 0xFC00 == 0xDC00 {
            let value = 0x10000 &+ (first & 0x3FF) << 10 &+ (second & 0x3FF)
            append(Unicode.Scalar(value) ?? replacement, to: &plain)
            return start &+ 12
        }
        append(Unicode.Scalar(first) ?? replacement, to: &plain)
        return start &+ 6
    }

    /// Of `\uXXXX`; `nil` where something else stands there.
    private static func unit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
        guard start &+ 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start &+ 1] == UInt8(ascii: "u")
        else { return nil }
        var value: UInt32 = 0
        for place in start &+ 2..<start &+ 6 {
            guard let digit = HexDigit.value(of: bytes[place]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
