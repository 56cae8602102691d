/// What names of text 0.0.4 are made of, and how others are brought into that form.
enum PlainName {
    static func isStart(_ byte: UInt8) -> Bool { isLabelStart(byte) || byte == UInt8(ascii: ":") }
    static func isPart(_ byte: UInt8) -> Bool { isLabelPart(byte) || byte == UInt8(ascii: ":") }
    static func isLabelStart(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") }
    static func isLabelPart(_ byte: UInt8) -> Bool { isLabelStart(byte) || byte &- 0x30 < 10 }

    enum Kind { case metric, label }

    /// Whether every reader takes the name without quotes.
    static func isPlain(_ name: some Collection<UInt8>, _ kind: Kind) -> Bool {
        guard let first = name.first else { return false }
        return kind == .metric
            ? isStart(first) && name.allSatisfy(isPart) : isLabelStart(first) && name.allSatisfy(isLabelPart)
    }

    /// Prometheus' escaping "underscores": every character that an older reader does not take becomes `_`, also a
    /// digit in first place. In label names that holds for `:` too.
    static func underscored(_ name: [UInt8], _ kind: Kind) -> [UInt8] {
        var escaped: [UInt8] = []
        for scalar in String(decoding: name, as: UTF8.self).unicodeScalars {
            let byte = scalar.isASCII ? UInt8(truncatingIfNeeded: scalar.value) : 0
            let isPart = kind == .metric ? isPart(byte) : isLabelPart(byte)
            let isDigit = byte &- 0x30 < 10
            escaped.append(isPart && !(isDigit && escaped.isEmpty) ? byte : UInt8(ascii: "_"))
        }
        return escaped
    }
}

/// What becomes of quoted names.
enum NameRule {
    /// See `PlainName.underscored`.
    case underscored
    /// Quotes are kept where they are needed.
    case asWritten
}
