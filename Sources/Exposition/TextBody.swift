/// A text 0.0.4, read line by line into families whose lines are together, with what was wrong on the way.
///
/// Stages: `TextTypes` learns which families are declared; each line is trimmed, read and, where the readers differ on
/// it, written anew; what is left goes to its family; names are settled at the end.
struct TextBody {
    let bytes: UnsafeRawBufferPointer
    let limits: ExpositionLimits
    let mode: Mode
    private(set) var families: [TextFamily] = []
    var findings: TextFindings
    /// Lines that were written anew.
    private(set) var rewritten: [UInt8] = []
    private(set) var overLimit: Reason?
    private(set) var samples = 0

    private let types: TextTypes
    private let comments: TextCommentReader
    private var reader: TextSampleReader
    private var places: [ByteKey: Int] = [:]
    /// The family of the line before.
    private var current: Int?
    private var series = SeriesSet()
    private var last = LastFamily()

    enum Mode {
        /// What not all readers take is put right or left out.
        case canonical
        /// What one reader takes is kept.
        case lenient

        var names: NameRule { self == .canonical ? .underscored : .asWritten }
    }

    init(_ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits, findingsMax: Int, mode: Mode) {
        (self.bytes, self.limits, self.mode) = (bytes, limits, mode)
        findings = TextFindings(max: findingsMax)
        comments = TextCommentReader(bytes: bytes, rule: mode.names)
        reader = TextSampleReader(bytes)
        guard bytes.count <= limits.bytes else {
            types = TextTypes(UnsafeRawBufferPointer(rebasing: bytes[..<0]), rule: mode.names)
            overLimit = .tooManyBytes
            return
        }
        types = TextTypes(bytes, rule: mode.names)
        readLines()
        if mode == .canonical { nameFamiliesAsTheirSamples() }
        families.removeAll(where: \.isEmpty)
        if overLimit == nil, families.count > limits.families { overLimit = .tooManyFamilies }
    }

    private mutating func readLines() {
        var lines = TextLines(bytes)
        var line = lines.next()
        while let here = line, overLimit == nil {
            line = lines.next()
            if read(here, next: line) { line = lines.next() }
        }
    }

    /// Whether the next line was needed for this one.
    private mutating func read(_ line: TextLine, next: TextLine?) -> Bool {
        if line.hasBOM { add(.bom, line, at: line.whole.lowerBound) }
        defer { noteMissingNewline(line, isLast: next == nil) }
        guard let first = line.content.first else {
            readBlank(line, isLast: next == nil)
            return false
        }
        if bytes[first] == UInt8(ascii: "#") {
            readComment(line)
            return false
        }
        return readSample(line, next: next)
    }

    private mutating func readBlank(_ line: TextLine, isLast: Bool) {
        if line.endsWithCR {
            add(.crlf, line, at: line.whole.upperBound - 1)
        } else if !isLast, !line.hasBOM {
            findings.count(.blankLine)
        }
    }

    private mutating func noteMissingNewline(_ line: TextLine, isLast: Bool) {
        guard isLast, !line.endsWithLF, !line.content.isEmpty else { return }
        add(.missingNewline, line, at: line.whole.upperBound)
    }

    private mutating func add(_ reason: Reason, _ line: TextLine, at offset: Int) {
        findings.add(reason, line, at: offset, in: bytes)
    }
}

/// One family of a text.
struct TextFamily {
    /// As `NameRule` has it.
    var name: [UInt8]
    /// As written, which can be a type of OpenMetrics.
    var type: MetricType?
    var typeLine: TextLine?
    /// As written.
    var help: Range<Int>?
    var samples: [TextSlice] = []

    var isEmpty: Bool { type == nil && help == nil && samples.isEmpty }
}

/// A line of the text, or one that was written anew.
struct TextSlice {
    var range: Range<Int>
    var isRewritten: Bool
}

// MARK: - Comments

extension TextBody {
    private mutating func readComment(_ line: TextLine) {
        do throws(Remark) {
            switch try comments.read(line) {
            case .help(let metadata): takeHelp(metadata, line)
            case .type(let metadata): takeType(metadata, line)
            case .unit: add(.unitLine, line, at: line.content.lowerBound)
            case .endOfFile: add(.eofMarker, line, at: line.content.lowerBound)
            case .withoutName: add(.metadataWithoutName, line, at: line.content.upperBound)
            case .other: noteComment(line)
            }
        } catch {
            add(error.reason, line, at: error.offset)
        }
    }

