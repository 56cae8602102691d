/// The value of a metric: one number, or what belongs together of a histogram or a summary.
struct ProtobufPoint {
    private let type: MetricType
    private let pointsMax: Int
    private var value = 0.0
    private var count = ProtobufCount()
    private var sum = 0.0
    /// Of a histogram by upper bound, of a summary by quantile.
    private var points: [(at: Double, value: Double)] = []

    init(_ type: MetricType, pointsMax: Int) {
        self.type = type
        self.pointsMax = pointsMax
    }

    /// The field of `Metric` that holds values of a type.
    static func field(of type: MetricType) -> UInt64 {
        switch type {
        case .gauge: 2
        case .counter: 3
        case .summary: 4
        case .histogram, .gaugehistogram: 7
        default: 5
        }
    }

    /// The name of that field.
    static func name(of type: MetricType) -> String { type == .gaugehistogram ? "histogram" : type.rawValue }

    /// What `points` differ in.
    static func label(of type: MetricType) -> String? {
        switch type {
        case .histogram, .gaugehistogram: "le"
        case .summary: "quantile"
        default: nil
        }
    }

    /// Adds a message to what was read before.
    mutating func read(_ message: ProtobufCursor) throws(ProtobufError) {
        switch type {
        case .histogram, .gaugehistogram: try readHistogram(message)
        case .summary: try readSummary(message)
        default: try readNumber(message)
        }
    }

    private mutating func readNumber(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            if field.number == 1 { value = try fields.double(field, "value") }
        }
    }

    private mutating func readSummary(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            switch field.number {
            case 1: count.whole = Double(try fields.integer(field, "sample_count"))
            case 2: sum = try fields.double(field, "sample_sum")
            case 3:
                try fields.within(field, "quantile", points.count) { message throws(ProtobufError) in
                    try readQuantile(message)
                }
            default: break
            }
        }
    }

    private mutating func readQuantile(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        var quantile = (at: 0.0, value: 0.0)
        while let field = try fields.next() {
            switch field.number {
            case 1: quantile.at = try fields.double(field, "quantile")
            case 2: quantile.value = try fields.double(field, "value")
            default: break
            }
        }
        try append(quantile, message.position)
    }

    private mutating func readHistogram(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            switch field.number {
            case 1: count.whole = Double(try fields.integer(field, "sample_count"))
            case 2: sum = try fields.double(field, "sample_sum")
            case 3:
                try fields.within(field, "bucket", points.count) { message throws(ProtobufError) in
                    try readBucket(message)
                }
            case 4: count.fraction = try fields.double(field, "sample_count_float")
            default: break
            }
        }
    }

    private mutating func readBucket(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        var bound = 0.0
        var count = ProtobufCount()
        while let field = try fields.next() {
            switch field.number {
            case 1: count.whole = Double(try fields.integer(field, "cumulative_count"))
            case 2: bound = try fields.double(field, "upper_bound")
            case 4: count.fraction = try fields.double(field, "cumulative_count_float")
            default: break
            }
        }
        try append((bound, count.value), message.position)
    }

    /// An empty message is two bytes of the body, and a sample all the same.
    private mutating func append(_ point: (at: Double, value: Double), _ offset: Int) throws(ProtobufError) {
        guard points.count < pointsMax else { throw ProtobufError(.tooMuch("series", limit: pointsMax), at: offset) }
        points.append(point)
    }
}

/// A count that is sent as an integer or as a float: the float counts where there is one.
private struct ProtobufCount {
    var whole = 0.0
    var fraction = 0.0

    var value: Double { fraction == 0 ? whole : fraction }
}

// MARK: - Samples

extension ProtobufPoint {
    /// One sample, without what all samples of the metric have.
    struct Part {
        var suffix = ""
        var label: Label?
        var value: Double
    }

    /// In the order of text 0.0.4.
    var parts: [Part] {
        guard let label = Self.label(of: type) else { return [Part(value: value)] }
        let isSummary = type == .summary
        var parts = points.map { point in
            Part(suffix: isSummary ? "" : "_bucket", label: Label(label, Self.text(point.at)), value: point.value)
        }
        if !isSummary, !points.contains(where: { $0.at == .infinity }) {
            parts.append(Part(suffix: "_bucket", label: Label(label, "+Inf"), value: count.value))
        }
        return parts + [Part(suffix: "_sum", value: sum), Part(suffix: "_count", value: count.value)]
    }

    /// As Go's clients write it in text 0.0.4: 1, 0.5, 1e+06.
    private static func text(_ number: Double) -> String {
        let text = OpenMetricsNumberText.canonical(number)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
