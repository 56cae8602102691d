/// Lists as they were answered last: to be answered again while nothing changes, and when a folder is gone.
package struct KeptTargets: Sendable {
    private struct Kept: Sendable {
        var targets: MergedTargets
        /// Of the oldest part.
        var at: Moment
        var usedAt: Moment
        /// Other parameters may make another list.
        var takesParameters: Bool
    }

    private var kept: [TargetsQuery.Key: Kept] = [:]

    package init() {}

    /// The lists as one: the same bytes as last time if the lists are the same.
    package mutating func merge(
        _ lists: [ReadyList], for key: TargetsQuery.Key, at: Moment, now: Moment, rules: CachedRuns.Rules,
        takesParameters: Bool = false
    ) -> MergedTargets {
        let known = kept[key].flatMap { $0.targets.isMade(of: lists) ? $0.targets : nil }
        let targets = known ?? MergedTargets(lists)
        kept[key] = Kept(targets: targets, at: at, usedAt: now, takesParameters: takesParameters)
        makeRoom(rules, keeping: key)
        return targets
    }

    /// What was answered last, unless it is too old.
    package func last(_ key: TargetsQuery.Key, now: Moment, maxStale: Duration?) -> (
        targets: MergedTargets, at: Moment
    )? {
        guard let found = kept[key] ?? withoutParameters(key), let maxStale else { return nil }
        guard now.elapsed(since: found.at) < maxStale else { return nil }
        return (found.targets, found.at)
    }

    /// The list of a path whose generators took no parameters is the same for all.
    private func withoutParameters(_ key: TargetsQuery.Key) -> Kept? {
        kept[TargetsQuery.Key(path: key.path, parameters: [])].flatMap { $0.takesParameters ? nil : $0 }
    }

    /// What strangers' parameters have made goes before what has none.
    private static func goesFirst(
        _ a: (key: TargetsQuery.Key, value: Kept), _ b: (key: TargetsQuery.Key, value: Kept)
    ) -> Bool {
        let (left, right) = (a.key.parameters.isEmpty, b.key.parameters.isEmpty)
        return left == right ? a.value.usedAt.monotonic < b.value.usedAt.monotonic : !left
    }

    private mutating func makeRoom(_ rules: CachedRuns.Rules, keeping key: TargetsQuery.Key) {
        var bytes = kept.values.reduce(0) { $0 + $1.targets.body.readableBytes }
        guard kept.count > rules.keysMax || bytes > rules.bytesMax else { return }
        for (other, value) in kept.sorted(by: Self.goesFirst) {
            guard kept.count > rules.keysMax - rules.keysMax / 10 || bytes > rules.bytesMax else { return }
            if other == key { continue }
            bytes -= value.targets.body.readableBytes
            kept[other] = nil
        }
    }
}
