import Synchronization

/// Answers that stand for a moment, by the path as clients send it: given on the event loop, without asking anybody.
package final class TargetShelf: Sendable {
    struct Ready: Sendable {
        var targets: MergedTargets
        /// Monotonic.
        var until: Int64
        var path: DiscoveryInstruments.Path?
    }

    /// So long a list is given without a look at the files it is made of.
    static let time = Duration.milliseconds(200)
    private static let countMax = 1000

    private let ready = Mutex<[String: Ready]>([:])

    package init() {}

    func look(for path: String, at now: Moment) -> Ready? {
        ready.withLock { $0[path].flatMap { now.monotonic < $0.until ? $0 : nil } }
    }

    func put(_ answer: Ready, for path: String) {
        ready.withLock { ready in
            if ready.count >= Self.countMax, ready[path] == nil { ready = [:] }
            ready[path] = answer
        }
    }

    package func clear() { ready.withLock { $0 = [:] } }
}
