/// How the text format 0.0.4 writes numbers, labels and help.
enum MetricText {
    /// The shortest text that reads back as the same number.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Up to here every whole number has a Double of its own, so all its digits are true.
        if let whole = Int64(exactly: value), whole.magnitude <= 1 << 53 { return String(whole) }
        return String(value)
    }

    static func help(_ text: String) -> String { escaped(text, quotes: false) }

    /// Nothing where there are no labels.
    static func write(_ labels: [(String, String)], to text: inout String) {
        for (index, label) in labels.enumerated() {
            text += index == 0 ? "{" : ","
            text += label.0
            text += "=\""
            text += escaped(label.1, quotes: true)
            text += "\""
        }
        if !labels.isEmpty { text += "}" }
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        // Nearly every text is written as it is.
        let isPlain = text.utf8.allSatisfy { $0 != 0x5C && $0 != 0x0A && !($0 == 0x22 && quotes) }
        if isPlain { return text }
        // Scalars and not characters: a mark after a quote makes another character of it.
        return text.unicodeScalars.reduce(into: "") { written, scalar in
            switch scalar {
            case "\\": written += "\\\\"
            case "\n": written += "\\n"
            case "\"" where quotes: written += "\\\""
            default: written.unicodeScalars.append(scalar)
            }
        }
    }
}
