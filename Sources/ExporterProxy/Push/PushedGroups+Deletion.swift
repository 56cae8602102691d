import Exposition

extension PushedGroups {
    /// Forgets a group and what expired of it; false where there is none.
    package mutating func delete(_ group: GroupingKey) -> Bool {
        ledger.bases.forget(group)
        guard let slot = places[group] else { return false }
        remove(slot)
        return true
    }

    /// Forgets all groups; answers how many there were.
    package mutating func wipe() -> Int {
        let before = count
        for slot in slots.indices { remove(slot) }
        ledger.bases.forgetAll()
        return before
    }

    /// What of a selection is still there; groups that have nothing left go.
    mutating func delete(_ selection: PushSelection) -> PushOutcome {
        let (series, groups) = (series, count)
        var touched: Set<Int> = []
        for metric in selection.metrics {
            guard let slot = places[metric.group] else { continue }
            slots[slot]?.remove(metric, &ledger)
            touched.insert(slot)
        }
        touched.formUnion(selection.groups.compactMap { places[$0] })
        for slot in touched.sorted() {
            if slots[slot]?.families.isEmpty == true { remove(slot) } else { mark(slot) }
        }
        return .removed(series: series - self.series, groups: groups - count)
    }
}

extension PushSelection {
    /// The metrics of groups to which nobody has pushed for `age`, of which a sample is wanted; groups without series
    /// where all are.
    init(
        of groups: some Sequence<PushedGroup>, olderThan age: Duration?, at moment: Moment,
        where isWanted: ((_ name: String, _ labels: LabelSet) -> Bool)?
    ) {
        for group in groups { group.select(olderThan: age, at: moment, where: isWanted, into: &self) }
    }
}

extension PushedGroup {
    fileprivate func select(
        olderThan age: Duration?, at moment: Moment, where isWanted: ((_ name: String, _ labels: LabelSet) -> Bool)?,
        into selection: inout PushSelection
    ) {
        guard isOlder(than: age, at: moment) else { return }
        if families.isEmpty {
            guard isWanted == nil else { return }
            selection.groups.append(key)
            selection.groupsLeftEmpty += 1
            return
        }
        let before = selection.series
        for family in families { family.select(isWanted, of: key, at: moment.monotonic, into: &selection) }
        if selection.series - before == samples { selection.groupsLeftEmpty += 1 }
    }

    private func isOlder(than age: Duration?, at moment: Moment) -> Bool {
        guard let age, let pushed = lastPush ?? lastFailure else { return true }
        return moment.elapsed(since: pushed) > age
    }

    fileprivate mutating func remove(_ metric: PushSelection.Metric, _ ledger: inout PushLedger) {
        change(metric.family, &ledger) { [slot] family, ledger in
            for hasParts in [false, true] {
                let number = family.numbers.number(labels: metric.labels, hasParts: hasParts)
                _ = family.remove(number, slot, &ledger)
            }
        }
    }
}

extension GroupFamily {
    /// Adds the metrics of which a sample is wanted.
    fileprivate func select(
        _ isWanted: ((String, LabelSet) -> Bool)?, of group: GroupingKey, at time: Int64,
        into selection: inout PushSelection
    ) {
        for metric in metrics(at: time) {
            if let isWanted, !metric.samples.contains(where: { isWanted($0.name, $0.labels) }) { continue }
            selection.metrics.append(.init(group: group, family: name, labels: metric.labels))
            selection.series += metric.samples.count
        }
    }
}
