/// One message `MetricFamily`.
struct ProtobufFamily {
    private(set) var family = MetricFamily(name: "", type: .counter)
    private var type = MetricType.counter

    /// The type may stand behind the metrics, so that the fields are gone through twice.
    init(_ message: ProtobufCursor, _ room: inout ProtobufRoom) throws(ProtobufError) {
        try readHead(message)
        try checkName(message.position, room.limits)
        try room.takeText(family.name.utf8.count &+ (family.help?.utf8.count ?? 0), at: message.position)
        try readMetrics(message, &room)
    }

    private mutating func readHead(_ message: ProtobufCursor) throws(ProtobufError) {
        var fields = message
        while let field = try fields.next() {
            switch field.number {
            case 1: family.name = try fields.string(field, "name")
            case 2: family.help = try fields.string(field, "help")
            case 3: try readType(try fields.integer(field, "type"), field.offset)
            case 5: family.unit = try fields.string(field, "unit")
            default: break
            }
        }
    }

    /// A family without a type is a counter: not everybody sends a 0.
    private mutating func readType(_ number: UInt64, _ offset: Int) throws(ProtobufError) {
        let types: [MetricType] = [.counter, .gauge, .summary, .untyped, .histogram, .gaugehistogram]
        guard number < types.count else { throw ProtobufError(.unknownType(number), at: offset, field: "type") }
        type = types[Int(number)]
        family.type = type
    }

    private func checkName(_ offset: Int, _ limits: ExpositionLimits) throws(ProtobufError) {
        guard !family.name.isEmpty else { throw ProtobufError(.noName, at: offset) }
        guard family.name.utf8.count <= limits.nameBytes else {
            throw ProtobufError(.tooMuch("bytes", limit: limits.nameBytes), at: offset, field: "name")
        }
        guard PlainName.isPlain(family.name.utf8, .metric) else {
            throw ProtobufError(.metricName(family.name), at: offset, field: "name")
        }
    }

    private mutating func readMetrics(_ message: ProtobufCursor, _ room: inout ProtobufRoom) throws(ProtobufError) {
        var fields = message
        var number = 0
        while let field = try fields.next() {
            guard field.number == 4 else { continue }
            var metric = ProtobufMetric(type, limits: room.limits, offset: field.offset)
            try fields.within(field, "metric", number) { message throws(ProtobufError) in
                try metric.read(message)
                try metric.appendSamples(to: &family, &room)
            }
            number &+= 1
        }
    }
}
