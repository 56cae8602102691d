import Synchronization

/// The one table that every door writes to and every scrape reads from.
///
/// A source owns at most one snapshot, and a new one replaces the old whole: a sample missing from the new
/// snapshot is gone from the next scrape. The cost of a replacement does not depend on how many sources there are.
package final class SnapshotStore: Sendable {
    /// One source as the table knows it.
    package struct Entry: Sendable {
        package let source: String
        package internal(set) var snapshot: Snapshot?
        /// Set while the source fails to renew its snapshot; the reason is for people.
        package internal(set) var failure: Failure?
        /// Somebody wants to know of each new snapshot.
        var isWatched = false

        /// Whether what it said last is no longer believed: it has failed since, or been silent for `limit`.
        package func isStale(at now: Moment, after limit: Duration) -> Bool {
            if failure != nil { return true }
            guard let snapshot else { return true }
            return snapshot.origin.turnsStale && now.elapsed(since: snapshot.receivedAt) > limit
        }
    }

    package struct Failure: Equatable, Sendable {
        package var origin: Snapshot.Origin
        package var at: Moment
        package var reason: String

        package init(origin: Snapshot.Origin, at: Moment, reason: String) {
            self.origin = origin
            self.at = at
            self.reason = reason
        }
    }

    /// The table at one generation. Hold it briefly: while it is held, the next change copies the table.
    package struct View: Sendable {
        package var generation: UInt64
        /// Changes only when a source comes or goes.
        package var membership: UInt64
        /// In no order; `nil` where a source has gone.
        package var entries: [Entry?]
    }

    private struct State {
        var entries: [Entry?] = []
        var slots: [ExactText: Int] = [:]
        var free: [Int] = []
        var generation: UInt64 = 0
        var membership: UInt64 = 0
        var sourcesMax: Int
        var watcher = Watcher(watches: { _ in false }, onChange: {})
    }

    /// Who wants to know of each new snapshot of some sources.
    private struct Watcher: Sendable {
        /// Asked once for each source, by its name.
        var watches: @Sendable (String) -> Bool
        var onChange: @Sendable () -> Void
    }

    // A lock and not an actor: no section suspends, and a receiver must not hop to another thread for each message.
    private let state: Mutex<State>

    package init(sourcesMax: Int = 16_384) { state = Mutex(State(sourcesMax: sourcesMax)) }

    /// How many sources there may be; where there are more already, they stay, and no new one comes.
    package var sourcesMax: Int {
        get { state.withLock { $0.sourcesMax } }
        set { state.withLock { $0.sourcesMax = newValue } }
    }

    /// Makes `snapshot` the only one of its source; the next scrape sees it.
    ///
    /// Answers false, and stores nothing, where the source is new and the table is full.
    package func replace(with snapshot: Snapshot) -> Bool {
        // The old snapshot is let go outside the lock: freeing a large body takes time.
        var onChange: (@Sendable () -> Void)?
        let old: Snapshot?? = state.withLock { state in
            guard let slot = slot(of: snapshot.source, in: &state) else { return .none }
            if state.entries[slot]?.isWatched == true { onChange = state.watcher.onChange }
            let old = state.entries[slot]?.snapshot
            state.entries[slot]?.snapshot = snapshot
            state.entries[slot]?.failure = nil
            state.generation &+= 1
            return .some(old)
        }
        onChange?()
        return old != nil
    }

    /// What a live source will put here has changed: pages that were made before do not hold.
    package func touch() { state.withLock { $0.generation &+= 1 } }

    /// Puts in what a live source has announced by ``touch()``, without another generation; `nil` where one has gone.
    ///
    /// Answers the sources for which there was no room.
    package func refresh(_ changes: [(source: String, snapshot: Snapshot?)]) -> [String] {
        // What is removed is let go outside the lock.
        let (refused, _) = state.withLock { state -> ([String], [Entry?]) in
            var (refused, old): ([String], [Entry?]) = ([], [])
            let generation = state.generation
            for (source, snapshot) in changes {
                if let slot = snapshot == nil ? state.slots[ExactText(source)] : slot(of: source, in: &state) {
                    old.append(state.entries[slot])
                    if let snapshot {
                        state.entries[slot]?.snapshot = snapshot
                    } else {
                        Self.remove(source, slot, from: &state)
                    }
                } else if snapshot != nil {
                    refused.append(source)
                }
            }
            state.generation = generation
            return (refused, old)
        }
        return refused
    }

    /// From now on calls `onChange` after each new snapshot of a source whose name is watched.
    package func watch(
        _ watches: @escaping @Sendable (String) -> Bool, onChange: @escaping @Sendable () -> Void
    ) {
        state.withLock { state in
            state.watcher = Watcher(watches: watches, onChange: onChange)
            for slot in state.entries.indices {
                guard let source = state.entries[slot]?.source else { continue }
                state.entries[slot]?.isWatched = watches(source)
            }
        }
    }

    /// Notes that `source` could not be renewed; what it said last stays until it is removed.
    package func noteFailure(of source: String, _ failure: Failure) {
        state.withLock { state in
            guard let slot = slot(of: source, in: &state) else { return }
            state.entries[slot]?.failure = failure
            state.generation &+= 1
        }
    }

    /// Forgets what `source` said, but not its failure; does nothing where it has said something else since.
    package func removeSnapshot(of source: String, ifStill snapshot: Snapshot) {
        state.withLock { state in
            guard let slot = state.slots[ExactText(source)], state.entries[slot]?.snapshot === snapshot else { return }
            state.entries[slot]?.snapshot = nil
            state.generation &+= 1
        }
    }

    /// Forgets `source`; does nothing where it has said something else since.
    package func remove(_ source: String, ifStill snapshot: Snapshot) {
        state.withLock { state in
            guard let slot = state.slots[ExactText(source)], state.entries[slot]?.snapshot === snapshot else { return }
            Self.remove(source, slot, from: &state)
        }
    }

    /// Forgets `source` where it comes, or fails to come, through a door that is meant.
    package func remove(_ source: String, where isMeant: (Snapshot.Origin.Door) -> Bool) {
        // What is removed is let go outside the lock.
        _ = state.withLock { state -> Entry? in
            guard let slot = state.slots[ExactText(source)], let entry = state.entries[slot],
                let origin = entry.snapshot?.origin ?? entry.failure?.origin, isMeant(origin.door)
            else { return nil }
            Self.remove(source, slot, from: &state)
            return entry
        }
    }

    private static func remove(_ source: String, _ slot: Int, from state: inout State) {
        state.slots[ExactText(source)] = nil
        state.entries[slot] = nil
        state.free.append(slot)
        state.generation &+= 1
        state.membership &+= 1
    }

    package var count: Int { state.withLock { $0.slots.count } }

    package var generation: UInt64 { state.withLock { $0.generation } }

    package func view() -> View {
        state.withLock { View(generation: $0.generation, membership: $0.membership, entries: $0.entries) }
    }

    package func entry(of source: String) -> Entry? {
        state.withLock { state in state.slots[ExactText(source)].flatMap { state.entries[$0] } }
    }

    private func slot(of source: String, in state: inout State) -> Int? {
        if let slot = state.slots[ExactText(source)] { return slot }
        guard state.slots.count < state.sourcesMax else { return nil }
        let entry = Entry(source: source, snapshot: nil, failure: nil, isWatched: state.watcher.watches(source))
        state.membership &+= 1
        let slot: Int
        if let freed = state.free.popLast() {
            slot = freed
            state.entries[slot] = entry
        } else {
            slot = state.entries.count
            state.entries.append(entry)
        }
        state.slots[ExactText(source)] = slot
        return slot
    }
}
