import Exposition

/// Who has which metric family, and who must stand back for whom.
///
/// Pure, and changed only where the shape of a source changes: what it costs is the size of the sources that
/// changed and the number of those who have the same families. Sources are known by their slot in the table.
struct FamilyIndex {
    /// What becomes of one family of one source.
    enum Place: Equatable {
        /// Nobody else has it.
        case own
        /// Served together with that of others.
        case shared
        /// Left out: its type, or its lack of one, does not go with that of the family's owner.
        case held
    }

    struct Conflict: Equatable {
        enum Kind: String, CaseIterable, Sendable { case type, help, series }

        var kind: Kind
        /// `nil` for series.
        var family: String?
        /// The slot of the source that had it first.
        var with: Int
        /// Families, or series.
        var count = 1
    }

    /// One source's hold on one family. Younger holders have larger numbers.
    struct Holder {
        var since: UInt64
        var slot: Int
        var shape: ExpositionShape
        var family: Int

        var type: MetricType? { shape.families[family].type }
        var help: String? { shape.families[family].help }
        /// It has a line of its own beside its samples.
        var isDeclared: Bool { type != nil || help != nil }
        var series: ArraySlice<UInt64> { shape.series[shape.families[family].samples] }
    }

    private struct Group {
        /// The oldest first.
        var holders: [Holder] = []
        /// Those of the holders who are served, the oldest first.
        var members: [Holder] = []
        var type: MetricType?
        var help: String?
        var isShared = false
        /// The histogram or summary that this undeclared family is a part of.
        var parent: String?
        /// Whose series are in the table of series.
        var entered: [Holder] = []
    }

    private struct Slot {
        var shape: ExpositionShape
        /// Since when each family is held.
        var since: [UInt64]
        var places: [Place]
        var conflicts: [Int: Conflict] = [:]
        var heldSeries: Set<UInt64> = []
    }

    private let hasDistinctSeries: Bool
    private var slots: [Slot?] = []
    private var groups: [String: Group] = [:]
    private var sharedNames: Set<String> = []
    private var next: UInt64 = 0
    private var series = SeriesOwners()
    private var dirty: Set<Int> = []

    /// - Parameter hasDistinctSeries: no series of one source can be in the way of another's.
    init(hasDistinctSeries: Bool) { self.hasDistinctSeries = hasDistinctSeries }

    // MARK: Answers

    /// One for each family of the source's shape.
    func places(of slot: Int) -> [Place] { state(of: slot)?.places ?? [] }

    /// Series of the source that another one had first.
    func heldSeries(of slot: Int) -> Set<UInt64> { state(of: slot)?.heldSeries ?? [] }

    /// Series that are not served: those, and all of the families that are held.
    func countHeld(of slot: Int) -> Int {
        guard let state = state(of: slot) else { return 0 }
        return zip(state.shape.families, state.places).reduce(state.heldSeries.count) { count, family in
            family.1 == .held ? count + family.0.samples.count : count
        }
    }

    private func state(of slot: Int) -> Slot? { slots.indices.contains(slot) ? slots[slot] : nil }

    func conflicts(of slot: Int) -> [Conflict] {
        guard let state = state(of: slot) else { return [] }
        var conflicts = state.conflicts.sorted { $0.key < $1.key }.map(\.value)
        var counts: [Int: Int] = [:]
        for number in state.heldSeries { counts[series.owner(of: number) ?? slot, default: 0] += 1 }
        for (owner, count) in counts.sorted(by: { $0.key < $1.key }) {
            conflicts.append(Conflict(kind: .series, with: owner, count: count))
        }
        return conflicts
    }

    /// A family that several sources are served together in.
    struct SharedFamily {
        var name: String
        var type: MetricType?
        var help: String?
        /// In no particular order; with the parts of undeclared families that belong here.
        var members: [(slot: Int, family: Int)]
        /// The source whose TYPE, or else HELP, holds.
        var owner: (slot: Int, family: Int)?
    }

