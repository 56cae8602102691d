/// A text 0.0.4, read line by line into families whose lines are together, with what was wrong on the way.
///
/// Stages: `TextTypes` learns which families are declared; each line is trimmed, read and, where the readers differ on
/// it, written anew; what is left goes to its family; names are settled at the end.
struct TextBody {
    let bytes: UnsafeRawBufferPointer
    let limits: ExpositionLimits
    let mode: Mode
    var families: [TextFamily] = []
    var findings: TextFindings
    /// Lines that were written anew.
    var rewritten: [UInt8] = []
    var overLimit: Reason?
    var samples = 0

    let types: TextTypes
    let comments: TextCommentReader
    var reader: TextSampleReader
    var places: [ByteKey: Int] = [:]
    /// The family of the line before.
    var current: Int?
    var series = SeriesSet()
    var last = LastFamily()

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
        while overLimit == nil, let line = lines.next() { read(line, &lines) }
    }

    /// Takes further lines where they belong to this one.
    private mutating func read(_ line: TextLine, _ lines: inout TextLines) {
        if line.hasBOM { add(.bom, line, at: line.whole.lowerBound) }
        var last = line
        if let first = line.content.first {
            if bytes[first] == UInt8(ascii: "#") { readComment(line) } else { last = readSample(line, &lines) }
        } else {
            readBlank(line, isLast: lines.isAtEnd)
        }
        if lines.isAtEnd, !last.endsWithLF, !last.content.isEmpty {
            add(.missingNewline, last, at: last.whole.upperBound)
        }
    }

    private mutating func readBlank(_ line: TextLine, isLast: Bool) {
        if line.endsWithCR {
            add(.crlf, line, at: line.whole.upperBound - 1)
        } else if !isLast, !line.hasBOM {
            findings.count(.blankLine)
        }
    }

    mutating func add(_ reason: Reason, _ line: TextLine, at offset: Int) {
        findings.add(reason, line, at: offset, in: bytes)
    }
}
