/// Findings in order, bounded, and how many there were of each kind.
struct TextFindings {
    private(set) var findings: [Finding] = []
    private(set) var counts: [Reason: Int] = [:]
    let max: Int

    init(max: Int) { self.max = Swift.max(0, max) }

    mutating func count(_ reason: Reason) { counts[reason, default: 0] += 1 }

    mutating func add(_ reason: Reason, _ line: TextLine, at offset: Int, in bytes: UnsafeRawBufferPointer) {
        count(reason)
        guard findings.count < max else { return }
        let column = offset - line.whole.lowerBound + 1
        let text = Finding.shown(bytes, line.whole)
        findings.append(Finding(reason, line: line.number, column: column, text: text))
    }

    /// Takes in what was found after the last line about earlier ones.
    mutating func merge(_ late: TextFindings) {
        counts.merge(late.counts) { $0 + $1 }
        guard !late.findings.isEmpty else { return }
        let order = (findings + late.findings).enumerated().sorted {
            ($0.element.line, $0.offset) < ($1.element.line, $1.offset)
        }
        findings = order.prefix(max).map(\.element)
    }
}

extension Finding {
    private static let shownBytesMax = 200

    /// See `text`.
    static func shown(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> String {
        let cut = line.count > shownBytesMax
        var end = min(line.upperBound, line.lowerBound + shownBytesMax)
        // Not within a character.
        while cut, end > line.lowerBound + shownBytesMax - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        var rest = Array(bytes[line.lowerBound..<end])[...]
        var text = ""
        while let byte = rest.first {
            var decoder = UTF8()
            var scalars = rest.makeIterator()
            if case .scalarValue(let scalar) = decoder.decode(&scalars) {
                text += isShown(scalar) ? String(scalar) : escaped(scalar)
                rest = rest.dropFirst(UTF8.width(scalar))
            } else {
                text += hexadecimal(byte)
                rest = rest.dropFirst()
            }
        }
        return cut ? text + "…" : text
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\t": "\\t"
        case "\r": "\\r"
        case "\n": "\\n"
        case _ where scalar.isASCII: hexadecimal(UInt8(truncatingIfNeeded: scalar.value))
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }
}