    /// Sorted by name.
    var sharedFamilies: [SharedFamily] {
        sharedNames.sorted().compactMap { name in
            guard let group = groups[name] else { return nil }
            var members = group.members.map { (slot: $0.slot, family: $0.family) }
            for child in Self.suffixes.compactMap({ groups[name + $0] }) where child.parent == name {
                members += child.members.map { (slot: $0.slot, family: $0.family) }
            }
            let owner = group.members.first { $0.type != nil } ?? group.members.first
            return SharedFamily(
                name: name, type: group.type, help: group.help, members: members,
                owner: owner.map { ($0.slot, $0.family) })
        }
    }

    // MARK: Changes

    /// Takes the new shapes, `nil` where a source has gone; answers the slots for which something has changed.
    mutating func update(_ changes: [(slot: Int, shape: ExpositionShape?)]) -> Set<Int> {
        dirty = Set(changes.map(\.slot))
        while slots.count <= changes.lazy.map(\.slot).max() ?? -1 { slots.append(nil) }
        var affected: Set<String> = []
        for change in changes { replace(change.slot, change.shape, &affected) }
        resolve(affected)
        return dirty
    }

    /// Puts the source behind all others that have the same families: it has turned stale.
    mutating func demote(_ slot: Int) -> Set<Int> {
        dirty = [slot]
        guard let shape = state(of: slot)?.shape else { return [] }
        var affected: Set<String> = []
        replace(slot, nil, &affected)
        resolve(affected)
        replace(slot, shape, &affected)
        resolve(affected)
        return dirty
    }

    private mutating func replace(_ slot: Int, _ shape: ExpositionShape?, _ affected: inout Set<String>) {
        let old = slots[slot]
        var since: [String: UInt64] = [:]
        if let old {
            for (family, number) in zip(old.shape.families, old.since) { since[family.name] = number }
        }
        let families = shape?.families ?? []
        var numbers: [UInt64] = []
        for (ordinal, family) in families.enumerated() {
            let number = since.removeValue(forKey: family.name)
            let holder = Holder(since: number ?? newNumber(), slot: slot, shape: shape ?? .empty, family: ordinal)
            put(holder, in: family.name, isNew: number == nil)
            numbers.append(holder.since)
            affected.insert(family.name)
        }
        for (name, number) in since {
            take(number, from: name)
            affected.insert(name)
        }
        slots[slot] = shape.map { shape in
            Slot(
                shape: shape, since: numbers, places: Array(repeating: .own, count: families.count),
                heldSeries: old?.heldSeries ?? [])
        }
    }

    private mutating func newNumber() -> UInt64 {
        next &+= 1
        return next
    }

    private mutating func put(_ holder: Holder, in name: String, isNew: Bool) {
        if isNew {
            groups[name, default: Group()].holders.append(holder)
        } else if let place = groups[name].flatMap({ Self.place(of: holder.since, in: $0.holders) }) {
            groups[name]?.holders[place] = holder
        }
    }

    private mutating func take(_ since: UInt64, from name: String) {
        guard let place = groups[name].flatMap({ Self.place(of: since, in: $0.holders) }) else { return }
        groups[name]?.holders.remove(at: place)
    }

    private static func place(of since: UInt64, in holders: [Holder]) -> Int? {
        var (low, high) = (0, holders.count)
        while low < high {
            let middle = (low + high) / 2
            if holders[middle].since < since { low = middle + 1 } else { high = middle }
        }
        return low < holders.count && holders[low].since == since ? low : nil
    }

    // MARK: Resolution

    private static let suffixes = ["_bucket", "_sum", "_count"]

