/// From packets to values.
extension EventMetrics {
    /// What the packet that was read last asks for.
    ///
    /// Answers what it came to, if that is worth remembering.
    mutating func apply(
        in bytes: UnsafeRawBufferPointer, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        switch packet.name {
        case .string(let name): return try applyNamed(name, in: bytes, at: time)
        case .absent where packet.declaration.name != .absent: return try applyFlat(in: bytes, at: time)
        case .absent: throw .missingMetricName
        case .number, .other: throw .wrongType("metric_name", expected: "a string")
        }
    }

    private mutating func applyNamed(
        _ name: EventString, in bytes: UnsafeRawBufferPointer, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        guard let place = find(name, in: bytes) else {
            throw .unknownMetric(EventText.shown(EventLabels.plain(name, in: bytes)))
        }
        if packet.payload.isOther { throw .wrongType("payload", expected: "an object") }
        try writeLabels(packet.payload, of: place, in: bytes)
        let act = try packet.payload.act(
            families[place].definition.kind, of: families[place].definition.name, in: bytes)
        return try apply(act, to: place, at: time)
    }

    private func find(_ name: EventString, in bytes: UnsafeRawBufferPointer) -> Int? {
        if name.isPlain { return places.find(name.text(in: bytes)) }
        return EventLabels.plain(name, in: bytes).withUnsafeBytes { places.find($0) }
    }

    private mutating func writeLabels(
        _ payload: EventPacket.Payload, of place: Int, in bytes: UnsafeRawBufferPointer
    ) throws(EventRefusal) {
        try families[place].labels.write(
            payload, in: bytes, bytesMax: settings.labelBytesMax, of: families[place].definition.name, to: &scratch)
    }

    private mutating func applyFlat(
        in bytes: UnsafeRawBufferPointer, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        guard case .string(let name) = packet.declaration.name else {
            throw .wrongType("name", expected: "a string")
        }
        let definition = try packet.definition(named: name, in: bytes)
        let act = try packet.flat.flatAct(definition.kind, of: definition.shownName, in: bytes)
        let place: Int
        if let found = find(name, in: bytes) { place = found } else { place = try declare(definition) }
        let kind = families[place].definition.kind
        guard kind == definition.kind else { throw .otherType(metric: families[place].definition.name, kind) }
        try writeLabels(packet.flat, of: place, in: bytes)
        return try apply(act, to: place, at: time)
    }

    private mutating func declare(_ definition: EventDefinition) throws(EventRefusal) -> Int {
        if let problem = definition.problems.first {
            throw .badDeclaration(metric: definition.shownName, "\(problem.key): \(problem.reason)")
        }
        if declared >= settings.declaredMax { throw .metricsMax(settings.declaredMax) }
        if let problem = names.problem(definition.name, definition.kind) {
            throw .badDeclaration(metric: definition.shownName, problem)
        }
        add(EventFamily(settings.completed(definition), isDeclared: true))
        return families.count - 1
    }

    /// To the series whose labels are in `scratch`.
    private mutating func apply(
        _ act: EventFamily.Act, to place: Int, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        let found = scratch.text.withUnsafeBytes { families[place].table.find($0) }
        let series: Int
        if let found { series = found } else { series = try insert(into: place, at: time) }
        families[place].apply(act, to: series, at: time)
        guard case .add(let amount) = act else { return nil }
        return EventMemo.Entry(
            family: place, series: series, serial: families[place].series[series].serial, amount: amount)
    }

    private mutating func insert(into place: Int, at time: Int64) throws(EventRefusal) -> Int {
        guard families[place].table.count < settings.seriesMax else {
            throw .seriesMax(metric: families[place].definition.name, settings.seriesMax)
        }
        let (serial, text) = (nextSerial, scratch.text)
        nextSerial &+= 1
        return text.withUnsafeBytes { families[place].insert($0, serial: serial, at: time) }
    }
}
