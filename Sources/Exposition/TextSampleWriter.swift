/// Writes a sample that was read so that all readers take it.
struct TextSampleWriter {
    let bytes: UnsafeRawBufferPointer
    let rule: NameRule

    func append(_ sample: TextSample, _ labels: [TextLabel], to text: inout [UInt8]) {
        let name = written(sample.name, .metric)
        let isOutside = rule == .underscored || PlainName.isPlain(name, .metric)
        if isOutside { text += name }
        if !labels.isEmpty || !isOutside {
            text.append(UInt8(ascii: "{"))
            if !isOutside { appendQuoted(name, to: &text) }
            append(labels, to: &text, isFirst: isOutside)
            text.append(UInt8(ascii: "}"))
        }
        text.append(UInt8(ascii: " "))
        text += bytes[sample.valueText]
        if let timestamp = sample.timestamp { text += " \(timestamp)".utf8 }
    }

    private func append(_ labels: [TextLabel], to text: inout [UInt8], isFirst: Bool) {
        var isFirst = isFirst
        for label in labels {
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            let name = written(label.name, .label)
            if PlainName.isPlain(name, .label) { text += name } else { appendQuoted(name, to: &text) }
            text += "=\"".utf8
            TextEscape.appendEscaped(TextEscape.unescaped(bytes[label.value]), to: &text)
            text.append(UInt8(ascii: "\""))
        }
    }

    private func appendQuoted(_ name: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        TextEscape.appendEscaped(name, to: &text)
        text.append(UInt8(ascii: "\""))
    }

    /// The name without escapes, and by the rule.
    func written(_ name: TextName, _ kind: PlainName.Kind) -> [UInt8] {
        guard name.isQuoted else { return Array(bytes[name.range]) }
        let plain = TextEscape.unescaped(bytes[name.range])
        return rule == .underscored ? PlainName.underscored(plain, kind) : plain
    }
}
