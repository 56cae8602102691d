import NIOCore

/// What was pushed with one grouping key.
struct PushedGroup: Sendable {
    typealias Arrival = GroupFamily.Arrival

    let key: GroupingKey
    let slot: Int32
    var lastPush: Moment?
    var lastFailure: Moment?
    /// Whether the newest push was stored.
    var lastSucceeded = false
    /// In no order; ``places`` says where each is.
    var families: [GroupFamily] = []
    private var places: [String: Int] = [:]
    /// Families that have something that a PUT clears.
    private var replacing: Set<String> = []
    private(set) var samples = 0
    private(set) var replacedSamples = 0
    /// Nothing expires before, on the monotonic clock.
    var due = Int64.max
    /// The last push that was stored, as long as all its families are as it has left them.
    private var last: Last?
    var text = GroupText()
    var isUnrendered = false
    /// Somebody has its text.
    var isRendered = false
    var isUnsaved = false
    /// Somebody has its part.
    var isSaved = false

    private struct Last {
        var lines: PushForm.Lines
        /// Of its families.
        var places: [Int]
        /// The lines lie in memory that is there for nothing else: not in the text.
        var hasOwnMemory = true
    }

    init(_ key: GroupingKey, slot: Int32) {
        self.key = key
        self.slot = slot
    }

    func place(of family: String) -> Int? { places[family] }

    /// The newer of success and failure.
    var lastChange: Moment? { lastSucceeded ? lastPush : lastFailure ?? lastPush }

    // MARK: Pushes

    /// Does what a push says, after the check.
    mutating func take(_ push: Push, _ numbers: [[UInt64]], _ standardLife: Duration?, _ ledger: inout PushLedger) {
        let arrival = Arrival(
            group: key, slot: slot, at: push.at, life: push.expiresAfter, standardLife: standardLife)
        // Of these nothing of the old lines is left.
        if push.clearing == .group || push.clearing == .everything { last = nil }
        clearOthers(push, &ledger)
        if push.clearing == .everything { ledger.bases.forget(key) }
        for (family, numbers) in zip(push.families, numbers) {
            take(family, numbers, clears: push.clears(family), arrival, &ledger)
        }
        last = push.lines.flatMap { last(of: push, $0) }
        // In one piece of memory they may lie only where they go together.
        if last == nil { separateLines(push.families.compactMap { places[$0.name] }) }
        lastPush = push.at
        lastSucceeded = true
        noteDue(push.at, standardLife)
    }

    /// Where all families of the push are held as blocks of this form.
    private func last(of push: Push, _ lines: PushForm.Lines) -> Last? {
        let places = push.families.compactMap { self.places[$0.name] }
        let areHeld = places.enumerated().allSatisfy { number, place in
            families[place].block?.content.form?.isThat(of: lines.form, number) == true
        }
        return areHeld && places.count == lines.form.count ? Last(lines: lines, places: places) : nil
    }

    /// Does what a push says that differs from the last one in nothing but values; false, and nothing done, where it
    /// does otherwise, or where the group is not as the last one has left it.
    mutating func takeAgain(_ push: Push, _ standardLife: Duration?) -> Bool {
        guard let again = push.lines, let places = last?.places, last?.lines.form === again.form else { return false }
        if push.clearing == .everything || push.clearing == .group && replacing.count != places.count { return false }
        let arrival = Arrival(
            group: key, slot: slot, at: push.at, life: push.expiresAfter, standardLife: standardLife)
        for (family, lines) in again.blocks.enumerated() {
            families[places[family]].takeAgain(lines, again.expiresAfter(family), arrival)
            due = min(due, families[places[family]].due)
        }
        last = Last(lines: again, places: places)
        lastPush = push.at
        lastSucceeded = true
        return true
    }

    /// What the next push may be like.
    var example: PushForm.Lines? { last?.lines }

    /// Something else than a push of the same form comes: gives each family lines of its own, so that those of one that
    /// goes are not held for the sake of another.
    private mutating func forgetLast() {
        if let last, last.hasOwnMemory { separateLines(last.places) }
        last = nil
    }

    private mutating func separateLines(_ places: [Int]) {
        for place in places { families[place].separateLines() }
    }

    mutating func noteFailure(at moment: Moment, _ standardLife: Duration?) {
        lastFailure = moment
        lastSucceeded = false
        noteDue(moment, standardLife)
    }

