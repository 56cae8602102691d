/// One sample as it is written; ranges lie in the body. Made to be filled again and again.
struct OpenMetricsSampleLine {
    var name = 0..<0
    /// Between quotes, which only the lenient mode reads.
    var isNameEscaped = false
    var labels = OpenMetricsLabels()
    var value = 0.0
    var valueAt = 0
    var time: OpenMetricsTime?
    var timeAt = 0
    var exemplar: ExemplarPart?
    /// Kept apart, so that its storage lives on.
    var exemplarLabels = OpenMetricsLabels()

    struct ExemplarPart {
        var value: Double
        var time: OpenMetricsTime?
        /// Of its number sign.
        var offset: Int
        var valueAt: Int
    }

    func nameText(_ bytes: UnsafeRawBufferPointer) -> String {
        isNameEscaped ? OpenMetricsEscapes.text(bytes, name) : bytes.text(name)
    }

    func model(_ bytes: UnsafeRawBufferPointer) -> Sample {
        Sample(
            name: nameText(bytes), labels: labels.model(bytes), value: value, timestamp: time?.timestamp,
            exemplar: exemplar.map {
                Exemplar(labels: exemplarLabels.model(bytes), value: $0.value, timestamp: $0.time?.timestamp)
            })
    }
}

extension OpenMetricsSampleLine {
    /// Reads the whole line, which is UTF-8 and has no carriage return at its end, and is not empty.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) {
        var cursor = OpenMetricsCursor(bytes, line)
        (time, exemplar) = (nil, nil)
        labels.removeAll()
        exemplarLabels.removeAll()
        try readSeries(&cursor, mode)
        let hasLabels = cursor.position > name.upperBound
        (value, valueAt) = try Self.readNumber(
            &cursor, unlessBlank: hasLabels ? .OpenMetrics.blanks : .OpenMetrics.metricName)
        guard !cursor.isAtEnd else { return }
        try Self.takeBlank(&cursor)
        if cursor.next != UInt8(ascii: "#") {
            (time, timeAt) = try Self.readTime(&cursor)
            guard !cursor.isAtEnd else { return }
            try Self.takeBlank(&cursor)
        }
        try readExemplar(&cursor, mode)
    }

    private mutating func readSeries(
        _ cursor: inout OpenMetricsCursor, _ mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) {
        isNameEscaped = false
        name = cursor.takeName(colons: true)
        guard name.isEmpty else {
            if cursor.take(UInt8(ascii: "{")) { try Self.readLabels(&cursor, into: &labels, mode) }
            return
        }
        try Self.refuseBlank(cursor)
        guard cursor.next == UInt8(ascii: "{") else {
            throw OpenMetricsFault(.OpenMetrics.metricName, at: cursor.position)
        }
        let brace = cursor.position
        _ = cursor.take(UInt8(ascii: "{"))
        guard mode == .lenient else { throw OpenMetricsFault(.OpenMetrics.quotedName, at: brace) }
        let quoted = try Self.readLabels(&cursor, into: &labels, mode, takesMetricName: true)
        guard let quoted else { throw OpenMetricsFault(.OpenMetrics.metricName, at: brace) }
        (name, isNameEscaped) = quoted
    }

    /// And the blank before it: where something else stands, that is the reason.
    private static func readNumber(
        _ cursor: inout OpenMetricsCursor, unlessBlank reason: Reason
    ) throws(OpenMetricsFault) -> (Double, Int) {
        guard !cursor.isAtEnd else { throw OpenMetricsFault(.OpenMetrics.valueMissing, at: cursor.position) }
        guard cursor.take(UInt8(ascii: " ")) else {
            try refuseBlank(cursor)
            throw OpenMetricsFault(reason, at: cursor.position)
        }
        guard !cursor.isAtEnd else { throw OpenMetricsFault(.OpenMetrics.valueMissing, at: cursor.position) }
        try refuseBlank(cursor)
        let word = cursor.takeWord()
        switch FloatText.read(cursor.bytes.part(word)) {
        case .number(let value): return (value, word.lowerBound)
        case .tooLarge: throw OpenMetricsFault(.OpenMetrics.numberTooLarge, at: word.lowerBound)
        case .invalid: throw OpenMetricsFault(.OpenMetrics.value, at: word.lowerBound)
        }
    }

    private static func readTime(_ cursor: inout OpenMetricsCursor) throws(OpenMetricsFault) -> (OpenMetricsTime, Int) {
        let word = cursor.takeWord()
        switch OpenMetricsTime.read(cursor.bytes, word) {
        case .time(let time): return (time, word.lowerBound)
        case .tooLarge: throw OpenMetricsFault(.OpenMetrics.numberTooLarge, at: word.lowerBound)
        case .invalid: throw OpenMetricsFault(.OpenMetrics.timestamp, at: word.lowerBound)
        }
    }

    /// `# {labels} value [timestamp]`.
    private mutating func readExemplar(
        _ cursor: inout OpenMetricsCursor, _ mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) {
        let start = cursor.position
        guard cursor.take(UInt8(ascii: "#")) else { throw OpenMetricsFault(.OpenMetrics.trailingText, at: start) }
        guard cursor.take(UInt8(ascii: " ")), cursor.take(UInt8(ascii: "{")) else {
            throw OpenMetricsFault(.OpenMetrics.exemplarSyntax, at: start)
        }
        try Self.readLabels(&cursor, into: &exemplarLabels, mode)
        if mode == .lenient, let null = cursor.bytes[start..<cursor.position].firstIndex(of: 0) {
            throw OpenMetricsFault(.OpenMetrics.exemplarNull, at: null)
        }
        let (value, valueAt) = try Self.readNumber(&cursor, unlessBlank: .OpenMetrics.exemplarSyntax)
        exemplar = ExemplarPart(value: value, offset: start, valueAt: valueAt)
        guard !cursor.isAtEnd else { return }
        try Self.takeBlank(&cursor)
        exemplar?.time = try Self.readTime(&cursor).0
        guard cursor.isAtEnd else { throw OpenMetricsFault(.OpenMetrics.trailingText, at: cursor.position) }
    }

    /// Exactly one, with something behind it.
    private static func takeBlank(_ cursor: inout OpenMetricsCursor) throws(OpenMetricsFault) {
        let start = cursor.position
        guard cursor.take(UInt8(ascii: " ")) else { throw OpenMetricsFault(.OpenMetrics.blanks, at: start) }
        guard !cursor.isAtEnd else { throw OpenMetricsFault(.OpenMetrics.blanks, at: start) }
        try refuseBlank(cursor)
    }

    private static func refuseBlank(_ cursor: OpenMetricsCursor) throws(OpenMetricsFault) {
        guard cursor.next == UInt8(ascii: " ") || cursor.next == UInt8(ascii: "\t") else { return }
        throw OpenMetricsFault(.OpenMetrics.blanks, at: cursor.position)
    }
}