    /// Prometheus stops at a NUL right after `#` and blanks, and wherever no blank follows `#`.
    private mutating func noteComment(_ line: TextLine) {
        let content = line.content.dropFirst()
        let start = content.first { !TextLines.isBlank(bytes[$0]) } ?? line.content.upperBound
        let isTight = start == line.content.lowerBound + 1
        let end = isTight ? line.content.upperBound : min(start + 1, line.content.upperBound)
        if let nul = (start..<end).first(where: { bytes[$0] == 0 }) {
            add(.nulInComment, line, at: nul)
        } else {
            findings.count(.comment)
        }
    }

    private mutating func takeHelp(_ metadata: TextMetadata, _ line: TextLine) {
        guard let place = place(of: metadata, line) else { return }
        if let old = families[place].help, !old.isEmpty || metadata.rest.isEmpty {
            let isSame = old.count == metadata.rest.count && bytes[old].elementsEqual(bytes[metadata.rest])
            let reason: Reason = metadata.rest.isEmpty ? .helpWithoutText : isSame ? .repeatedHelp : .helpConflict
            return add(reason, line, at: metadata.nameOffset)
        }
        noteHelpText(metadata, line)
        noteOrder(place, line, afterSamples: .helpAfterSamples)
        families[place].help = metadata.rest
    }

    private mutating func noteHelpText(_ metadata: TextMetadata, _ line: TextLine) {
        if metadata.isQuoted { add(.quotedName, line, at: metadata.nameOffset) }
        if metadata.rest.isEmpty, metadata.blanks.isEmpty, !line.hasTrailingBlanks {
            add(.helpWithoutText, line, at: metadata.rest.lowerBound)
        } else if !metadata.beginsWell || !isOneSpace(metadata, line) {
            add(.oddBlanks, line, at: line.whole.lowerBound)
        }
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        let text = bytes[metadata.rest]
        if let bad = TextUTF8.firstInvalid(bytes, metadata.rest) { add(.helpNotUTF8, line, at: bad) }
        if let bad = HelpText.firstUnknownEscape(text) { add(.helpEscape, line, at: bad) }
    }

    /// Between name and text, and nothing after it; after the name where there is no text.
    private func isOneSpace(_ metadata: TextMetadata, _ line: TextLine) -> Bool {
        let isBare = metadata.rest.isEmpty
        let end = line.whole.upperBound - (line.endsWithCR ? 1 : 0)
        let blanks = isBare ? metadata.rest.lowerBound..<end : metadata.blanks
        return blanks.count == 1 && bytes[blanks.lowerBound] == 0x20 && (isBare || !line.hasTrailingBlanks)
    }

    private mutating func takeType(_ metadata: TextMetadata, _ line: TextLine) {
        guard let place = place(of: metadata, line) else { return }
        let word = bytes[metadata.rest]
        let type = metadata.rest.isEmpty ? MetricType.untyped : TextTypes.type(word)
        guard let type else { return add(.unknownType, line, at: metadata.rest.lowerBound) }
        guard let declared = types.declarations[metadata.name], declared.offset == line.whole.lowerBound else {
            let isSame = types.declarations[metadata.name]?.type.inText == type.inText
            let reason: Reason = metadata.rest.isEmpty ? .emptyType : isSame ? .repeatedType : .typeConflict
            return add(reason, line, at: metadata.rest.lowerBound)
        }
        noteTypeWord(type, metadata, line)
        noteOrder(place, line, afterSamples: .typeAfterSamples)
        families[place].type = type
        families[place].typeLine = line
    }

    private mutating func noteTypeWord(_ type: MetricType, _ metadata: TextMetadata, _ line: TextLine) {
        if metadata.isQuoted { add(.quotedName, line, at: metadata.nameOffset) }
        let start = metadata.rest.lowerBound
        if metadata.rest.isEmpty {
            add(.emptyType, line, at: start)
        } else if type != type.inText {
            add(.openMetricsType, line, at: start)
        } else if bytes[metadata.rest].contains(where: { $0 < 0x61 }) {
            add(.typeCase, line, at: start)
        }
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        guard !metadata.rest.isEmpty else { return }
        if line.hasTrailingBlanks { add(.blanksAfterType, line, at: metadata.rest.upperBound) }
        if metadata.blanks.count > 1 {
            add(.blanksBeforeType, line, at: metadata.blanks.lowerBound)
        } else if !metadata.beginsWell || metadata.blanks.first.map({ bytes[$0] }) != 0x20 {
            add(.oddBlanks, line, at: line.whole.lowerBound)
        }
    }

