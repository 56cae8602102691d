/// One message `Metric`: its labels, its time, and the value of its family's type. Values of other types are skipped.
struct ProtobufMetric {
    private let type: MetricType
    private let limits: ExpositionLimits
    private let offset: Int
    private var labels: LabelSet = []
    private var timestamp: Timestamp?
    private var point: ProtobufPoint?

    /// `offset` is where errors about the whole metric point to.
    init(_ type: MetricType, limits: ExpositionLimits, offset: Int) {
        self.type = type
        self.limits = limits
        self.offset = offset
    }

    mutating func read(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            switch field.number {
            case 1: try readLabel(fields, field)
            case 6:
                let milliseconds = try fields.integer(field, "timestamp_ms")
                timestamp = Timestamp(textMilliseconds: Int64(bitPattern: milliseconds))
            case ProtobufPoint.field(of: type): try readPoint(fields, field)
            default: break
            }
        }
        try checkLabels()
    }

    private mutating func readLabel(
        _ fields: ProtobufCursor, _ field: ProtobufCursor.Field
    ) throws(ProtobufError) {
        guard labels.count < limits.labels else {
            throw ProtobufError(.tooMuch("labels", limit: limits.labels), at: field.offset)
        }
        try fields.within(field, "label", labels.count) { message throws(ProtobufError) in
            labels.append(try ProtobufLabel(message, limits).label)
        }
    }

    /// A field that is there twice is one message in two parts.
    private mutating func readPoint(_ fields: ProtobufCursor, _ field: ProtobufCursor.Field) throws(ProtobufError) {
        var read = point ?? ProtobufPoint(type, pointsMax: limits.series)
        try fields.within(field, ProtobufPoint.name(of: type)) { message throws(ProtobufError) in
            try read.read(message)
        }
        point = read
    }

    /// Each name once, and none that the samples of the metric need for themselves.
    private func checkLabels() throws(ProtobufError) {
        var seen: Set<String> = []
        if let own = ProtobufPoint.label(of: type) { seen.insert(own) }
        for (number, label) in labels.enumerated() where !seen.insert(label.name).inserted {
            throw ProtobufError(.repeatedLabel(label.name), at: offset, field: "label[\(number)].name")
        }
    }

    func appendSamples(to family: inout MetricFamily, _ room: inout ProtobufRoom) throws(ProtobufError) {
        guard let point else { throw ProtobufError(.noValue(type), at: offset) }
        let labelBytes = labels.reduce(0) { $0 &+ $1.textBytes }
        for part in point.parts {
            let bytes = family.name.utf8.count &+ part.suffix.utf8.count &+ labelBytes &+ 3
            try room.takeSample(textBytes: bytes &+ (part.label?.textBytes ?? 0), at: offset)
            family.samples.append(
                Sample(
                    name: family.name + part.suffix, labels: part.label.map { labels + [$0] } ?? labels,
                    value: part.value, timestamp: timestamp))
        }
    }
}

/// One message `LabelPair`.
private struct ProtobufLabel {
    private(set) var label = Label("", "")

    init(_ message: ProtobufCursor, _ limits: ExpositionLimits) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            switch field.number {
            case 1: label.name = try fields.string(field, "name")
            case 2: label.value = try fields.string(field, "value")
            default: break
            }
        }
        try check(message.position, limits)
    }

    private func check(_ offset: Int, _ limits: ExpositionLimits) throws(ProtobufError) {
        guard label.name.utf8.count <= limits.nameBytes else {
            throw ProtobufError(.tooMuch("bytes", limit: limits.nameBytes), at: offset, field: "name")
        }
        guard LabelName.isValid(label.name) else {
            throw ProtobufError(.labelName(label.name), at: offset, field: "name")
        }
        guard label.value.escapedBytes <= limits.valueBytes else {
            throw ProtobufError(.tooMuch("bytes", limit: limits.valueBytes), at: offset, field: "value")
        }
    }
}

extension Label {
    /// As text 0.0.4 writes it, with a comma.
    fileprivate var textBytes: Int { name.utf8.count &+ value.escapedBytes &+ 4 }
}

extension String {
    fileprivate var escapedBytes: Int {
        utf8.reduce(0) { $0 &+ ($1 == 0x5C || $1 == 0x22 || $1 == 0x0A ? 2 : 1) }
    }
}
