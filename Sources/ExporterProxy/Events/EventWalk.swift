import NIOCore

/// How far a walk through the series of one metric has come. Packets may come in between.
struct EventCursor: Sendable {
    /// Of the metric, when the walk began.
    let changes: UInt64
    /// Series that have come since are left out, so that none is met twice: one that has gone and come again may have
    /// another place. The next walk has them.
    private let serialEnd: UInt64
    private var next = 0

    init(_ family: EventFamily, serialEnd: UInt64) {
        (changes, self.serialEnd) = (family.changes, serialEnd)
    }

    func isAtEnd(of family: EventFamily) -> Bool { next >= family.series.count }

    /// Goes past `count` places; answers those that have a series.
    mutating func advance(by count: Int, in family: EventFamily) -> [Int] {
        let start = next
        next = min(start + max(1, count), family.series.count)
        return (start..<next).filter { family.table.contains($0) && family.series[$0].serial < serialEnd }
    }
}

/// A walk through all metrics in steps of about a millisecond, so that packets need not wait for the whole of it.
///
/// - Parameter Part: what becomes of one metric.
struct EventWalk<Part: Sendable>: Sendable {
    /// Where other metrics have come, numbers mean others and the walk begins again.
    fileprivate var generation: UInt64?
    fileprivate var place = 0
    /// Of the metric at `place`, where it is not whole yet.
    fileprivate var part: Part?
    /// To be let go where nobody waits.
    var replaced: ByteBuffer?

    init() {}
}

typealias EventPageWalk = EventWalk<EventFamily.Rendering>
typealias EventSavingWalk = EventWalk<EventFamily.Saving>

extension EventMetrics {
    /// The next metric that `isNeeded`; `nil` at the end.
    private func next<Part>(_ walk: inout EventWalk<Part>, _ isNeeded: (EventFamily) -> Bool) -> Int? {
        if walk.generation != generation {
            walk = EventWalk()
            walk.generation = generation
        }
        while walk.part == nil, walk.place < families.count, !isNeeded(families[walk.place]) { walk.place += 1 }
        return walk.place < families.count ? walk.place : nil
    }

    // MARK: The page

    /// Writes out some more of what has changed; false where all is written.
    mutating func render(_ walk: inout EventPageWalk, at time: Int64) -> Bool {
        guard let place = next(&walk, { $0.needsRendering(at: time) }) else { return false }
        var rendering = walk.part ?? EventFamily.Rendering(families[place], serialEnd: nextSerial)
        walk.part = nil
        families[place].write(&rendering, prefix: settings.definitions.prefix, at: time)
        if rendering.cursor.isAtEnd(of: families[place]) {
            walk.replaced = families[place].text.bytes
            families[place].text = rendering.text
            walk.place += 1
        } else {
            walk.part = rendering
        }
        return true
    }

    /// What was written out last, in the order of the page, and until when it holds if no packet comes.
    mutating func texts() -> (texts: [ByteBuffer], until: Int64) {
        let order =
            self.order ?? families.indices.sorted { families[$0].definition.name < families[$1].definition.name }
        self.order = order
        return (order.map { families[$0].text.bytes }, families.reduce(.max) { min($0, $1.text.end) })
    }

    static func page(of texts: [ByteBuffer]) -> ByteBuffer {
        var page = ByteBufferAllocator().buffer(capacity: texts.reduce(0) { $0 &+ $1.readableBytes })
        for text in texts { page.writeImmutableBuffer(text) }
        return page
    }

    /// All metrics as canonical text 0.0.4, and until when it holds if no packet comes.
    package mutating func page(at time: Int64) -> (text: ByteBuffer, until: Int64) {
        var walk = EventPageWalk()
        while render(&walk, at: time) {}
        let (texts, until) = texts()
        return (Self.page(of: texts), until)
    }

    // MARK: Saved parts

    enum SavingStep {
        case more
        /// The values of a metric; `nil` where there are none any more.
        case part(name: String, SavedEvents?)
        case end
    }

    /// Goes through some more of what has changed since it was said before.
    mutating func save(_ walk: inout EventSavingWalk, at now: Moment) -> SavingStep {
        guard let place = next(&walk, { $0.changes != $0.savedChanges }) else { return .end }
        var saving = walk.part ?? EventFamily.Saving(families[place], serialEnd: nextSerial)
        walk.part = nil
        families[place].save(&saving, at: now)
        guard saving.cursor.isAtEnd(of: families[place]) else {
            walk.part = saving
            return .more
        }
        walk.place += 1
        let (isEmpty, wasSaved) = (saving.saved.series.isEmpty, families[place].isSaved)
        families[place].savedChanges = saving.cursor.changes
        families[place].isSaved = !isEmpty
        if isEmpty, !wasSaved { return .more }
        return .part(name: families[place].definition.name, isEmpty ? nil : saving.saved)
    }
}
