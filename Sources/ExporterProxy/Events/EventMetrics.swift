import NIOCore

/// What holds for all events.
package struct EventSettings: Equatable, Sendable {
    package var definitions = EventDefinitions()
    /// Whether packets of the flat form may name metrics that nobody has defined.
    package var autoDeclare = false
    /// How many metrics packets may declare.
    package var declaredMax = 1000
    /// Label combinations of each metric.
    package var seriesMax = 10_000
    /// Of the labels of one series, as they are written.
    package var labelBytesMax = 8192
    /// Of definitions that say nothing of it, and of what packets declare.
    package var expireAfter: Duration?

    package init(_ definitions: EventDefinitions = EventDefinitions()) { self.definitions = definitions }

    fileprivate func completed(_ definition: EventDefinition) -> EventDefinition {
        var definition = definition
        definition.expireAfter = definition.expireAfter ?? expireAfter
        return definition
    }
}

/// The values of all metrics that packets name, and how a packet changes them.
///
/// Time is a parameter; nothing here reads, waits or logs.
package struct EventMetrics: Sendable {
    package private(set) var settings: EventSettings
    var families: [EventFamily] = []
    /// By the names of packets; the numbers are places in `families`.
    private var places = ByteTable()
    private var names = EventNames()
    private var declared = 0
    private var nextSerial: UInt64 = 1
    private var memo = EventMemo()
    private var packet = EventPacket()
    private var scratch = EventLabels.Scratch()
    /// What a test compares with.
    private let remembers: Bool
    /// The page's order, and whether a family has come or gone since it was made.
    private var order: [Int]?
    /// Saved parts of metrics that are not there any more.
    var goneParts: Set<String> = []

    package init(_ settings: EventSettings, remembers: Bool = true) {
        self.settings = settings
        self.remembers = remembers
        adopt(settings)
    }

    package var seriesCount: Int { families.reduce(0) { $0 &+ $1.table.count } }

    // MARK: Definitions

    /// Values stay where the new definition of a metric has the same kind, labels and buckets.
    package mutating func adopt(_ new: EventSettings) {
        let old = Dictionary(families.map { ($0.definition.name, $0) }) { first, _ in first }
        settings = new
        (families, places, names, declared, order) = ([], ByteTable(), EventNames(), 0, nil)
        memo.forgetAll()
        for definition in new.definitions.usable.map(new.completed) { keep(definition, of: old, isDeclared: false) }
        for family in old.values.sorted(by: { $0.definition.name < $1.definition.name })
        where new.autoDeclare && family.isDeclared && declared < new.declaredMax {
            var definition = family.definition
            definition.expireAfter = new.expireAfter
            keep(definition, of: old, isDeclared: true)
        }
        for family in old.values where place(of: family.definition.name) == nil {
            goneParts.insert(family.definition.name)
        }
    }

    private mutating func keep(_ definition: EventDefinition, of old: [String: EventFamily], isDeclared: Bool) {
        if var family = old[definition.name], EventFamily.areAlike(family.definition, definition) {
            family.adopt(definition, isDeclared: isDeclared)
            add(family)
        } else {
            add(EventFamily(definition, isDeclared: isDeclared))
        }
    }

    /// False where its name is taken.
    private mutating func add(_ family: EventFamily) {
        guard names.add(family.definition.name, family.definition.kind) == nil else { return }
        if family.isDeclared { declared += 1 }
        families.append(family)
        _ = Array(family.definition.name.utf8).withUnsafeBytes { places.insert($0) }
        goneParts.remove(family.definition.name)
        order = nil
    }

    func place(of name: String) -> Int? { Array(name.utf8).withUnsafeBytes { places.find($0) } }

    // MARK: Datagrams

    /// Takes a packet, a batch of them in an array, or several of both in lines of their own.
    ///
    /// What is not JSON counts for nothing as a whole, up to the next line; of a batch each packet counts for itself.
    package mutating func take(_ datagram: UnsafeRawBufferPointer, at time: Int64, into tally: inout EventTally) {
        var tag: UInt64 = 0
        if remembers, datagram.count <= EventMemo.bytesMax {
            tag = memo.tag(datagram)
            if let entry = memo.find(datagram, tag), add(entry, at: time) {
                tally.accepted &+= 1
                return
            }
        }
        takeUnknown(datagram, tag, at: time, into: &tally)
    }

    @inline(__always)
    private mutating func add(_ entry: EventMemo.Entry, at time: Int64) -> Bool {
        families[Int(entry.family)].add(entry.amount, to: Int(entry.series), entry.serial, at: time)
    }

    @inline(never)
    private mutating func takeUnknown(
        _ datagram: UnsafeRawBufferPointer, _ tag: UInt64, at time: Int64, into tally: inout EventTally
    ) {
        var scanner = EventScanner(datagram)
        var documents = 0
        var known: EventMemo.Entry?
        while true {
            scanner.skipSpace()
            if scanner.isAtEnd { break }
            documents &+= 1
            let start = scanner
            do throws(EventRefusal) {
                known = try takeDocument(&scanner, at: time, into: &tally)
            } catch {
                tally.refuse(error)
                known = nil
                // Nobody can say where something broken ends, but not behind the line in which it begins.
                if error.isBroken { scanner = start }
                scanner.skipLine()
            }
        }
        if documents == 0 { tally.refuse(.empty) }
        if tag != 0, documents == 1, let known { memo.remember(datagram, tag, known) }
    }

    /// Answers what a single packet came to, if that is worth remembering.
    private mutating func takeDocument(
        _ scanner: inout EventScanner, at time: Int64, into tally: inout EventTally
    ) throws(EventRefusal) -> EventMemo.Entry? {
        if scanner.next == UInt8(ascii: "[") {
            try takeBatch(&scanner, at: time, into: &tally)
            return nil
        }
        guard scanner.next == UInt8(ascii: "{") else {
            throw .malformed(offset: scanner.i, "a packet is an object, and a batch an array")
        }
        try read(&scanner)
        try Self.expectEndOfLine(&scanner)
        let known = try apply(in: scanner.bytes, at: time)
        tally.accepted &+= 1
        return known
    }

    private static func expectEndOfLine(_ scanner: inout EventScanner) throws(EventRefusal) {
        if !scanner.skipToEndOfLine() { throw .malformed(offset: scanner.i, "expected the end of the line") }
    }

    private mutating func read(_ scanner: inout EventScanner) throws(EventRefusal) {
        var reader = EventPacketReader(scanner: scanner, takesFlat: settings.autoDeclare)
        defer { scanner = reader.scanner }
        try reader.read(&packet)
    }

    private mutating func takeBatch(
        _ scanner: inout EventScanner, at time: Int64, into tally: inout EventTally
    ) throws(EventRefusal) {
        // Of a batch that is no JSON nothing counts: so all of it is looked at first.
        var whole = scanner
        defer { scanner = whole }
        try whole.skipValue(depth: 0)
        try Self.expectEndOfLine(&whole)
        guard scanner.begin(until: UInt8(ascii: "]")) else { throw .empty }
        repeat {
            scanner.skipSpace()
            do throws(EventRefusal) {
                try takeElement(&scanner, at: time)
                tally.accepted &+= 1
            } catch {
                tally.refuse(error)
            }
        } while try scanner.hasMore(before: UInt8(ascii: "]"))
    }

    private mutating func takeElement(_ scanner: inout EventScanner, at time: Int64) throws(EventRefusal) {
        let start = scanner
        // Also where the packet is refused the next one is behind it.
        try scanner.skipValue(depth: 1)
        guard start.next == UInt8(ascii: "{") else { throw .notObject }
        var element = start
        try read(&element)
        _ = try apply(in: element.bytes, at: time)
    }

    // MARK: Packets

    private mutating func apply(
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

    // MARK: Age

    /// Removes the series of which no packet has come for as long as their definition says; answers how many.
    package mutating func expire(at time: Int64) -> Int {
        var gone = 0
        for place in families.indices { gone += families[place].expire(at: time) }
        return gone
    }

    // MARK: The page

    /// How many steps ``render(step:at:)`` has.
    package var renderSteps: Int { families.count }

    /// Writes out one metric, if it has changed, so that no one step takes long.
    package mutating func render(step place: Int, at time: Int64) {
        guard families.indices.contains(place), families[place].needsRendering(at: time) else { return }
        families[place].render(prefix: settings.definitions.prefix, at: time)
    }

    /// All metrics as canonical text 0.0.4, and until when it holds if no packet comes.
    package mutating func page(at time: Int64) -> (text: ByteBuffer, until: Int64) {
        for place in families.indices { render(step: place, at: time) }
        let order =
            self.order ?? families.indices.sorted { families[$0].definition.name < families[$1].definition.name }
        self.order = order
        let room = families.reduce(0) { $0 &+ $1.text.bytes.readableBytes }
        var text = ByteBufferAllocator().buffer(capacity: room)
        for place in order { text.writeImmutableBuffer(families[place].text.bytes) }
        return (text, families.reduce(.max) { min($0, $1.text.end) })
    }

    // MARK: Saved parts

    /// Takes the values of a metric; nothing where it is not defined so any more.
    mutating func restore(_ saved: SavedEvents, at now: Moment) {
        if place(of: saved.definition.name) == nil, saved.isDeclared, settings.autoDeclare,
            declared < settings.declaredMax, saved.definition.problems.isEmpty
        {
            add(EventFamily(settings.completed(saved.definition), isDeclared: true))
        }
        guard let place = place(of: saved.definition.name),
            EventFamily.areAlike(saved.definition, families[place].definition)
        else {
            goneParts.insert(saved.definition.name)
            return
        }
        for series in saved.series.prefix(settings.seriesMax) {
            families[place].restore(series, serial: nextSerial, of: saved.definition, at: now)
            nextSerial &+= 1
        }
        families[place].savedChanges = families[place].changes
        families[place].isSaved = true
    }
}
