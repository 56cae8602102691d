/// Lists as they were answered last: to be answered again while nothing changes, and when a folder is gone.
package struct KeptTargets: Sendable {
    private struct Kept: Sendable {
        var targets: MergedTargets
        /// Of the oldest part.
        var at: Moment
        var usedAt: Moment
    }

    private var kept: [TargetsQuery.Key: Kept] = [:]

    package init() {}

    /// The lists as one: the same bytes as last time if the lists are the same.
    package mutating func merge(
        _ lists: [ReadyList], for key: TargetsQuery.Key, at: Moment, now: Moment, rules: CachedRuns.Rules
    ) -> MergedTargets {
        let known = kept[key].flatMap { $0.targets.isMade(of: lists) ? $0.targets : nil }
        let targets = known ?? MergedTargets(lists)
        kept[key] = Kept(targets: targets, at: at, usedAt: now)
        makeRoom(rules, keeping: key)
        return targets
    }

    /// What was answered last, unless it is too old.
    package func last(_ key: TargetsQuery.Key, now: Moment, maxStale: Duration?) -> (
        targets: MergedTargets, at: Moment
    )? {
        guard let kept = kept[key], let maxStale, now.elapsed(since: kept.at) < maxStale else { return nil }
        return (kept.targets, kept.at)
    }

    private mutating func makeRoom(_ rules: CachedRuns.Rules, keeping key: TargetsQuery.Key) {
        var bytes = kept.values.reduce(0) { $0 + $1.targets.body.readableBytes }
        guard kept.count > rules.keysMax || bytes > rules.bytesMax else { return }
        for (other, value) in kept.sorted(by: { $0.value.usedAt.monotonic < $1.value.usedAt.monotonic }) {
            guard kept.count > rules.keysMax - rules.keysMax / 10 || bytes > rules.bytesMax else { return }
            if other == key { continue }
            bytes -= value.targets.body.readableBytes
            kept[other] = nil
        }
    }
}
