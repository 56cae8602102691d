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

    /// One source's hold on one family. Younger holders have larger numbers, and those that go first small ones.
    struct Holder {
        var since: UInt64
        var slot: Int
        var shape: ExpositionShape
        var family: Int

        var type: MetricType? { shape.families[family].type }
        var help: String? { shape.families[family].help }
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
    /// As long as the largest slot that has been seen.
    private var slots: [Slot?] = []
    private var groups: [String: Group] = [:]
    private var sharedNames: Set<String> = []
    /// Slots whose sources nobody's age goes before.
    private var firsts: Set<Int> = []
    private var next: UInt64 = 0
    private var series = SeriesOwners()
    private var dirty: Set<Int> = []

    /// - Parameter hasDistinctSeries: no series of one source can be in the way of another's.
    init(hasDistinctSeries: Bool) { self.hasDistinctSeries = hasDistinctSeries }

    // MARK: Answers

    /// One for each family of the source's shape.
    func places(of slot: Int) -> [Place] { state(of: slot)?.places ?? [] }

    /// The family and the type that samples without a type are served under, if somebody else has declared one.
    func foreignType(of family: Int, in slot: Int) -> (family: String, type: MetricType)? {
        guard let state = state(of: slot), state.places.indices.contains(family), state.places[family] == .shared,
            state.shape.families[family].type == nil
        else { return nil }
        let name = state.shape.families[family].name
        let home = groups[name]?.parent ?? name
        return groups[home]?.type.map { (home, $0) }
    }

    /// Series of the source that another one had first.
    func heldSeries(of slot: Int) -> Set<UInt64> { state(of: slot)?.heldSeries ?? [] }

    /// How many series of the source are left out, with those of families that are held back whole.
    func seriesLeftOut(of slot: Int) -> Int {
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
    ///
    /// - Parameter first: of these slots, those that others stand back for, however old they are: what was
    ///   acknowledged in the knowledge of all that goes first is not held back.
    mutating func update(
        _ changes: [(slot: Int, shape: ExpositionShape?)], first: Set<Int> = []
    ) -> Set<Int> {
        dirty = Set(changes.map(\.slot))
        while slots.count <= changes.lazy.map(\.slot).max() ?? -1 { slots.append(nil) }
        // Whoever takes over a slot does not take over what its last source had.
        take(changes.filter { $0.shape == nil })
        for change in changes where change.shape != nil {
            if first.contains(change.slot) { firsts.insert(change.slot) } else { firsts.remove(change.slot) }
        }
        take(changes.filter { $0.shape != nil })
        return dirty
    }

    /// Puts the source behind all others that have the same families: it has turned stale.
    mutating func demote(_ slot: Int) -> Set<Int> {
        guard let shape = state(of: slot)?.shape else { return [] }
        dirty = [slot]
        take([(slot, nil)])
        take([(slot, shape)])
        return dirty
    }

    private mutating func take(_ changes: [(slot: Int, shape: ExpositionShape?)]) {
        var affected: Set<String> = []
        for change in changes { replace(change.slot, change.shape, &affected) }
        resolve(affected)
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
            let holder = Holder(
                since: number ?? newNumber(of: slot), slot: slot, shape: shape ?? .empty, family: ordinal)
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

    private mutating func newNumber(of slot: Int) -> UInt64 {
        next &+= 1
        return firsts.contains(slot) ? next : next | 1 << 63
    }

    private mutating func put(_ holder: Holder, in name: String, isNew: Bool) {
        if isNew {
            let place = groups[name].map { Self.lowerBound(of: holder.since, in: $0.holders) } ?? 0
            groups[name, default: Group()].holders.insert(holder, at: place)
        } else if let place = groups[name].flatMap({ Self.place(of: holder.since, in: $0.holders) }) {
            groups[name]?.holders[place] = holder
        }
    }

    private mutating func take(_ since: UInt64, from name: String) {
        guard let place = groups[name].flatMap({ Self.place(of: since, in: $0.holders) }) else { return }
        groups[name]?.holders.remove(at: place)
    }

    private static func place(of since: UInt64, in holders: [Holder]) -> Int? {
        let place = lowerBound(of: since, in: holders)
        return place < holders.count && holders[place].since == since ? place : nil
    }

    private static func lowerBound(of since: UInt64, in holders: [Holder]) -> Int {
        var (low, high) = (0, holders.count)
        while low < high {
            let middle = (low + high) / 2
            if holders[middle].since < since { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Resolution

    private static let suffixes = ["_bucket", "_sum", "_count"]

    private mutating func resolve(_ affected: Set<String>) {
        var changes = SeriesChanges()
        var done: Set<String> = []
        for name in affected.sorted() where !done.contains(name) {
            let names = relatives(of: name)
            done.formUnion(names)
            let claims = claims(names)
            // The family before its parts.
            for name in names.sorted(by: { $0.utf8.count < $1.utf8.count }) { resolve(name, claims, &changes) }
        }
        apply(changes)
    }

    /// With those whose answer depends on this one's: a histogram claims the names of its parts.
    private func relatives(of name: String) -> Set<String> {
        var all: Set = [name]
        var open = [name]
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

    /// Who declares the type of each of some related families, and who must stand back.
    private struct Claims {
        var owners: [String: Holder] = [:]
        /// By holder, the source in its way.
        var obstacles: [UInt64: Int] = [:]
    }

    /// The oldest first: whoever declares a type has it, where that is in nobody's way.
    private func claims(_ names: Set<String>) -> Claims {
        var claims = Claims()
        var declared = names.flatMap { name in
            (groups[name]?.holders ?? []).compactMap { holder in holder.type.map { (name, $0, holder) } }
        }
        if names.count > 1 { declared.sort { $0.2.since < $1.2.since } }
        for (name, type, holder) in declared {
            if let slot = obstacle(name, type, holder, claims.owners) {
                claims.obstacles[holder.since] = slot
            } else if claims.owners[name] == nil {
                claims.owners[name] = holder
            }
        }
        return claims
    }

    /// The source that this holder, which declares a type, must stand back for.
    private func obstacle(
        _ name: String, _ type: MetricType, _ holder: Holder, _ owners: [String: Holder]
    ) -> Int? {
        if let owner = owners[name] { return owner.type == type ? nil : owner.slot }
        if let base = Self.base(of: name), let owner = owners[base.name], Self.has(owner.type, part: base.isBucket) {
            return owner.slot
        }
        let parts = Self.suffixes.filter { Self.has(type, part: $0 == "_bucket") }.compactMap { owners[name + $0] }
        if let part = parts.min(by: { $0.since < $1.since }) { return part.slot }
        // Its samples have the bare name, which a histogram does not.
        guard type == .histogram else { return nil }
        let bare = groups[name]?.holders.first { $0.type == nil }
        return bare.flatMap { $0.since < holder.since ? $0.slot : nil }
    }

    /// Whether a family of this type has samples named `_bucket`, or else `_sum` and `_count`.
    private static func has(_ type: MetricType?, part isBucket: Bool) -> Bool {
        type == .histogram || (type == .summary && !isBucket)
    }

    private mutating func resolve(_ name: String, _ claims: Claims, _ changes: inout SeriesChanges) {
        guard var group = groups.removeValue(forKey: name) else { return }
        let owner = claims.owners[name]
        group.type = owner?.type
        group.members = []
        var helper: Holder?
        for holder in group.holders {
            let isBare = holder.type == nil && owner?.type == .histogram
            if let with = isBare ? owner?.slot : claims.obstacles[holder.since] {
                note(holder, .held, Conflict(kind: .type, family: name, with: with))
                continue
            }
            group.members.append(holder)
            if helper == nil, holder.help != nil { helper = holder }
        }
        group.help = helper?.help
        group.parent = parent(of: name, group, claims)
        group.isShared = group.members.count > 1 || group.parent != nil || hasParts(name, owner)
        for member in group.members {
            let differs = member.help != nil && member.help != group.help
            let conflict = differs ? helper.map { Conflict(kind: .help, family: name, with: $0.slot) } : nil
            note(member, group.isShared ? .shared : .own, conflict)
        }
        noteSeries(of: &group, &changes)
        if group.isShared, group.parent == nil { sharedNames.insert(name) } else { sharedNames.remove(name) }
        if !group.holders.isEmpty { groups[name] = group }
    }

    /// Undeclared, `a_count` is taken for a part of the histogram `a`.
    private func parent(of name: String, _ group: Group, _ claims: Claims) -> String? {
        guard !group.members.isEmpty, let base = Self.base(of: name), let owner = claims.owners[base.name] else {
            return nil
        }
        return Self.has(owner.type, part: base.isBucket) ? base.name : nil
    }

    private func hasParts(_ name: String, _ owner: Holder?) -> Bool {
        guard let owner else { return false }
        return Self.suffixes.contains { suffix in
            guard Self.has(owner.type, part: suffix == "_bucket") else { return false }
            return groups[name + suffix]?.holders.contains { $0.type == nil } == true
        }
    }

    private mutating func note(_ holder: Holder, _ place: Place, _ conflict: Conflict?) {
        guard let slot = slots[holder.slot], slot.places.indices.contains(holder.family) else { return }
        if slot.places[holder.family] != place || slot.conflicts[holder.family] != conflict {
            slots[holder.slot]?.places[holder.family] = place
            slots[holder.slot]?.conflicts[holder.family] = conflict
            dirty.insert(holder.slot)
        }
    }

    // MARK: Series

    private struct SeriesPlace: Hashable {
        var number: UInt64
        var slot: Int
    }

    /// What is to be entered in the table of series, and what to be struck off.
    private struct SeriesChanges {
        var left: [SeriesPlace] = []
        var came: [Holder] = []
    }

    /// In the table are the series of those who are served together.
    private func noteSeries(of group: inout Group, _ changes: inout SeriesChanges) {
        if hasDistinctSeries { return }
        var left: [UInt64: Holder] = [:]
        for holder in group.entered { left[holder.since] = holder }
        group.entered = group.isShared ? group.members : []
        for holder in group.entered {
            let before = left.removeValue(forKey: holder.since)
            if before?.shape === holder.shape { continue }
            changes.came.append(holder)
            guard let before else { continue }
            let kept = Set(holder.series)
            for number in before.series where !kept.contains(number) {
                changes.left.append(SeriesPlace(number: number, slot: holder.slot))
            }
        }
        for holder in left.values {
            for number in holder.series { changes.left.append(SeriesPlace(number: number, slot: holder.slot)) }
        }
    }

    private mutating func apply(_ changes: SeriesChanges) {
        let came = changes.came.sorted { $0.since < $1.since }
        if !changes.left.isEmpty {
            // From the family to its part, or back: it has been the source's all the time.
            let moved = Set(
                came.flatMap { holder in
                    holder.series.map { SeriesPlace(number: $0, slot: holder.slot) }
                })
            for place in changes.left where !moved.contains(place) { forget(place.number, of: place.slot) }
        }
        for holder in came {
            for number in holder.series { enter(number, of: holder.slot) }
        }
    }

    private mutating func enter(_ number: UInt64, of slot: Int) {
        if let owner = series.owner(of: number), firsts.contains(slot), !firsts.contains(owner) {
            series.take(number, from: owner, for: slot)
            slots[owner]?.heldSeries.insert(number)
            dirty.formUnion(series.waiting(for: number))
            return
        }
        guard !series.enter(number, slot) else { return }
        slots[slot]?.heldSeries.insert(number)
        dirty.insert(slot)
    }

    private mutating func forget(_ number: UInt64, of slot: Int) {
        if slots[slot]?.heldSeries.remove(number) != nil { dirty.insert(slot) }
        guard let heir = series.forget(number, slot) else { return }
        slots[heir]?.heldSeries.remove(number)
        dirty.insert(heir)
        // They wait for another source now.
        dirty.formUnion(series.waiting(for: number))
    }
}
