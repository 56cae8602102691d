/// The text of HELP, whose escapes are `\\` and `\n`.
enum HelpText {
    /// The offset of the first backslash that belongs to no escape.
    static func firstUnknownEscape(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        var i = text.startIndex
        while i < text.endIndex {
            if text[i] == UInt8(ascii: "\\") {
                guard i + 1 < text.endIndex else { return i }
                guard text[i + 1] == UInt8(ascii: "\\") || text[i + 1] == UInt8(ascii: "n") else { return i }
                i += 1
            }
            i += 1
        }
        return nil
    }

    /// What is meant: `\"` is a quote, as OpenMetrics has it; another unknown escape means itself. What is not UTF-8
    /// becomes U+FFFD.
    static func meaning(_ text: Slice<UnsafeRawBufferPointer>) -> String {
        String(decoding: TextEscape.unescaped(text), as: UTF8.self)
    }

    static func append(_ text: String, to bytes: inout [UInt8]) {
        TextEscape.appendEscaped(text.utf8, to: &bytes, quotes: false)
    }
}
