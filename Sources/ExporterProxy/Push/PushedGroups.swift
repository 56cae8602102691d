import Exposition
import NIOCore

/// All that the push door holds: groups with their families.
///
/// A value that decides; it has no clock, lock or log. Time comes in, and the same records make the same state. What a
/// push costs depends on its size, not on what is held.
package struct PushedGroups: Sendable {
    /// What is held stays when they change, also beyond them; its life is by the new ones.
    package var limits: PushLimits {
        didSet {
            keys.adopt(limits)
            haveLimitsChanged = true
            // Everything may be due earlier than was thought.
            if limits.expireAfter != oldValue.expireAfter { forgetDue() }
        }
    }
    var slots: [PushedGroup?] = []
    private var free: [Int] = []
    private(set) var places: [GroupingKey: Int] = [:]
    var ledger = PushLedger()
    var keys: IdempotencyKeys
    /// The newest time of a record.
    private(set) var latest: Moment?
    /// What both clocks said at one time, the newest that is known.
    var reference: Moment?
    /// Nothing expires before, on the monotonic clock.
    var due = Int64.max
    /// Until when the text of groups with windows holds, as it was handed out.
    var windowed: [Int: Int64] = [:]
    /// Which groups have another text than was handed out last, and which parts.
    var unrendered = ChangedGroups()
    var unsaved = ChangedGroups()
    var haveLimitsChanged = false

    package init(limits: PushLimits = .init()) {
        self.limits = limits
        keys = IdempotencyKeys(limits)
    }

    package var count: Int { places.count }
    /// Samples of all groups.
    package var series: Int { ledger.series }

    // MARK: Records

    package mutating func apply(_ record: PushRecord) -> PushOutcome {
        switch record {
        case .push(let push): return apply(push)
        case .failure(let group, let moment):
            noteFailure(of: group, at: moment)
            return .stored
        case .delete(let group):
            let series = places[group].flatMap { slots[$0]?.samples } ?? 0
            return delete(group) ? .removed(series: series, groups: 1) : .removed(series: 0, groups: 0)
        case .deleteSelected(let selection): return delete(selection)
        case .wipe:
            let series = series
            return .removed(series: series, groups: wipe())
        case .expire(let moment):
            let (series, groups, _) = expire(at: moment)
            return .removed(series: series, groups: groups)
        case .limits(let limits):
            self.limits = limits
            return .stored
        }
    }

    /// All of a push, or nothing but the time of its failure. A key that is known is answered as it was.
    package mutating func apply(_ push: Push) -> PushOutcome {
        var push = push
        push.at = inOrder(push.at)
        let key = push.idempotencyKey.map { IdempotencyKeys.Key(group: push.group, key: ExactText($0)) }
        if let key, let answer = keys.answer(to: key, at: push.at.monotonic) { return answer }
        let outcome = applyNew(push)
        if let key, key.key.text.utf8.count <= limits.idempotencyKeyBytes {
            keys.remember(outcome, for: key, at: push.at.monotonic)
        }
        return outcome
    }

    private mutating func applyNew(_ push: Push) -> PushOutcome {
        if applyAgain(push) { return .stored }
        var push = push
        push.families = push.allFamilies
        let check = PushCheck.run(push, self)
        guard check.conflicts.isEmpty else {
            noteFailure(of: push.group, at: push.at)
            return .refused(check.conflicts)
        }
        let slot = places[push.group] ?? add(push.group)
        slots[slot]?.take(push, check.numbers, limits.expireAfter, &ledger)
        mark(slot)
        return .stored
    }

    /// A push that has nothing new but values has been checked with the one before.
    private mutating func applyAgain(_ push: Push) -> Bool {
        guard push.isAgain, push.idempotencyKey?.utf8.count ?? 0 <= limits.idempotencyKeyBytes,
            let slot = places[push.group], slots[slot]?.takeAgain(push, limits.expireAfter) == true
        else { return false }
        mark(slot)
        return true
    }

    /// What the next push of a group may be like.
    func example(of group: GroupingKey) -> PushForm.Lines? { places[group].flatMap { slots[$0]?.example } }

    /// Of a push that is refused; makes the group, if there is room for it.
    package mutating func noteFailure(of group: GroupingKey, at moment: Moment) {
        let moment = inOrder(moment)
        var place = places[group]
        if place == nil, count < limits.groups, ledger.owner(of: group.timeNumber) == nil { place = add(group) }
        guard let place else { return }
        slots[place]?.noteFailure(at: moment, limits.expireAfter)
        mark(place)
    }

    /// Times go forward only, on the monotonic clock; records may come a little out of order.
    mutating func inOrder(_ moment: Moment) -> Moment {
        reference = moment
        var moment = moment
        if let latest, latest.monotonic > moment.monotonic { moment.monotonic = latest.monotonic }
        latest = moment
        return moment
    }

    // MARK: Groups

    mutating func add(_ group: GroupingKey) -> Int {
        let slot = free.popLast() ?? slots.count
        let new = PushedGroup(group, slot: Int32(truncatingIfNeeded: slot))
        if slot == slots.count { slots.append(new) } else { slots[slot] = new }
        places[group] = slot
        ledger.claim(group.timeNumber, for: new.slot)
        return slot
    }

    /// Without a trace, but for what expired of it.
    mutating func remove(_ slot: Int) {
        guard var group = slots[slot] else { return }
        // Before it is changed, so that there is one owner.
        slots[slot] = nil
        group.clear(&ledger)
        ledger.release(group.key.timeNumber, of: group.slot)
        places[group.key] = nil
        free.append(slot)
        windowed[slot] = nil
        unrendered.remove(slot, group.isRendered ? group.key : nil)
        unsaved.remove(slot, group.isSaved ? group.key : nil)
    }

    /// The group is other than it was.
    mutating func mark(_ slot: Int) {
        due = min(due, slots[slot]?.due ?? .max)
        slots[slot]?.text.end = .min
        if slots[slot]?.isUnrendered == false {
            slots[slot]?.isUnrendered = true
            unrendered.slots.insert(slot)
        }
        if slots[slot]?.isUnsaved == false {
            slots[slot]?.isUnsaved = true
            unsaved.slots.insert(slot)
        }
    }

    private mutating func forgetDue() {
        due = .min
        for slot in slots.indices { slots[slot]?.forgetDue() }
    }
}

/// Groups that somebody has an old state of.
struct ChangedGroups: Sendable {
    var slots: Set<Int> = []
    /// Groups that somebody has, and that have gone.
    private(set) var gone: Set<GroupingKey> = []

    mutating func remove(_ slot: Int, _ known: GroupingKey?) {
        slots.remove(slot)
        if let known { gone.insert(known) }
    }

    mutating func removeAll() { self = ChangedGroups() }
}
