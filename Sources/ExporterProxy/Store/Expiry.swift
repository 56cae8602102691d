import ServiceLifecycle

/// Removes what has become too old: apps that push no more, and the last good text of targets that fail.
///
/// Looks when the first deadline can be due, and never more often than once a second.
package final class Expiry: Service {
    private let store: SnapshotStore
    private let rules: ExpiryRules
    private let time: TimeSource
    private let expired: Counter

    package init(
        store: SnapshotStore, rules: ExpiryRules, registry: InstrumentRegistry, time: @escaping TimeSource
    ) {
        self.store = store
        self.rules = rules
        self.time = time
        expired = registry.counter(
            "exporter_proxy_sources_expired_total", help: "Sources, or their last text, removed because of their age.")
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let now = self.time()
                let (due, next) = self.rules.due(self.store.view(), at: now)
                for item in due { self.remove(item) }
                try? await Task.sleep(for: max(.seconds(1), next))
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

    package init(staleAfter: Duration, expireAfter: Duration?) {
        self.staleAfter = staleAfter
        self.expireAfter = expireAfter
    }

    /// What is due at `now`, and how long from then until something else can be.
    package func due(_ view: SnapshotStore.View, at now: Moment) -> (due: [Due], next: Duration) {
        var due: [Due] = []
        var next = min(staleAfter, expireAfter ?? staleAfter)
        for entry in view.entries.compactMap({ $0 }) {
            guard let snapshot = entry.snapshot else { continue }
            let isPolled = snapshot.origin.door == .poll
            guard let limit = isPolled ? staleAfter : expireAfter else { continue }
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