    private mutating func resolve(_ affected: Set<String>) {
        // The family before its parts: whether they are parts depends on it.
        for name in withRelatives(affected).sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            resolve(name)
        }
    }

    /// With those whose answer may change: a histogram claims the names of its parts.
    private func withRelatives(_ names: Set<String>) -> Set<String> {
        var all = names
        var open = Array(names)
        while let name = open.popLast() {
            var relatives = Self.suffixes.map { name + $0 }
            if let base = Self.base(of: name) { relatives.append(base.name) }
            for relative in relatives where groups[relative] != nil && all.insert(relative).inserted {
                open.append(relative)
            }
        }
        return all
    }

    private static func base(of name: String) -> (name: String, isBucket: Bool)? {
        guard let suffix = suffixes.first(where: { name.hasSuffix($0) }) else { return nil }
        return (String(name.dropLast(suffix.count)), suffix == "_bucket")
    }

    private mutating func resolve(_ name: String) {
        guard var group = groups.removeValue(forKey: name) else { return }
        let rivals = rivals(of: name)
        group.type = nil
        group.help = nil
        group.members = []
        var owner: Holder?
        for holder in group.holders where holder.type != nil && rivals.older(than: holder) == nil {
            owner = holder
            break
        }
        group.type = owner?.type
        var helper: Holder?
        for holder in group.holders {
            if let with = obstacle(holder, owner, rivals) {
                note(holder, .held, Conflict(kind: .type, family: name, with: with))
                continue
            }
            group.members.append(holder)
            if helper == nil, holder.help != nil { helper = holder }
        }
        group.help = helper?.help
        group.parent = parent(of: name, group)
        group.isShared = group.members.count > 1 || group.parent != nil || hasParts(name, group, owner)
        for member in group.members {
            let differs = member.help != nil && member.help != group.help
            let conflict = differs ? helper.map { Conflict(kind: .help, family: name, with: $0.slot) } : nil
            note(member, group.isShared ? .shared : .own, conflict)
        }
        enterSeries(&group)
        if group.isShared, group.parent == nil { sharedNames.insert(name) } else { sharedNames.remove(name) }
        if !group.holders.isEmpty { groups[name] = group }
    }

    /// The source that this holder must stand back for.
    private func obstacle(_ holder: Holder, _ owner: Holder?, _ rivals: Rivals) -> Int? {
        if let rival = rivals.older(than: holder) { return rival }
        guard let owner else { return nil }
        guard let type = holder.type else {
            // Its samples have the bare name, which a histogram does not.
            return owner.type == .histogram && owner.slot != holder.slot ? owner.slot : nil
        }
        return type == owner.type ? nil : owner.slot
    }

    private mutating func note(_ holder: Holder, _ place: Place, _ conflict: Conflict?) {
        guard let slot = slots[holder.slot], slot.places.indices.contains(holder.family) else { return }
        if slot.places[holder.family] != place || slot.conflicts[holder.family] != conflict {
            slots[holder.slot]?.places[holder.family] = place
            slots[holder.slot]?.conflicts[holder.family] = conflict
            dirty.insert(holder.slot)
        }
    }

    /// Families of other names that lay claim to the same sample names: `a_count` and the histogram `a`.
    private struct Rivals {
        /// The oldest that stands in the way of whoever has a HELP or a TYPE.
        var ofDeclared: Holder?
        /// The oldest that stands in the way of a histogram or a summary.
        var ofComposed: Holder?

        func older(than holder: Holder) -> Int? {
            guard holder.isDeclared else { return nil }
            let isComposed = holder.type == .histogram || holder.type == .summary
            let candidates = [ofDeclared, isComposed ? ofComposed : nil]
            return candidates.compactMap { $0 }.first { $0.since < holder.since }?.slot
        }
    }

    private func rivals(of name: String) -> Rivals {
        var rivals = Rivals()
        if let base = Self.base(of: name), let group = groups[base.name] {
            rivals.ofDeclared = group.holders.first { Self.has($0.type, part: base.isBucket) }
        }
        let parts = Self.suffixes.compactMap { groups[name + $0]?.holders.first(where: \.isDeclared) }
        rivals.ofComposed = parts.min { $0.since < $1.since }
        return rivals
    }

    /// Whether a family of this type has samples named `_bucket`, or else `_sum` and `_count`.
    private static func has(_ type: MetricType?, part isBucket: Bool) -> Bool {
        type == .histogram || (type == .summary && !isBucket)
    }

    /// An undeclared `a_count` beside somebody else's histogram `a` is taken for a part of it.
    private func parent(of name: String, _ group: Group) -> String? {
        guard let base = Self.base(of: name), let parent = groups[base.name] else { return nil }
        guard let owner = parent.members.first(where: { $0.type != nil }) else { return nil }
        return Self.has(owner.type, part: base.isBucket) && Self.isPart(group, of: owner) ? base.name : nil
    }

    private func hasParts(_ name: String, _ group: Group, _ owner: Holder?) -> Bool {
        guard let owner else { return false }
        return Self.suffixes.contains { suffix in
            guard Self.has(owner.type, part: suffix == "_bucket") else { return false }
            return groups[name + suffix].map { Self.isPart($0, of: owner) } == true
        }
    }

    private static func isPart(_ group: Group, of owner: Holder) -> Bool {
        !group.holders.isEmpty && !group.holders.contains(where: \.isDeclared)
            && group.holders.contains { $0.slot != owner.slot }
    }

    // MARK: Series

    /// Brings the table of series up to date for those who are served together.
    private mutating func enterSeries(_ group: inout Group) {
        if hasDistinctSeries { return }
        let entered = group.isShared ? group.members : []
        let (old, new) = (group.entered, entered)
        group.entered = entered
        var still: [UInt64: Holder] = [:]
        for holder in new { still[holder.since] = holder }
        var known: [UInt64: Holder] = [:]
        for holder in old {
            known[holder.since] = holder
            guard let now = still[holder.since] else {
                for number in holder.series { forget(number, of: holder.slot) }
                continue
            }
            if now.shape === holder.shape { continue }
            let kept = Set(now.series)
            for number in holder.series where !kept.contains(number) { forget(number, of: holder.slot) }
        }
        for holder in new where known[holder.since]?.shape !== holder.shape {
            for number in holder.series { enter(number, of: holder.slot) }
        }
    }

    private mutating func enter(_ number: UInt64, of slot: Int) {
        guard !series.enter(number, slot) else { return }
        slots[slot]?.heldSeries.insert(number)
        dirty.insert(slot)
    }

    private mutating func forget(_ number: UInt64, of slot: Int) {
        if slots[slot]?.heldSeries.remove(number) != nil { dirty.insert(slot) }
        guard let heir = series.forget(number, slot) else { return }
        slots[heir]?.heldSeries.remove(number)
        dirty.insert(heir)
    }
}

/// The source that each series belongs to, and who waits for it.
private struct SeriesOwners {
    private var owners: [UInt64: Int] = [:]
    /// The oldest first.
    private var waiting: [UInt64: [Int]] = [:]

    func owner(of number: UInt64) -> Int? { owners[number] }

    /// Whether the series is the source's; else it waits.
    mutating func enter(_ number: UInt64, _ slot: Int) -> Bool {
        guard let owner = owners[number] else {
            owners[number] = slot
            return true
        }
        if owner == slot { return true }
        if waiting[number]?.contains(slot) != true { waiting[number, default: []].append(slot) }
        return false
    }

    /// Lets go of a series, or of waiting for it; answers who has it now instead.
    mutating func forget(_ number: UInt64, _ slot: Int) -> Int? {
        if owners[number] != slot {
            waiting[number]?.removeAll { $0 == slot }
            if waiting[number]?.isEmpty == true { waiting[number] = nil }
            return nil
        }
        guard let heir = waiting[number]?.first else {
            owners[number] = nil
            return nil
        }
        owners[number] = heir
        waiting[number]?.removeFirst()
        if waiting[number]?.isEmpty == true { waiting[number] = nil }
        return heir
    }
}
