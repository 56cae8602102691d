/// What strings of packets mean, and how labels write it.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`, which are those of a string that ``EventScanner`` has passed.
enum EventText {
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
                let length = sequenceLength(bytes, at: i)
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
            guard let digit = EventScanner.digit(bytes[place]) else { return nil }
            value = value << 4 | digit
        }
        return value
    }

    /// The length of the sequence that begins with the non-ASCII byte at `i`, or 0 where it is not valid.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at i: Int) -> Int {
        let lead = bytes[i]
        let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
        guard length > 0, i &+ length <= bytes.count else { return 0 }
        let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
        let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
        guard bytes[i &+ 1] >= lowest, bytes[i &+ 1] <= highest else { return 0 }
        for place in 2..<max(2, length) where bytes[i &+ place] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// As it stands between the quotes of a label.
    static func appendEscaped(_ plain: some Sequence<UInt8>, to text: inout [UInt8]) {
        for byte in plain {
            switch byte {
            case UInt8(ascii: "\\"): text.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\""): text.append(contentsOf: "\\\"".utf8)
            case 0x0A: text.append(contentsOf: "\\n".utf8)
            default: text.append(byte)
            }
        }
    }

    /// What stands between the quotes of a label, meant.
    static func unescaped(_ text: UnsafeRawBufferPointer) -> String {
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if isEscaped {
                plain.append(byte == UInt8(ascii: "n") ? 0x0A : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    /// For a sentence: short, and safe to show.
    static func shown(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return EscapedText.visible(bytes.count > 80 ? text + "…" : text)
    }
}
