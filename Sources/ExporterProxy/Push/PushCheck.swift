import Exposition

/// Whether a push can be applied beside what is held; looks at nothing that the push does not name.
struct PushCheck {
    struct Result {
        var conflicts: [PushConflict] = []
        /// For each family those of its metrics or lines; none where a block has the shape of the one before.
        var numbers: [[UInt64]] = []
    }

    private let push: Push
    private let groups: PushedGroups
    /// An empty one where it is not there yet.
    private let group: PushedGroup
    private var result = Result()
    /// Samples that the push adds to those that stay, at most.
    private var newSamples = 0
    private var newFamilies = 0
    private var newValues = 0
    /// Which of the push's families has a name; made when it is first needed.
    private lazy var pushedPlaces = Dictionary(
        push.families.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })

    private init(_ push: Push, _ groups: PushedGroups) {
        (self.push, self.groups) = (push, groups)
        group = groups.places[push.group].flatMap { groups.slots[$0] } ?? PushedGroup(push.group, slot: -1)
    }

    /// Nothing of `groups` is held when this has answered, so that they can be changed where they lie.
    static func run(_ push: Push, _ groups: PushedGroups) -> Result {
        var check = PushCheck(push, groups)
        check.result.numbers.reserveCapacity(push.families.count)
        for family in push.families { check.check(family) }
        check.checkGroup()
        check.checkLimits()
        return check.result
    }

    private mutating func refuse(_ conflict: PushConflict) {
        guard result.conflicts.count < groups.limits.conflicts, !result.conflicts.contains(conflict) else { return }
        result.conflicts.append(conflict)
    }

    private func key(of slot: Int32) -> GroupingKey? { groups.slots[Int(slot)]?.key }

    // MARK: Names

    private mutating func check(_ family: PushedFamily) {
        if PushTimes.isReserved(family.name) { refuse(.reserved(family.name)) }
        let place = group.place(of: family.name)
        let isSame = place.map { group.families[$0].type == family.type } ?? false
        if !family.content.isEmpty, !isSame {
            checkType(family)
            checkParts(family)
        }
        checkContent(family, place, isSame: isSame)
    }

    private mutating func checkType(_ family: PushedFamily) {
        guard let held = groups.ledger.names[family.name], held.type != family.type,
            let other = held.groups.first(where: { $0 != group.slot }).flatMap(key)
        else { return }
        refuse(.type(family, push.group, other: other, held.type))
    }

    /// Whether samples of the family and of another one would have the same name.
    private mutating func checkParts(_ family: PushedFamily) {
        if family.type.hasParts {
            for suffix in ["_sum", "_count", "_bucket"] where suffix != "_bucket" || family.type == .histogram {
                checkName(family, family.name + suffix) { _ in true }
            }
        }
        for suffix in ["_sum", "_count", "_bucket"] where family.name.hasSuffix(suffix) {
            checkName(family, String(family.name.dropLast(suffix.count))) {
                suffix == "_bucket" ? $0 == .histogram : $0.hasParts
            }
        }
    }

    private mutating func checkName(_ family: PushedFamily, _ other: String, clashes: (MetricType) -> Bool) {
        if let place = pushedPlaces[other], !push.families[place].content.isEmpty,
            clashes(push.families[place].type)
        {
            refuse(.name(family.name, push.group, other: other, in: push.group))
        }
        guard let held = groups.ledger.names[other], clashes(held.type) else { return }
        if held.groups.contains(group.slot), stays(other) {
            refuse(.name(family.name, push.group, other: other, in: push.group))
        }
        if let stranger = held.groups.first(where: { $0 != group.slot }).flatMap(key) {
            refuse(.name(family.name, push.group, other: other, in: stranger))
        }
    }

    /// Whether a family of the group is there after the push, as it is now.
    private mutating func stays(_ name: String) -> Bool {
        guard let place = group.place(of: name) else { return false }
        let aggregated = group.families[place].aggregatedSamples
        if let pushed = pushedPlaces[name].map({ push.families[$0] }) {
            let clears = push.clears(pushed)
            return pushed.content.isEmpty && (clears == .nothing || clears == .replaced && aggregated > 0)
        }
        switch push.clearing {
        case .nothing, .families: return true
        case .group: return aggregated > 0
        case .everything: return false
        }
    }

    // MARK: Series

    private mutating func checkContent(_ family: PushedFamily, _ place: Int?, isSame: Bool) {
        let held = isSame ? place : nil
        let clears = isSame ? push.clears(family) : .all
        switch family.content {
        case .block(let block): check(block, of: family, held, clears)
        case .metrics(let metrics): check(metrics, of: family, held, clears)
        }
        if place == nil, !family.content.isEmpty { newFamilies += 1 }
        guard let place, push.clearing != .everything else { return }
        // Under another type all old samples go. Those that go with the group are counted in ``cleared``.
        if isSame || !family.content.isEmpty { newSamples -= clearedBesides(group.families[place], clears) }
    }

    /// Samples of a family that go with the whole group's.
    private func clearedAnyway(_ family: GroupFamily) -> Int {
        push.clearing == .group ? family.replacedSamples : 0
    }

    /// Samples of a family that go because the push says so of the family.
    private func clearedBesides(_ family: GroupFamily, _ clears: PushedFamily.Clears) -> Int {
        switch clears {
        case .nothing: 0
        case .replaced: family.replacedSamples - clearedAnyway(family)
        case .all: family.samples - clearedAnyway(family)
        }
    }

    /// `held` is the place of the family in the group, where it is there with the same type.
    private mutating func check(
        _ block: PushedBlock, of family: PushedFamily, _ held: Int?, _ clears: PushedFamily.Clears
    ) {
        if let held, group.families[held].block?.content.series == block.series {
            result.numbers.append([])
            if clears != .nothing { newSamples += block.series.count }
            return
        }
        let all = numbers(of: family, held).numbers(of: block)
        result.numbers.append(all)
        var before: UInt64?
        for (line, number) in all.enumerated() {
            // Lines of one metric stand together, mostly.
            if number != before { checkOwner(number) { block.text(ofLine: line) } }
            before = number
            if clears != .nothing || family.type.hasParts || !isHeld(number, held, samples: 1) { newSamples += 1 }
        }
    }

    private func numbers(of family: PushedFamily, _ held: Int?) -> FamilyNumbers {
        held.map { group.families[$0].numbers } ?? FamilyNumbers(family.name, family.type)
    }

    private mutating func check(
        _ metrics: [PushedMetric], of family: PushedFamily, _ held: Int?, _ clears: PushedFamily.Clears
    ) {
        let numbers = numbers(of: family, held)
        var all: [UInt64] = []
        all.reserveCapacity(metrics.count)
        for metric in metrics {
            let number = numbers.number(of: metric)
            check(metric, number, of: family, held, clears)
            all.append(number)
        }
        result.numbers.append(all)
    }

    private mutating func check(
        _ metric: PushedMetric, _ number: UInt64, of family: PushedFamily, _ held: Int?, _ clears: PushedFamily.Clears
    ) {
        if !Aggregate.fits(metric.mode, metric.point) { refuse(.mode(family, push.group)) }
        if metric.mode.keepsValues { newValues += 1 }
        if clears != .all, let held,
            let old = group.families[held].aggregated.read(number, { $0.state.samples })
        {
            newSamples += max(0, metric.point.samples - old)
            return
        }
        checkOwner(number) { family.name + (metric.labels.isEmpty ? "" : "{\(metric.labels)}") }
        if clears != .nothing || !isHeld(number, held, samples: metric.point.samples) {
            newSamples += metric.point.samples
        }
    }

    /// Whether the group has the metric, with as many samples or more as far as is known.
    private func isHeld(_ number: UInt64, _ held: Int?, samples: Int) -> Bool {
        guard let held, groups.ledger.owner(of: number) == group.slot else { return false }
        return samples == 1 || (group.families[held].replaced.read(number) { Int($0.count) >= samples } ?? false)
    }

    private mutating func checkOwner(_ number: UInt64, _ series: () -> String) {
        guard let owner = groups.ledger.owner(of: number), owner != group.slot, let other = key(of: owner) else {
            return
        }
        refuse(.series(series(), push.group, other: other))
    }

    // MARK: The whole

    private mutating func checkGroup() {
        guard group.slot < 0 else { return }
        checkOwner(push.group.timeNumber) { [push] in "\(PushTimes.success){\(push.group.exposed)}" }
        if groups.count >= groups.limits.groups { refuse(.limit(.groups, groups.limits.groups, push.group)) }
    }

    private var cleared: Int {
        switch push.clearing {
        case .nothing, .families: 0
        case .group: group.replacedSamples
        case .everything: group.samples
        }
    }

    private mutating func checkLimits() {
        let limits = groups.limits
        let more = newSamples - cleared
        check(.seriesOfGroup, group.samples, more, limits.seriesOfGroup)
        check(.series, groups.series, more, limits.series)
        check(.familiesOfGroup, group.families.count, newFamilies, limits.familiesOfGroup)
        check(.keptValues, groups.ledger.keptValues, newValues, limits.keptValues)
        check(.keyBytes, 0, push.idempotencyKey?.utf8.count ?? 0, limits.idempotencyKeyBytes)
    }

    private mutating func check(_ name: PushLimits.Name, _ now: Int, _ more: Int, _ limit: Int) {
        if more > 0, now + more > limit { refuse(.limit(name, limit, push.group)) }
    }
}

extension ClearMode {
    /// Whether single values or buckets of them are kept.
    fileprivate var keepsValues: Bool {
        if case .quantile = operation { return true }
        return window != nil
    }
}

extension PushedBlock {
    /// Name and labels of a line, for people.
    fileprivate func text(ofLine line: Int) -> String {
        lines.withUnsafeReadableBytes { bytes in
            let found = SampleLines(bytes).dropFirst(line).first { _ in true }
            let text = found.map { bytes[$0.line.lowerBound..<$0.value.lowerBound] }
            return text.map { String(decoding: $0, as: UTF8.self).trimmed } ?? ""
        }
    }
}
