import Synchronization

/// Whether the proxy has asked every poll target once since it started: before that a scrape would find series
/// missing that are there, and call them stale.
///
/// Applications that push are not waited for: nobody knows which there are.
package final class FirstRound: Sendable {
    /// A target that hangs must not keep everybody else's metrics back for longer.
    private static let patience = Duration.seconds(10)

    private let began: Moment
    // Written by the poller's tasks, read by every scrape.
    private let open: Mutex<Set<String>>

    package init(of targets: [String], began: Moment) {
        self.began = began
        open = Mutex(Set(targets))
    }

    /// The target has answered or failed.
    package func note(_ target: String) { open.withLock { _ = $0.remove(target) } }

    /// How many targets are still waited for at `now`.
    package func remaining(at now: Moment) -> Int {
        open.withLock { open in
            if !open.isEmpty, now.elapsed(since: began) >= Self.patience { open = [] }
            return open.count
        }
    }
}
