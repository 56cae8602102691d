/// Shows a line of foreign bytes so that a terminal and a log can take it.
enum OpenMetricsExcerpt {
    static let bytesMax = 200

    /// Cut at 200 bytes; control characters and what is not UTF-8 as `\x1b`.
    static func show(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> String {
        let kept = line.prefix(bytesMax)
        var text = ""
        var rest = kept
        while let first = rest.first {
            let length = OpenMetricsUTF8.length(in: bytes, rest)
            if length == 0 || isControl(bytes[first]) {
                text += hexadecimal(bytes[first])
                rest = rest.dropFirst()
            } else {
                text += bytes.text(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
        }
        return text
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

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

    /// Whether a range within the buffer holds these bytes.
    func holds(_ expected: [UInt8], in range: Range<Int>) -> Bool {
        range.count == expected.count && UnsafeRawBufferPointer(rebasing: self[range]).elementsEqual(expected)
    }

    func holds(_ expected: StaticString, in range: Range<Int>) -> Bool {
        guard range.count == expected.utf8CodeUnitCount else { return false }
        return expected.withUTF8Buffer { UnsafeRawBufferPointer(rebasing: self[range]).elementsEqual($0) }
    }
}
