/// One line of metadata as it is written; ranges lie in the body.
struct OpenMetricsMetadataLine {
    enum Kind: Equatable {
        case help
        case type
        case unit
    }

    var kind: Kind
    var name: Range<Int>
    var isNameEscaped = false
    /// What follows the name and one blank.
    var text: Range<Int>

    func nameText(_ bytes: UnsafeRawBufferPointer) -> String {
        isNameEscaped ? OpenMetricsEscapes.text(bytes, name) : bytes.text(name)
    }
}

extension OpenMetricsMetadataLine {
    /// Reads a line that begins with a number sign.
    init(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>, mode: OpenMetricsParser.Mode
    ) throws(OpenMetricsFault) {
        var cursor = OpenMetricsCursor(bytes, line)
        kind = try Self.readKind(&cursor)
        if mode == .lenient, let quoted = cursor.takeQuoted() {
            (name, isNameEscaped) = (quoted.range, quoted.isEscaped)
        } else {
            name = cursor.takeName(colons: true)
        }
        let position = cursor.position
        guard !name.isEmpty else {
            let isBlank = cursor.next == UInt8(ascii: " ") || cursor.next == UInt8(ascii: "\t") || cursor.isAtEnd
            throw OpenMetricsFault(isBlank ? .OpenMetrics.metadataSyntax : .OpenMetrics.metricName, at: position)
        }
        guard cursor.take(UInt8(ascii: " ")) else {
            let isBlank = cursor.isAtEnd || cursor.next == UInt8(ascii: "\t")
            throw OpenMetricsFault(isBlank ? .OpenMetrics.metadataSyntax : .OpenMetrics.metricName, at: position)
        }
        text = cursor.rest
    }

    /// `# HELP `, `# TYPE ` or `# UNIT `, with exactly these blanks.
    private static func readKind(_ cursor: inout OpenMetricsCursor) throws(OpenMetricsFault) -> Kind {
        let start = cursor.position
        _ = cursor.take(UInt8(ascii: "#"))
        let blanks = cursor.take { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let word = cursor.take { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard let kind = kind(of: cursor.bytes, word) else { throw OpenMetricsFault(.OpenMetrics.comment, at: start) }
        guard cursor.bytes.holds(" ", at: blanks), cursor.take(UInt8(ascii: " ")) else {
            throw OpenMetricsFault(.OpenMetrics.metadataSyntax, at: start)
        }
        return kind
    }

    private static func kind(of bytes: UnsafeRawBufferPointer, _ word: Range<Int>) -> Kind? {
        if bytes.holds("HELP", at: word) { return .help }
        if bytes.holds("TYPE", at: word) { return .type }
        return bytes.holds("UNIT", at: word) ? .unit : nil
    }
}

extension MetricType {
    /// The exact words of OpenMetrics, which lacks `untyped`.
    init?(openMetrics bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard range.count <= 16, let type = MetricType(rawValue: bytes.text(range)), type != .untyped else {
            return nil
        }
        self = type
    }

    /// What the samples of a family of this type are called after the family's name.
    var openMetricsSuffixes: [OpenMetricsSuffix] {
        switch self {
        case .counter: [.total, .created]
        case .summary: [.none, .count, .sum, .created]
        case .histogram: [.bucket, .count, .sum, .created]
        case .gaugehistogram: [.bucket, .gcount, .gsum]
        case .info: [.info]
        case .gauge, .stateset, .unknown, .untyped: [.none]
        }
    }
}

/// The endings of sample names that OpenMetrics gives a meaning.
enum OpenMetricsSuffix: String {
    case none = ""
    case total = "_total"
    case created = "_created"
    case count = "_count"
    case sum = "_sum"
    case bucket = "_bucket"
    case gcount = "_gcount"
    case gsum = "_gsum"
    case info = "_info"
}