    /// Without series the group is but a time, and lives as long as a series that is pushed then.
    private mutating func noteDue(_ moment: Moment, _ standardLife: Duration?) {
        if families.isEmpty { due = min(due, Lifetime(pushedAt: moment.monotonic, nil).end(standardLife)) }
    }

    private mutating func take(
        _ pushed: PushedFamily, _ numbers: [UInt64], clears: PushedFamily.Clears, _ arrival: Arrival,
        _ ledger: inout PushLedger
    ) {
        if clears == .all { ledger.bases.forget(pushed.name, of: key) }
        let heldType = places[pushed.name].map { families[$0].type }
        if pushed.content.isEmpty {
            if heldType == nil { return }
        } else if heldType != pushed.type {
            if heldType == nil { add(GroupFamily(pushed.name, pushed.type, help: pushed.help, at: arrival.at)) }
            ledger.claim(pushed.name, pushed.type, for: slot)
        }
        change(pushed.name, &ledger) { family, ledger in
            family.take(pushed, numbers, clears: clears, arrival, &ledger)
        }
    }

    /// Clears what a push does not name.
    private mutating func clearOthers(_ push: Push, _ ledger: inout PushLedger) {
        let names: [String]
        switch push.clearing {
        case .nothing, .families: return
        case .group: names = Array(replacing)
        case .everything: names = families.map(\.name)
        }
        guard !names.isEmpty else { return }
        let pushed = Set(push.families.map(\.name))
        for name in names where !pushed.contains(name) {
            clear(name, push.clearing == .everything ? .all : .replaced, &ledger)
        }
    }

    private mutating func clear(_ name: String, _ clears: PushedFamily.Clears, _ ledger: inout PushLedger) {
        change(name, &ledger) { [slot] family, ledger in family.drop(clears, slot, &ledger) }
    }

    // MARK: Families

    mutating func add(_ family: GroupFamily) {
        places[family.name] = families.count
        families.append(family)
        text.hasOtherFamilies = true
    }

    /// Changes a family and all that is known about it; one that becomes empty goes.
    mutating func change(
        _ name: String, _ ledger: inout PushLedger, _ change: (inout GroupFamily, inout PushLedger) -> Void
    ) {
        guard let place = places[name] else { return }
        if last != nil { forgetLast() }
        let (before, replacedBefore) = (families[place].samples, families[place].replacedSamples)
        change(&families[place], &ledger)
        let (after, replacedAfter) = (families[place].samples, families[place].replacedSamples)
        samples += after - before
        ledger.series += after - before
        replacedSamples += replacedAfter - replacedBefore
        due = min(due, families[place].due)
        if replacedBefore == 0, replacedAfter > 0 { replacing.insert(name) }
        if replacedBefore > 0, replacedAfter == 0 { replacing.remove(name) }
        if after == 0 { removeFamily(at: place, &ledger) }
    }

    private mutating func removeFamily(at place: Int, _ ledger: inout PushLedger) {
        let name = families[place].name
        families.swapAt(place, families.count - 1)
        families.removeLast()
        places[name] = nil
        if place < families.count { places[families[place].name] = place }
        ledger.release(name, of: slot)
        text.hasOtherFamilies = true
    }

    /// Has the families hold their lines as parts of the text that is up to date, so that they are there once.
    mutating func shareText() {
        for place in families.indices { families[place].share(text.body) }
        guard let last else { return }
        let ranges = last.places.compactMap { families[$0].blockInText }
        guard ranges.count == last.places.count else {
            self.last = nil
            return
        }
        let lines = PushForm.Lines(form: last.lines.form, bytes: text.body, places: ranges)
        self.last = Last(lines: lines, places: last.places, hasOwnMemory: false)
    }

    /// All may be due earlier than was thought.
    mutating func forgetDue() {
        due = .min
        for place in families.indices { families[place].due = .min }
    }

    /// Gives up all that the group has.
    mutating func clear(_ ledger: inout PushLedger) {
        for name in families.map(\.name) { clear(name, .all, &ledger) }
    }
}

extension Push {
    /// What of a family goes that this push names.
    func clears(_ family: PushedFamily) -> PushedFamily.Clears {
        switch clearing {
        case .everything: .all
        case _ where family.clears == .all: .all
        case .group: .replaced
        case .families: family.clears
        case .nothing: .nothing
        }
    }
}
