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
        _ name: JSONString, in bytes: UnsafeRawBufferPointer, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        guard let place = find(name, in: bytes) else {
            throw .unknownMetric(shown(name, in: bytes))
        }
        if packet.payload.isOther { throw .wrongType("payload", expected: "an object") }
        try writeLabels(packet.payload, of: place, in: bytes)
        let act = try packet.payload.act(
            families[place].definition.kind, of: families[place].definition.name, in: bytes)
        return try apply(act, to: place, at: time)
    }

    private func find(_ name: JSONString, in bytes: UnsafeRawBufferPointer) -> Int? {
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
        guard let kind = packet.kind(in: bytes) else { throw .unknownType(metric: shown(name, in: bytes)) }
        if packet.flat.hasOtherLabels { throw .otherLabels }
        if packet.declaration.hasOtherBuckets { throw .wrongType("buckets", expected: "an array of numbers") }
        guard let place = find(name, in: bytes) else { return try applyFirst(name, kind, in: bytes, at: time) }
        let metric = families[place].definition.name
        let act = try packet.flat.flatAct(kind, of: metric, in: bytes)
        guard families[place].definition.kind == kind else {
            throw .otherType(metric: metric, families[place].definition.kind)
        }
        try writeLabels(packet.flat, of: place, in: bytes)
        return try apply(act, to: place, at: time)
    }

    private func shown(_ name: JSONString, in bytes: UnsafeRawBufferPointer) -> String {
        EscapedText.short(EventLabels.plain(name, in: bytes))
    }

    /// Of a metric that is not there; a packet that is refused declares none.
    private mutating func applyFirst(
        _ name: JSONString, _ kind: EventDefinition.Kind, in bytes: UnsafeRawBufferPointer, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        let act = try packet.flat.flatAct(kind, of: shown(name, in: bytes), in: bytes)
        let definition = try packet.definition(kind, named: name, in: bytes)
        if let problem = definition.problems.first {
            throw .badDeclaration(metric: definition.name, "\(problem.key): \(problem.reason)")
        }
        if let problem = names.problem(definition.name, kind) {
            throw .badDeclaration(metric: definition.name, problem)
        }
        let family = EventFamily(settings.completed(definition), isDeclared: true)
        try family.labels.write(
            packet.flat, in: bytes, bytesMax: settings.labelBytesMax, of: definition.name, to: &scratch)
        try expectRoom(for: family)
        if declared >= settings.declaredMax { dropEmpty(at: time) }
        if declared >= settings.declaredMax { throw .metricsMax(settings.declaredMax) }
        add(family)
        return try apply(act, to: families.count - 1, at: time)
    }

    /// For one more series.
    private func expectRoom(for family: EventFamily) throws(EventRefusal) {
        guard family.table.count < settings.seriesMax else {
            throw .seriesMax(metric: family.definition.name, settings.seriesMax)
        }
        guard seriesCount < settings.totalSeriesMax else {
            throw .totalSeriesMax(metric: family.definition.name, settings.totalSeriesMax)
        }
    }

    /// To the series whose labels are in `scratch`.
    private mutating func apply(
        _ act: EventFamily.Act, to place: Int, at time: Int64
    ) throws(EventRefusal) -> EventMemo.Entry? {
        let found = scratch.text.withUnsafeBytes { families[place].table.find($0) }
        let series: Int
        if let found { series = found } else { series = try insert(into: place, at: time) }
        guard families[place].apply(act, to: series, at: time) else {
            throw .notFinite(metric: families[place].definition.name)
        }
        guard case .add(let amount) = act else { return nil }
        return EventMemo.Entry(
            family: place, series: series, serial: families[place].series[series].serial, amount: amount)
    }

    private mutating func insert(into place: Int, at time: Int64) throws(EventRefusal) -> Int {
        try expectRoom(for: families[place])
        let (serial, text) = (nextSerial, scratch.text)
        nextSerial &+= 1
        seriesCount += 1
        return text.withUnsafeBytes { families[place].insert($0, serial: serial, at: time) }
    }
}
