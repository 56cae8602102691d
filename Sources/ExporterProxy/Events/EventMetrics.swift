/// What holds for all events.
package struct EventSettings: Equatable, Sendable {
    package var definitions = EventDefinitions()
    /// Whether packets of the flat form may name metrics that nobody has defined.
    package var autoDeclare = false
    /// How many metrics packets may declare.
    package var declaredMax = 1000
    /// Label combinations of each metric.
    package var seriesMax = 10_000
    /// Of all metrics together.
    package var totalSeriesMax = 1_000_000
    /// Of the labels of one series, as they are written.
    package var labelBytesMax = 8192
    /// Of definitions that say nothing of it, and of what packets declare.
    package var expireAfter: Duration?

    package init(_ definitions: EventDefinitions = EventDefinitions()) { self.definitions = definitions }

    func completed(_ definition: EventDefinition) -> EventDefinition {
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
    var places = ByteTable()
    var names = EventNames()
    var declared = 0
    var nextSerial: UInt64 = 1
    var memo = EventMemo()
    var packet = EventPacket()
    var scratch = EventLabels.Scratch()
    /// What a test compares with.
    let remembers: Bool
    /// Of the page, where no family has come or gone since it was made.
    var order: [Int]?
    /// How often places in `families` have come to mean others.
    private(set) var generation: UInt64 = 0
    /// Saved parts of metrics that are not there any more.
    var goneParts: Set<String> = []

    package init(_ settings: EventSettings, remembers: Bool = true) {
        self.settings = settings
        self.remembers = remembers
        adopt(settings)
    }

    /// Of all families.
    package internal(set) var seriesCount = 0
    /// When metrics that packets have declared may be looked through again for those that are empty.
    private var nextDrop = Int64.min

    // MARK: Definitions

    /// Values stay where the new definition of a metric has the same kind, labels and buckets. Metrics that
    /// packets have declared stay while they have values.
    package mutating func adopt(_ new: EventSettings) {
        let old = Dictionary(families.map { ($0.definition.name, $0) }) { first, _ in first }
        settings = new
        (families, places, names, declared, order) = ([], ByteTable(), EventNames(), 0, nil)
        memo.forgetAll()
        generation &+= 1
        for definition in new.definitions.usable.map(new.completed) { keep(definition, of: old, isDeclared: false) }
        for family in old.values.sorted(by: { $0.definition.name < $1.definition.name })
        where new.autoDeclare && family.isDeclared && family.table.count > 0 && declared < new.declaredMax {
            var definition = family.definition
            definition.expireAfter = new.expireAfter
            keep(definition, of: old, isDeclared: true)
        }
        for family in old.values where family.isSaved && place(of: family.definition.name) == nil {
            goneParts.insert(family.definition.name)
        }
        seriesCount = families.reduce(0) { $0 &+ $1.table.count }
    }

    /// Makes room for other declared metrics, where all series of some have gone: as often as it costs little.
    mutating func dropEmpty(at time: Int64) {
        guard time >= nextDrop else { return }
        nextDrop = time &+ 1_000_000 &* Int64(max(1000, families.count))
        if families.contains(where: { $0.isDeclared && $0.table.count == 0 }) { adopt(settings) }
    }

    private mutating func keep(_ definition: EventDefinition, of old: [String: EventFamily], isDeclared: Bool) {
        if var family = old[definition.name], EventFamily.areAlike(family.definition, definition) {
            family.adopt(definition, isDeclared: isDeclared)
            add(family)
        } else {
            add(EventFamily(definition, isDeclared: isDeclared))
            if old[definition.name]?.isSaved == true { goneParts.insert(definition.name) }
        }
    }

    /// False where its name is taken.
    mutating func add(_ family: EventFamily) {
        guard names.add(family.definition.name, family.definition.kind) == nil else { return }
        if family.isDeclared { declared += 1 }
        families.append(family)
        _ = Array(family.definition.name.utf8).withUnsafeBytes { places.insert($0) }
        order = nil
    }

    func place(of name: String) -> Int? { Array(name.utf8).withUnsafeBytes { places.find($0) } }

    // MARK: Age

    package var hasExpiry: Bool { families.contains { $0.definition.expireAfter != nil } }

    /// Removes the series of which no packet has come for as long as their definition says; answers how many.
    package mutating func expire(at time: Int64) -> Int {
        var gone = 0
        for place in families.indices { gone += families[place].expire(at: time) }
        seriesCount -= gone
        return gone
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
        let before = families[place].table.count
        for series in saved.series.prefix(max(0, min(settings.seriesMax, settings.totalSeriesMax - seriesCount))) {
            families[place].restore(series, serial: nextSerial, of: saved.definition, at: now)
            nextSerial &+= 1
        }
        seriesCount += families[place].table.count - before
        families[place].savedChanges = families[place].changes
        families[place].isSaved = true
        goneParts.remove(saved.definition.name)
    }
}
