/// Bytes of OpenMetrics in the making.
struct OpenMetricsOutput {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(_ text: some Sequence<UInt8>) { bytes.append(contentsOf: text) }
    mutating func append(_ character: Unicode.Scalar) { bytes.append(UInt8(ascii: character)) }

    /// For a HELP text or between quotes.
    mutating func appendEscaped(_ text: String) {
        TextEscape.appendEscaped(text.utf8, to: &bytes)
    }

    /// `{a="b",c="d"}`; with a metric name, that comes first, in quotes.
    mutating func appendLabels(_ labels: LabelSet, metricName: String? = nil) {
        append("{" as Unicode.Scalar)
        if let metricName { appendQuoted(metricName) }
        for (position, label) in labels.enumerated() {
            if position > 0 || metricName != nil { append("," as Unicode.Scalar) }
            OpenMetricsNames.isPlain(label.name, colons: false) ? append(label.name) : appendQuoted(label.name)
            append("=" as Unicode.Scalar)
            appendQuoted(label.value)
        }
        append("}" as Unicode.Scalar)
    }

    mutating func appendQuoted(_ text: String) {
        append("\"" as Unicode.Scalar)
        appendEscaped(text)
        append("\"" as Unicode.Scalar)
    }

    mutating func appendBlank() { append(" " as Unicode.Scalar) }
    mutating func endLine() { append("\n" as Unicode.Scalar) }

    /// Keeps the first `count` bytes.
    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }
}

/// Names of the old form, which need no quotes.
enum OpenMetricsNames {
    static func isPlain(_ name: String, colons: Bool) -> Bool {
        let bytes = Array(name.utf8)
        return bytes.withUnsafeBytes {
            var cursor = OpenMetricsCursor($0, 0..<$0.count)
            return !cursor.takeName(colons: colons).isEmpty && cursor.isAtEnd
        }
    }
}
