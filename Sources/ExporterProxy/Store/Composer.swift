import Exposition
import NIOCore

/// Makes of a view of the table what the next scrape is answered with, from as much of the last answer as still holds.
///
/// Belongs to ``MergedExposition``, which lets one thread at a time in.
struct Composer {
    /// What is known of the source in one slot.
    private struct Record {
        let source: String
        let rules: SourceRules
        /// The last one that was read.
        var latest: CheckedSnapshot?
        /// What a scrape gets: the same, an earlier one, or nothing.
        var served: CheckedSnapshot?
        /// What the index and the blocks know.
        var placed: CheckedSnapshot?
        /// There was no room for its series.
        var isOverTotal = false
        /// It was put behind others because it had turned stale.
        var isDemoted = false
        var conflicts: [FamilyIndex.Conflict] = []
        var totals = SourceReport.Totals()
        var report: SourceReport?
        /// When it was last said that the source is invalid, and whether that still stands as said.
        var saidInvalidAt: Moment?
        var isSaidInvalid = false

        /// What is served is an earlier version that will be given up.
        var endsWithTime: Bool {
            served != nil && served !== latest && rules.onInvalid != .reject && !isOverTotal
        }
    }

    private let rules: ExpositionRules
    private var records: [Record?] = []
    private var index: FamilyIndex
    /// Slots whose source has gone, and the index does not know it yet.
    private var gone: Set<Int> = []
    /// Slots of which something else is to be served, or said, than at the last composition.
    private var touched: Set<Int> = []
    /// Slots that serve an earlier version than the latest, or none of it.
    private var behind: Set<Int> = []
    /// Slots with conflicts.
    private var contested: Set<Int> = []
    private var series = 0
    private var order: [Int] = []
    private var membership: UInt64?
    private var layout: PageLayout?
    private var blocks: [PageBlock] = []

    /// Good versions of sources that have said something else since, from a composer with other rules.
    private var inherited: [ExactText: Snapshot] = [:]

    init(_ rules: ExpositionRules, after old: Composer? = nil) {
        self.rules = rules
        index = FamilyIndex(hasDistinctSeries: rules.hasDistinctSeries)
        inherited = old?.inherited ?? [:]
        for record in (old?.records ?? []).compactMap({ $0 }) where record.served !== record.latest {
            inherited[ExactText(record.source)] = record.served?.snapshot
        }
    }

    mutating func compose(_ view: SnapshotStore.View, at now: Moment) -> Composition {
        takeOver(view, now, early: false)
        var moved = place()
        let until = demoteStale(view, now, &moved)
        arrange(view, moved)
        for slot in moved { report(slot) }
        return Composition(
            generation: view.generation, until: until, blocks: blocks,
            reports: order.compactMap { records[$0]?.report }, news: news(of: moved, now))
    }

    /// Reads what has come of those sources of which good versions are kept, before the next push replaces it.
    mutating func checkEarly(_ view: SnapshotStore.View, at now: Moment) { takeOver(view, now, early: true) }

    // MARK: Reading

    private mutating func takeOver(_ view: SnapshotStore.View, _ now: Moment, early: Bool) {
        while records.count < view.entries.count { records.append(nil) }
        for (slot, entry) in view.entries.enumerated() {
            // Most often nothing has come.
            if let snapshot = entry?.snapshot, let latest = records[slot]?.latest, latest.snapshot === snapshot,
                records[slot]?.served === latest
            {
                continue
            }
            if records[slot]?.source != entry?.source { changeOwner(of: slot, to: entry?.source, now) }
            guard let entry, records[slot] != nil else { continue }
            guard let snapshot = entry.snapshot else {
                serve(nil, in: slot)
                // What was found in it is no longer true.
                if records[slot]?.latest != nil { touched.insert(slot) }
                records[slot]?.latest = nil
                continue
            }
            if records[slot]?.latest?.snapshot === snapshot {
                serve(served(slot, now), in: slot)
            } else if !early || records[slot]?.rules.keepsGoodVersions == true {
                read(snapshot, in: slot, now)
            }
        }
        // Of sources that have gone.
        inherited = [:]
    }

    /// The slot was given to another source, or to none.
    private mutating func changeOwner(of slot: Int, to source: String?, _ now: Moment) {
        serve(nil, in: slot)
        gone.insert(slot)
        touched.insert(slot)
        behind.remove(slot)
        contested.remove(slot)
        records[slot] = source.map { Record(source: $0, rules: rules.rules(of: $0)) }
        if let version = source.flatMap({ inherited.removeValue(forKey: ExactText($0)) }) {
            read(version, in: slot, now)
        }
    }

    private mutating func read(_ snapshot: Snapshot, in slot: Int, _ now: Moment) {
        guard let record = records[slot] else { return }
        let check = SnapshotCheck(
            rules: snapshot.origin.isOurText ? record.rules.forPushes : record.rules, appLabel: rules.appLabel)
        let latest = check.check(snapshot, like: record.served ?? record.latest)
        records[slot]?.latest = latest
        records[slot]?.isDemoted = false
        records[slot]?.totals.add(latest.verdict)
        // Also where the old version goes on being served.
        touched.insert(slot)
        serve(served(slot, now), in: slot)
    }

