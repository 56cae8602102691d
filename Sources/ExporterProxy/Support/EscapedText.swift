/// Text from outside, made safe to show.
package enum EscapedText {
    /// Control characters, and what steers a terminal or the direction of text, as `\n`, `\u{1b}` and the like.
    package static func visible(_ text: String) -> String {
        // Most is plain, and to ask each scalar for its category takes long.
        if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            guard isHidden(scalar) else { return shown.unicodeScalars.append(scalar) }
            switch scalar {
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            default: shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
    }

    /// The beginning of a text, for a sentence.
    package static func short(_ bytes: some Collection<UInt8>) -> String {
        let text = String(decoding: bytes.prefix(80), as: UTF8.self)
        return visible(bytes.count > 80 ? text + "…" : text)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    package static func html(_ text: String) -> String {
        let text = visible(text)
        guard text.utf8.contains(where: isMarkup) else { return text }
        // Scalars and not characters: a mark after a quote makes another character of it.
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            switch scalar {
            case "&": shown += "&amp;"
            case "<": shown += "&lt;"
            case ">": shown += "&gt;"
            case "\"": shown += "&quot;"
            case "'": shown += "&#39;"
            default: shown.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isMarkup(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    /// A JSON string with its quotes (RFC 8259); control characters as `\u00XX`.
    package static func json(_ text: String) -> String {
        var shown = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": shown += "\\\""
            case "\\": shown += "\\\\"
            case "\n": shown += "\\n"
            case "\r": shown += "\\r"
            case "\t": shown += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: shown.unicodeScalars.append(scalar)
            }
        }
        return shown + "\""
    }
}