    /// The family of a HELP or TYPE line; none where the line is refused.
    private mutating func place(of metadata: TextMetadata, _ line: TextLine) -> Int? {
        guard types.owner(of: metadata.name) == nil else {
            add(.suffixTaken, line, at: metadata.nameOffset)
            return nil
        }
        guard metadata.name.count <= limits.nameBytes else {
            add(.nameTooLong, line, at: metadata.nameOffset)
            return nil
        }
        return place(of: metadata.name)
    }

    private mutating func noteOrder(_ place: Int, _ line: TextLine, afterSamples: Reason) {
        if !families[place].samples.isEmpty {
            add(afterSamples, line, at: line.content.lowerBound)
        } else if place != current, !families[place].isEmpty {
            add(.splitFamily, line, at: line.content.lowerBound)
        }
        current = place
    }

    private mutating func place(of name: [UInt8]) -> Int {
        let key = ByteKey(name)
        if let place = places[key] { return place }
        places[key] = families.count
        families.append(TextFamily(name: name))
        return families.count - 1
    }
}

// MARK: - Samples

extension TextBody {
    /// Whether the next line belongs to this sample: its label value has a line feed.
    private mutating func readSample(_ line: TextLine, next: TextLine?) -> Bool {
        do throws(Remark) {
            try take(reader.read(line.content), line)
            return false
        } catch {
            guard error.reason == .unterminatedLabelValue, let next, isContinuation(next) else {
                noteBlanks(line)
                add(error.reason, line, at: error.offset)
                return false
            }
            return takePair(line, next, otherwise: error)
        }
    }

    /// Whether the line is nothing by itself.
    private mutating func isContinuation(_ line: TextLine) -> Bool {
        guard let first = line.content.first, bytes[first] != UInt8(ascii: "#") else { return false }
        return (try? reader.read(line.content)) == nil
    }

    private mutating func takePair(_ line: TextLine, _ next: TextLine, otherwise: Remark) -> Bool {
        var pair = line
        pair.content = line.content.lowerBound..<next.content.upperBound
        pair.whole = line.whole.lowerBound..<next.whole.upperBound
        (pair.endsWithCR, pair.endsWithLF) = (next.endsWithCR, next.endsWithLF)
        do throws(Remark) {
            let sample = try reader.read(pair.content)
            do throws(Remark) {
                try take(sample, pair)
            } catch {
                add(error.reason, line, at: min(error.offset, line.whole.upperBound))
            }
            return true
        } catch {
            noteBlanks(line)
            add(otherwise.reason, line, at: otherwise.offset)
            return false
        }
    }

    private mutating func noteBlanks(_ line: TextLine) {
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        if line.hasLeadingBlanks(in: bytes) { add(.leadingBlanks, line, at: line.whole.lowerBound) }
        if line.hasTrailingBlanks { add(.trailingBlanks, line, at: line.content.upperBound) }
    }

    private mutating func take(_ sample: TextSample, _ line: TextLine) throws(Remark) {
        noteBlanks(line)
        let remarks = reader.remarks
        for remark in remarks where remark.reason != .negativeTimestamp { add(remark.reason, line, at: remark.offset) }
        if (sample.timestamp ?? 0) < 0 {
            let offset = remarks.first { $0.reason == .negativeTimestamp }?.offset ?? sample.valueText.upperBound
            try refuse(.negativeTimestamp, line, at: offset)
        }
        guard sample.isToBeRewritten else {
            return try place(sample, TextSlice(range: sample.content, isRewritten: false), reader, bytes, line)
        }
        var text: [UInt8] = []
        TextSampleWriter(bytes: bytes, rule: mode.names).append(sample, reader.labels, to: &text)
        let start = rewritten.count
        rewritten += text
        let slice = TextSlice(range: start..<rewritten.count, isRewritten: true)
        let offset = remarks.first?.offset ?? line.content.lowerBound
        try placeRewritten(text, slice, line, at: offset)
    }