    /// The version that the source's rules let be served.
    private func served(_ slot: Int, _ now: Moment) -> CheckedSnapshot? {
        guard let record = records[slot], let latest = record.latest else { return nil }
        if latest.verdict.limit == nil {
            switch record.rules.onInvalid {
            case .raw, .dropLine: return latest
            case .dropApp: return latest.verdict.isValid ? latest : nil
            case .keepLastGood, .reject: if latest.verdict.isValid { return latest }
            }
        }
        guard let good = record.served else { return nil }
        if record.rules.onInvalid == .reject { return good }
        return now.elapsed(since: good.snapshot.receivedAt) <= record.rules.staleAfter ? good : nil
    }

    private mutating func serve(_ version: CheckedSnapshot?, in slot: Int) {
        guard let record = records[slot], record.served !== version || record.isOverTotal else { return }
        let total = series - (record.served?.series ?? 0) + (version?.series ?? 0)
        let fits = total <= rules.seriesMax || version == nil
        if fits || !record.isOverTotal { touched.insert(slot) }
        if !fits, !record.isOverTotal { records[slot]?.totals.limitHits[Reason.totalSeries.code, default: 0] += 1 }
        records[slot]?.isOverTotal = !fits
        guard fits else { return }
        series = total
        records[slot]?.served = version
    }

    // MARK: Placing

    /// Tells the index what has changed; answers the slots of which something else is to be served.
    private mutating func place() -> Set<Int> {
        var moved = gone
        var changes = gone.map { (slot: $0, shape: ExpositionShape?.none) }
        gone = []
        for slot in touched.sorted() {
            guard let record = records[slot] else { continue }
            moved.insert(slot)
            if record.served !== record.latest { behind.insert(slot) } else { behind.remove(slot) }
            let (old, new) = (record.placed, record.served)
            if old?.index?.shape !== new?.index?.shape || (old == nil) != (new == nil) {
                changes.append((slot, new?.index?.shape))
            }
            records[slot]?.placed = new
        }
        touched = []
        if changes.isEmpty { return moved }
        layout = nil
        let first = changes.map(\.slot).filter { records[$0]?.placed?.snapshot.origin.door == .push }
        let dirty = index.update(changes, first: Set(first))
        for slot in dirty { noteConflicts(of: slot) }
        return moved.union(dirty)
    }

    private mutating func noteConflicts(of slot: Int) {
        guard let record = records[slot] else { return }
        let conflicts = index.conflicts(of: slot)
        for conflict in conflicts where !record.conflicts.contains(conflict) {
            records[slot]?.totals.conflicts[conflict.kind.rawValue, default: 0] += 1
        }
        records[slot]?.conflicts = conflicts
        if conflicts.isEmpty { contested.remove(slot) } else { contested.insert(slot) }
    }

    /// Sources that others stand back for lose that right when they turn stale. Answers until when all this holds.
    private mutating func demoteStale(
        _ view: SnapshotStore.View, _ now: Moment, _ moved: inout Set<Int>
    ) -> Moment? {
        var until: Moment?
        for record in behind.compactMap({ records[$0] }) where record.endsWithTime {
            until = Self.earlier(until, end(of: record.served, record))
        }
        let owners = Set(contested.compactMap { records[$0] }.flatMap(\.conflicts).map(\.with))
        for slot in owners.sorted() {
            guard let record = records[slot], let served = record.served, !record.isDemoted else { continue }
            guard served.snapshot.origin.turnsStale else { continue }
            let isStale =
                view.entries[slot]?.failure != nil
                || now.elapsed(since: served.snapshot.receivedAt) > record.rules.staleAfter
            guard isStale else {
                until = Self.earlier(until, end(of: served, record))
                continue
            }
            records[slot]?.isDemoted = true
            layout = nil
            let dirty = index.demote(slot)
            for slot in dirty { noteConflicts(of: slot) }
            moved.formUnion(dirty)
        }
        return until
    }

    private func end(of version: CheckedSnapshot?, _ record: Record) -> Moment? {
        version?.snapshot.receivedAt.advanced(by: record.rules.staleAfter)
    }

    private static func earlier(_ a: Moment?, _ b: Moment?) -> Moment? {
        guard let a, let b else { return a ?? b }
        return a.monotonic < b.monotonic ? a : b
    }

    // MARK: The page

