/// Writes the model as text 0.0.4.
///
/// Canonical, where each family and series is there once and every sample bears a name of its family: the writer
/// leaves out or renames what the format cannot say, but does not look for repetitions. Names get "underscores" and
/// types of OpenMetrics those of text as in the repair; a timestamp before 1970 is left out, units and exemplars too.
public enum TextWriter {
    public static func write(_ families: [MetricFamily]) -> [UInt8] {
        var text: [UInt8] = []
        for family in families { append(family, to: &text) }
        return text
    }

    private static func append(_ family: MetricFamily, to text: inout [UInt8]) {
        let name = plain(family.name, .metric)
        if let help = family.help {
            text += "# HELP ".utf8
            text += name
            text.append(0x20)
            HelpText.append(HelpText.trimmed(help), to: &text)
            text.append(0x0A)
        }
        if let type = family.type {
            text += "# TYPE ".utf8
            text += name
            text += " \(type.inText.rawValue)\n".utf8
        }
        for sample in family.samples { append(sample, to: &text) }
    }

    private static func append(_ sample: Sample, to text: inout [UInt8]) {
        text += plain(sample.name, .metric)
        for (place, label) in sample.labels.enumerated() {
            text.append(place == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            text += plain(label.name, .label)
            text += "=\"".utf8
            TextEscape.appendEscaped(label.value.utf8, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        if !sample.labels.isEmpty { text.append(UInt8(ascii: "}")) }
        text += " \(number(sample.value))".utf8
        if let time = sample.timestamp?.textMilliseconds, time >= 0 { text += " \(time)".utf8 }
        text.append(0x0A)
    }

    private static func plain(_ name: String, _ kind: PlainName.Kind) -> [UInt8] {
        let bytes = Array(name.utf8)
        guard !bytes.isEmpty else { return [UInt8(ascii: "_")] }
        return PlainName.isPlain(bytes, kind) ? bytes : PlainName.underscored(bytes, kind)
    }

    /// The shortest digits that are read as the same number again; whole numbers without point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(value) < 0x1p53, !(value == 0 && value.sign == .minus) {
            return String(whole)
        }
        let digits = value.description
        return digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits
    }
}

extension HelpText {
    /// Without blanks and CR around, which lines of canonical text do not have.
    static func trimmed(_ text: String) -> String {
        let isOuter = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
        let isLast = { (scalar: Unicode.Scalar) in isOuter(scalar) || scalar == "\r" }
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, isOuter(first) { scalars.removeFirst() }
        while let last = scalars.last, isLast(last) { scalars.removeLast() }
        return String(scalars)
    }
}