    /// What is wrong only in its new form is told of the place that was written anew.
    private mutating func placeRewritten(
        _ text: [UInt8], _ slice: TextSlice, _ line: TextLine, at offset: Int
    ) throws(Remark) {
        let failure: Remark? = text.withUnsafeBytes { bytes in
            var reader = TextSampleReader(bytes, isRewritten: true)
            do throws(Remark) {
                try place(try reader.read(0..<bytes.count), slice, reader, bytes, line)
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { return }
        throw Remark(reason: failure.reason, offset: offset)
    }

    private mutating func place(
        _ sample: TextSample, _ slice: TextSlice, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer,
        _ line: TextLine
    ) throws(Remark) {
        try checkLimits(sample, reader)
        lookUp(sample.name.range, bytes)
        if let remark = meaningless(sample, reader, bytes) {
            try refuse(remark.reason, line, at: slice.isRewritten ? line.content.lowerBound : remark.offset)
        }
        guard series.insert(sample, reader, bytes) else {
            throw Remark(reason: .duplicateSeries, offset: sample.content.lowerBound)
        }
        if series.count > limits.series { overLimit = .tooManySeries }
        let place = last.place ?? place(of: last.family)
        last.place = place
        if place != current, !families[place].isEmpty { add(.splitFamily, line, at: line.content.lowerBound) }
        current = place
        families[place].samples.append(slice)
        samples += 1
    }

    /// Throws, except where one reader that takes the line is enough.
    private mutating func refuse(_ reason: Reason, _ line: TextLine, at offset: Int) throws(Remark) {
        guard mode == .lenient else { throw Remark(reason: reason, offset: offset) }
        add(reason, line, at: offset)
    }

    /// Makes `last` the family of this name; most samples have the name of the sample before.
    private mutating func lookUp(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) {
        guard !bytes.holds(last.name, at: range) else { return }
        let name = Array(bytes[range])
        let family = types.owner(of: name) ?? name
        last = LastFamily(name: name, family: family, type: types.declarations[family]?.type)
    }

    private func checkLimits(_ sample: TextSample, _ reader: TextSampleReader) throws(Remark) {
        if sample.name.range.count > limits.nameBytes {
            throw Remark(reason: .nameTooLong, offset: sample.name.range.lowerBound)
        }
        if reader.labels.count > limits.labels {
            throw Remark(reason: .tooManyLabels, offset: reader.labels[limits.labels].name.range.lowerBound)
        }
        for label in reader.labels {
            if label.name.range.count > limits.nameBytes {
                throw Remark(reason: .nameTooLong, offset: label.name.range.lowerBound)
            }
            if label.value.count > limits.valueBytes {
                throw Remark(reason: .valueTooLong, offset: label.value.lowerBound)
            }
        }
    }

    /// What promtool refuses in samples of histograms and summaries.
    private func meaningless(
        _ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer
    ) -> Remark? {
        guard let type = last.type?.inText, type == .histogram || type == .summary else { return nil }
        let bound: StaticString = type == .histogram ? "le" : "quantile"
        for label in reader.labels where bytes.holds(bound, at: label.name.range) {
            if case .number = TextNumber.read(bytes, label.value) { continue }
            return Remark(reason: type == .histogram ? .badLe : .badQuantile, offset: label.value.lowerBound)
        }
        let isCount = last.name.hasSuffix("_count") || last.name.hasSuffix("_bucket")
        guard type == .histogram, sample.value < 0, isCount, last.name.count > last.family.count else { return nil }
        return Remark(reason: .negativeCount, offset: sample.valueText.lowerBound)
    }
}

/// The name of the sample before, and what is known of its family.
private struct LastFamily {
    var name: [UInt8] = []
    var family: [UInt8] = []
    var type: MetricType?
    var place: Int?
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { suffix(text.utf8CodeUnitCount).elementsEqual($0) }
    }
}

// MARK: - Names

extension TextBody {
    /// `# TYPE foo counter` with samples of `foo_total` only is how OpenMetrics says `# TYPE foo_total counter`;
    /// `info` and `_info` likewise.
    private mutating func nameFamiliesAsTheirSamples() {
        var late: [(TextLine, Int)] = []
        for (place, family) in families.enumerated() where family.samples.isEmpty {
            guard let suffix = family.type?.nameSuffix, let line = family.typeLine else { continue }
            guard let other = places[ByteKey(family.name + suffix)], families[other].isBare else { continue }
            let first = min(place, other)
            var joined = family
            joined.name += suffix
            joined.samples = families[other].samples
            families[max(place, other)] = TextFamily(name: [])
            families[first] = joined
            late.append((line, line.content.lowerBound))
        }
        var list = TextFindings(max: findings.max)
        for (line, offset) in late.sorted(by: { $0.1 < $1.1 }) {
            list.add(.familyWithoutSuffix, line, at: offset, in: bytes)
        }
        findings.merge(list)
    }
}

extension TextFamily {
    /// Whether there are samples, and nothing said about them.
    fileprivate var isBare: Bool { type == nil && help == nil && !samples.isEmpty }
}

extension MetricType {
    /// What OpenMetrics adds to the family's name in the names of all samples.
    fileprivate var nameSuffix: [UInt8]? {
        switch self {
        case .counter: Array("_total".utf8)
        case .info: Array("_info".utf8)
        default: nil
        }
    }
}
