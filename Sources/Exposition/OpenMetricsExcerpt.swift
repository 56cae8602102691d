/// Shows a line of foreign bytes so that a terminal and a log can take it.
enum OpenMetricsExcerpt {
    static let bytesMax = 200

    /// Cut at 200 bytes; control characters and what is not UTF-8 as `\x1b`.
    static func show(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> String {
        var text = ""
        var rest = cut(bytes, line)
        while let first = rest.first {
            let length = TextUTF8.length(bytes, rest)
            if length == 0 || isControl(bytes, rest.prefix(length)) {
                text += hexadecimal(bytes[first])
                rest = rest.dropFirst()
            } else {
                text += bytes.text(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
        }
        return text
    }

    /// Not within a character.
    private static func cut(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Range<Int> {
        guard line.count > bytesMax else { return line }
        let tail = line.dropFirst(bytesMax - 3).prefix(4).reversed().prefix { bytes[$0] & 0xC0 == 0x80 }.count
        return line.prefix(tail < 4 ? bytesMax - tail : bytesMax)
    }

    /// Of one character: C0, DEL and C1.
    private static func isControl(_ bytes: UnsafeRawBufferPointer, _ character: Range<Int>) -> Bool {
        guard let first = character.first else { return false }
        if character.count == 2 { return bytes[first] == 0xC2 && bytes[first + 1] < 0xA0 }
        return bytes[first] < 0x20 || bytes[first] == 0x7F
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "\\x0\(digits)" : "\\x\(digits)"
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes of a range within the buffer, which the caller knows to be UTF-8.
    func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }
}