extension OpenMetricsSampleLine {
    /// From behind the opening brace to behind the closing one. With `takesMetricName`, one item may be a name without
    /// a value, which is returned.
    @discardableResult
    private static func readLabels(
        _ cursor: inout OpenMetricsCursor, into labels: inout OpenMetricsLabels, _ mode: OpenMetricsParser.Mode,
        takesMetricName: Bool = false
    ) throws(OpenMetricsFault) -> (Range<Int>, Bool)? {
        var metricName: (Range<Int>, Bool)?
        while !cursor.take(UInt8(ascii: "}")) {
            let start = cursor.position
            if let name = try readLabel(&cursor, into: &labels, mode) {
                guard takesMetricName, metricName == nil else {
                    throw OpenMetricsFault(.OpenMetrics.labelSyntax, at: start)
                }
                metricName = name
            }
            if cursor.take(UInt8(ascii: ",")) {
                guard cursor.next == UInt8(ascii: "}"), mode == .strict else { continue }
                throw OpenMetricsFault(.OpenMetrics.labelSyntax, at: cursor.position)
            }
            guard cursor.next == UInt8(ascii: "}") else {
                throw OpenMetricsFault(.OpenMetrics.labelSyntax, at: cursor.position)
            }
        }
        if let repeated = labels.sort(cursor.bytes) {
            throw OpenMetricsFault(.OpenMetrics.labelRepeated, at: repeated.name.lowerBound)
        }
        return metricName
    }

    /// One `name="value"`; a name alone is returned, where it is in quotes.
    private static func readLabel(
        _ cursor: inout OpenMetricsCursor, into labels: inout OpenMetricsLabels, _ mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) -> (Range<Int>, Bool)? {
        let (name, isNameEscaped, isQuoted) = try readLabelName(&cursor, mode)
        let isAlone = cursor.next == UInt8(ascii: ",") || cursor.next == UInt8(ascii: "}")
        if isQuoted, isAlone { return (name, isNameEscaped) }
        guard cursor.take(UInt8(ascii: "=")) else {
            try refuseBlank(cursor)
            let isName = cursor.isAtEnd || isAlone
            throw OpenMetricsFault(isName ? .OpenMetrics.labelSyntax : .OpenMetrics.labelName, at: cursor.position)
        }
        guard cursor.next == UInt8(ascii: "\"") else {
            try refuseBlank(cursor)
            throw OpenMetricsFault(.OpenMetrics.labelSyntax, at: cursor.position)
        }
        guard let value = cursor.takeQuoted() else {
            throw OpenMetricsFault(.OpenMetrics.labelUnclosed, at: cursor.position)
        }
        labels.append(
            .init(name: name, isNameEscaped: isNameEscaped, value: value.range, isValueEscaped: value.isEscaped))
        return nil
    }

    private static func readLabelName(
        _ cursor: inout OpenMetricsCursor, _ mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) -> (Range<Int>, isEscaped: Bool, isQuoted: Bool) {
        let start = cursor.position
        if mode == .lenient, let quoted = cursor.takeQuoted() {
            guard !quoted.range.isEmpty else { throw OpenMetricsFault(.OpenMetrics.labelName, at: start) }
            return (quoted.range, quoted.isEscaped, true)
        }
        let name = cursor.takeName(colons: false)
        guard name.isEmpty else {
            guard !cursor.bytes.holds("__name__", at: name) else {
                throw OpenMetricsFault(.OpenMetrics.labelReserved, at: start)
            }
            return (name, false, false)
        }
        try refuseBlank(cursor)
        guard let next = cursor.next else { throw OpenMetricsFault(.OpenMetrics.labelUnclosed, at: start) }
        if next == UInt8(ascii: "\"") { throw OpenMetricsFault(.OpenMetrics.quotedName, at: start) }
        let isPunctuation = next == UInt8(ascii: ",") || next == UInt8(ascii: "}") || next == UInt8(ascii: "=")
        throw OpenMetricsFault(isPunctuation ? .OpenMetrics.labelSyntax : .OpenMetrics.labelName, at: start)
    }
}
