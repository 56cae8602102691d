/// A sample of canonical text 0.0.4, as ranges. Made to be filled again and again.
struct OpenMetricsTextSample {
    private(set) var name = 0..<0
    private(set) var labels = OpenMetricsLabels()
    private var value = 0..<0
    private var timeDigits = 0..<0
    /// In milliseconds.
    private(set) var time: Int64?

    mutating func read(_ text: UnsafeRawBufferPointer, _ line: Range<Int>) throws(OpenMetricsFault) {
        let fault = OpenMetricsFault(.OpenMetrics.notCanonical, at: line.lowerBound)
        var cursor = OpenMetricsCursor(text, line)
        labels.removeAll()
        time = nil
        name = cursor.takeName(colons: true)
        skipBlanks(&cursor)
        if cursor.take(UInt8(ascii: "{")) { try readLabels(&cursor, fault) }
        skipBlanks(&cursor)
        value = takeWord(&cursor)
        skipBlanks(&cursor)
        timeDigits = takeWord(&cursor)
        guard !name.isEmpty, !value.isEmpty, cursor.isAtEnd else { throw fault }
        guard timeDigits.isEmpty || timeDigits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[$0] }) else {
            throw fault
        }
        guard !timeDigits.isEmpty else { return }
        time = Int64(text.text(timeDigits))
        if time == nil { throw fault }
    }

    /// With `normalizesBound`, an infinite `le` is written as OpenMetrics wants it.
    func write(to output: inout OpenMetricsOutput, _ text: UnsafeRawBufferPointer, normalizesBound: Bool) {
        output.append(text[name])
        if !labels.items.isEmpty { writeLabels(to: &output, text, normalizesBound) }
        output.appendBlank()
        output.append(text[value])
        if !timeDigits.isEmpty { writeTime(to: &output, text) }
        output.endLine()
    }

    private mutating func readLabels(_ cursor: inout OpenMetricsCursor, _ fault: OpenMetricsFault)
        throws(OpenMetricsFault)
    {
        skipBlanks(&cursor)
        while !cursor.take(UInt8(ascii: "}")) {
            let name = cursor.takeName(colons: false)
            skipBlanks(&cursor)
            guard !name.isEmpty, cursor.take(UInt8(ascii: "=")) else { throw fault }
            skipBlanks(&cursor)
            guard let value = cursor.takeQuoted() else { throw fault }
            labels.append(.init(name: name, value: value.range, isValueEscaped: value.isEscaped))
            skipBlanks(&cursor)
            guard cursor.take(UInt8(ascii: ",")) || cursor.next == UInt8(ascii: "}") else { throw fault }
            skipBlanks(&cursor)
        }
        if labels.sort(cursor.bytes) != nil { throw fault }
    }

    private func skipBlanks(_ cursor: inout OpenMetricsCursor) {
        _ = cursor.take { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private func takeWord(_ cursor: inout OpenMetricsCursor) -> Range<Int> {
        cursor.take { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    }

    private func writeLabels(
        to output: inout OpenMetricsOutput, _ text: UnsafeRawBufferPointer, _ normalizesBound: Bool
    ) {
        output.append("{" as Unicode.Scalar)
        for (position, label) in labels.items.enumerated() {
            if position > 0 { output.append("," as Unicode.Scalar) }
            output.append(text[label.name])
            output.append("=\"")
            let isInfinite =
                normalizesBound && text.holds("le", at: label.name)
                && FloatText.read(text.part(label.value)) == .number(.infinity)
            isInfinite ? output.append("+Inf") : output.append(text[label.value])
            output.append("\"" as Unicode.Scalar)
        }
        output.append("}" as Unicode.Scalar)
    }

    private func writeTime(to output: inout OpenMetricsOutput, _ text: UnsafeRawBufferPointer) {
        output.appendBlank()
        let (seconds, milliseconds) = (timeDigits.dropLast(3), timeDigits.suffix(3))
        seconds.isEmpty ? output.append("0") : output.append(text[seconds])
        let zeros = milliseconds.reversed().prefix { text[$0] == UInt8(ascii: "0") }.count
        guard zeros < milliseconds.count else { return }
        output.append("." as Unicode.Scalar)
        output.append(repeatElement(UInt8(ascii: "0"), count: 3 - milliseconds.count))
        output.append(text[milliseconds.dropLast(zeros)])
    }
}
