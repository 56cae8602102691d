import ServiceLifecycle
import Synchronization

/// Removes what has become too old: apps that push no more, and the last good text of targets that fail.
///
/// Looks when the first deadline can be due, and never more often than once a second but for a change of the rules.
package final class Expiry: Service {
    private let store: SnapshotStore
    private struct State {
        var rules: ExpiryRules
        /// Ends the sleep of this round.
        var changed = Bell()
    }

    private let state: Mutex<State>
    private let time: TimeSource
    private let expired: Counter

    package init(
        store: SnapshotStore, rules: ExpiryRules, registry: InstrumentRegistry, time: @escaping TimeSource
    ) {
        self.store = store
        state = Mutex(State(rules: rules))
        self.time = time
        expired = registry.counter(
            "exporter_proxy_sources_expired_total", help: "Sources, or their last text, removed because of their age.")
    }

    /// Those that hold. Setting them makes it look at once.
    package var rules: ExpiryRules {
        get { state.withLock { $0.rules } }
        set {
            let changed = state.withLock { state in
                state.rules = newValue
                return state.changed
            }
            changed.ring()
        }
    }

    private func beginRound() -> State {
        state.withLock { state in
            state.changed = Bell()
            return state
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let round = self.beginRound()
                let (due, next) = round.rules.due(self.store.view(), at: self.time())
                for item in due { self.remove(item) }
                await round.changed.cancels { try? await Task.sleep(for: max(.seconds(1), next)) }
            }
        }
    }

    private func remove(_ due: ExpiryRules.Due) {
        expired.increment()
        switch due {
        case .source(let name, let snapshot): store.remove(name, ifStill: snapshot)
        case .snapshot(let name, let snapshot): store.removeSnapshot(of: name, ifStill: snapshot)
        }
    }
}

/// What is too old, as a question to a view of the table.
package struct ExpiryRules: Equatable, Sendable {
    package enum Due {
        /// The source has gone.
        case source(String, Snapshot)
        /// The source is still tried, but what it said last is no longer true.
        case snapshot(String, Snapshot)
    }

    package var staleAfter: Duration
    package var expireAfter: Duration?
    /// Sources with a `stale_after` of their own.
    package var exceptions: [ExpositionRules.Exception]

    package init(staleAfter: Duration, expireAfter: Duration?, exceptions: [ExpositionRules.Exception] = []) {
        self.staleAfter = staleAfter
        self.expireAfter = expireAfter
        self.exceptions = exceptions
    }

    private func staleAfter(of source: String) -> Duration {
        exceptions.first { $0.pattern.matches(source) }?.rules.staleAfter ?? staleAfter
    }

    /// What is due at `now`, and how long from then until something else can be.
    package func due(_ view: SnapshotStore.View, at now: Moment) -> (due: [Due], next: Duration) {
        var due: [Due] = []
        var next = ([staleAfter, expireAfter ?? staleAfter] + exceptions.map(\.rules.staleAfter)).min() ?? staleAfter
        for entry in view.entries.compactMap({ $0 }) {
            // Groups of pushes have times of their own.
            guard let snapshot = entry.snapshot, snapshot.origin.door != .push else { continue }
            let isPolled = snapshot.origin.door == .poll
            guard let limit = isPolled ? staleAfter(of: entry.source) : expireAfter else { continue }
            let age = now.elapsed(since: snapshot.receivedAt)
            if age < limit {
                next = min(next, limit - age)
            } else if !isPolled {
                due.append(.source(entry.source, snapshot))
            } else if entry.failure != nil {
                due.append(.snapshot(entry.source, snapshot))
            }
        }
        return (due, next)
    }
}