    private mutating func arrange(_ view: SnapshotStore.View, _ moved: Set<Int>) {
        if membership != view.membership {
            order = view.entries.indices.filter { view.entries[$0] != nil }
                .sorted { (view.entries[$0]?.source ?? "") < (view.entries[$1]?.source ?? "") }
            membership = view.membership
            layout = nil
        }
        if moved.isEmpty, layout != nil { return }
        let old = layout
        let next = old ?? makeLayout()
        let kept = old == nil ? Dictionary(zip(lastParts, blocks)) { first, _ in first } : [:]
        let sources = PageSources(records.map { $0?.placed }, index)
        var isMoved = [Bool](repeating: false, count: records.count)
        for slot in moved { isMoved[slot] = true }
        var made: [PageBlock] = []
        made.reserveCapacity(next.blocks.count)
        for (place, parts) in next.blocks.enumerated() {
            let before = old == nil ? kept[parts] : blocks[place]
            if let before, !parts.contains(where: { $0.slot.map { isMoved[$0] } == true }) {
                made.append(before)
            } else {
                made.append(sources.block(parts))
            }
        }
        blocks = made
        lastParts = next.blocks
        layout = next
    }

    /// The parts of `blocks`, also when the layout has been given up.
    private var lastParts: [[PageLayout.Part]] = []

    private func makeLayout() -> PageLayout {
        PageLayout(order: order, index: index, header: Self.header, sources: records.map { $0?.placed })
    }

    private static func header(_ family: FamilyIndex.SharedFamily) -> String {
        let help = family.help.map { "# HELP \(family.name) \($0)\n" } ?? ""
        return help + (family.type.map { "# TYPE \(family.name) \($0.rawValue)\n" } ?? "")
    }

    // MARK: Reports

    /// Sources that have turned invalid, or valid again; a source that turns to and fro is news once a minute.
    private mutating func news(of slots: Set<Int>, _ now: Moment) -> [SourceReport] {
        slots.sorted().compactMap { slot in
            guard let record = records[slot], let report = record.report, record.latest != nil else { return nil }
            if report.verdict.isValid == !record.isSaidInvalid { return nil }
            if !report.verdict.isValid {
                if let last = record.saidInvalidAt, now.elapsed(since: last) < .seconds(60) { return nil }
                records[slot]?.saidInvalidAt = now
            }
            records[slot]?.isSaidInvalid = !report.verdict.isValid
            return report
        }
    }

    private mutating func report(_ slot: Int) {
        guard let record = records[slot] else { return }
        var verdict = record.latest?.verdict ?? .init()
        if record.isOverTotal { verdict.limit = .totalSeries }
        let served: SourceReport.Served =
            switch record.served {
            case nil: .nothing
            case let version? where version === record.latest: .latest
            case let version?: .lastGood(since: version.snapshot.receivedAt)
            }
        let report = SourceReport(
            source: record.source, served: served, verdict: verdict, series: record.served?.series ?? 0,
            servedBytes: record.served?.body.readableBytes ?? 0, seriesHeld: index.seriesLeftOut(of: slot),
            conflicts: record.conflicts.map { conflict in
                SourceReport.Conflict(
                    kind: conflict.kind.rawValue, family: conflict.family,
                    with: records[conflict.with]?.source ?? "", count: conflict.count)
            },
            totals: record.totals, checked: record.served, staleAfter: record.rules.staleAfter)
        records[slot]?.report = report
    }
}

/// The answer to the question what is served now.
package struct Composition: Sendable {
    package let generation: UInt64
    /// It holds no longer than this, also if nothing comes.
    package let until: Moment?
    let blocks: [PageBlock]
    /// In the order of the sources' names.
    package let reports: [SourceReport]
    /// Those that have turned invalid, or valid again, since the composition before.
    package let news: [SourceReport]

    /// The same, for no longer than `end`.
    func holding(until end: Moment?) -> Composition {
        guard let end else { return self }
        return Composition(
            generation: generation, until: until.map { $0.monotonic < end.monotonic ? $0 : end } ?? end,
            blocks: blocks, reports: reports, news: news)
    }

    func holds(for generation: UInt64, at now: Moment) -> Bool {
        self.generation == generation && until.map { now.monotonic <= $0.monotonic } != false
    }

    package func report(of source: String) -> SourceReport? {
        var (low, high) = (0, reports.count)
        while low < high {
            let middle = (low + high) / 2
            if reports[middle].source < source { low = middle + 1 } else { high = middle }
        }
        // Names that look alike are next to each other.
        return reports[low...].prefix { $0.source == source }.first { ExactText($0.source) == ExactText(source) }
    }
}

extension SourceReport.Totals {
    mutating func add(_ verdict: CheckedSnapshot.Verdict) {
        for (reason, count) in verdict.counts {
            switch reason.outcome {
            case .dropped: linesDropped[reason.code, default: 0] &+= count
            case .repaired: repairs[reason.code, default: 0] &+= count
            }
        }
        if let limit = verdict.limit { limitHits[limit.code, default: 0] &+= 1 }
        samplesTooOld &+= verdict.samplesTooOld
        timestampsStripped &+= verdict.timestampsStripped
    }
}

extension Reason {
    static let totalSeries = Reason(
        "total_series", "all sources together have reached exposition.total_series_max",
        remedy: "raise the limit, or find the source that has grown", refusedBy: [], outcome: .dropped)
}
