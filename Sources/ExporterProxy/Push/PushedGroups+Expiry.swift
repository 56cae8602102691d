extension PushedGroups {
    /// Whether there is perhaps something to expire; costs nothing.
    package func isExpiryDue(at moment: Moment) -> Bool { moment.monotonic >= due }

    /// When to look whether something has expired; `nil` for not before the next push.
    package func nextExpiry(at moment: Moment) -> Moment? { due == .max ? nil : moment.at(monotonic: due) }

    /// Removes what has lived its time, windows in which nothing is left, and groups of which nothing is left by that.
    ///
    /// - Returns: the samples and groups that have gone; and when to look again, `nil` for not before the next push.
    package mutating func expire(at moment: Moment) -> (series: Int, groups: Int, next: Moment?) {
        let moment = inOrder(moment)
        let (series, groups) = (series, count)
        if isExpiryDue(at: moment) {
            due = .max
            for slot in slots.indices { expire(slot, at: moment) }
        }
        return (series - self.series, groups - count, nextExpiry(at: moment))
    }

    private mutating func expire(_ slot: Int, at moment: Moment) {
        guard let groupDue = slots[slot]?.due else { return }
        if groupDue <= moment.monotonic {
            let before = slots[slot]?.samples ?? 0
            let isOver = slots[slot]?.expire(at: moment.monotonic, limits, &ledger) ?? false
            if isOver { return remove(slot) }
            if slots[slot]?.samples != before { mark(slot) }
        }
        due = min(due, slots[slot]?.due ?? .max)
    }
}

extension PushedGroup {
    /// Removes what is over at `time`; true where nothing is left, and the group is over as well.
    fileprivate mutating func expire(at time: Int64, _ limits: PushLimits, _ ledger: inout PushLedger) -> Bool {
        let hadFamilies = !families.isEmpty
        due = .max
        for name in families.filter({ $0.due <= time }).map(\.name) {
            change(name, &ledger) { [key, slot] family, ledger in
                family.expire(at: time, Expiry(group: key, slot: slot, limits: limits), &ledger)
            }
        }
        guard families.isEmpty else {
            due = families.reduce(.max) { min($0, $1.due) }
            return false
        }
        if hadFamilies { return true }
        due = lastChange.map { Lifetime(pushedAt: $0.monotonic, nil).end(limits.expireAfter) } ?? .max
        return due <= time
    }

    typealias Expiry = GroupFamily.Expiry
}

extension GroupFamily {
    /// Where and by what rules something expires.
    struct Expiry {
        var group: GroupingKey
        var slot: Int32
        var limits: PushLimits
    }

    mutating func expire(at time: Int64, _ expiry: Expiry, _ ledger: inout PushLedger) {
        let standard = expiry.limits.expireAfter
        var next = Int64.max
        // What is not over is due later.
        func isOver(_ end: Int64) -> Bool {
            if end > time { next = min(next, end) }
            return end <= time
        }
        if let block, isOver(block.life.end(standard)) { drop(.replaced, expiry.slot, &ledger) }
        for entry in replaced.entries.filter({ isOver($0.metric.life.end(standard)) }) {
            _ = remove(entry.number, expiry.slot, &ledger)
        }
        for entry in aggregated.entries.filter({ isOver($0.metric.end(standard)) }) {
            // Labels move when others go.
            aggregated.read(entry.number) { keepBase($0.state, labels.text($0.labels), entry.number, expiry, &ledger) }
            _ = remove(entry.number, expiry.slot, &ledger)
        }
        due = next
    }

    private func keepBase(
        _ state: Aggregate, _ labels: String, _ number: UInt64, _ expiry: Expiry, _ ledger: inout PushLedger
    ) {
        guard state.isSum else { return }
        let base = ExpiredBases.Base(type, labels: labels, state)
        ledger.bases.keep(base, number, of: name, in: expiry.group, limit: expiry.limits.bases)
    }
}

extension GroupFamily.Aggregated {
    /// Of its life, or of what its window holds.
    fileprivate func end(_ standard: Duration?) -> Int64 { min(life.end(standard), state.emptyAt) }
}

extension Moment {
    /// The moment at which the monotonic clock says so, if nobody sets the wall's.
    func at(monotonic time: Int64) -> Moment {
        Moment(wall: Timestamp(nanoseconds: wall.nanoseconds &+ (time &- monotonic)), monotonic: time)
    }
}
