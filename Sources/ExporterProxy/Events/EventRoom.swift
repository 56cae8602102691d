import Logging
import NIOCore
import Synchronization

/// The values that datagrams, and lines of the same form, have brought; one source of the table.
///
/// Doors call ``take(_:at:)`` from any thread; what they are answered says what they have to count.
package final class EventRoom: LiveSource, Sendable {
    /// Its name in the table.
    package static let source = "events"

    private struct State {
        var metrics: EventMetrics
        /// What people are shown as the place where packets come in.
        var address: String
        /// The table has been told of a change that it has not been given yet.
        var isAnnounced = false
        var lastPacket: Moment?
    }

    // One lock, held for the packets that are there, and for a step of a walk: packets never wait much longer than a
    // millisecond for it.
    private let state: Mutex<State>
    /// Held while a page is made and put into the table, so that an older one does not come after a newer one.
    private let looks = Mutex(Looks())
    private let store: SnapshotStore
    private let logger: Logger

    private struct Looks {
        /// Whether one is there: without events somebody else may have the name.
        var isThere = false
        var isHidden = false
        var whenShown: @Sendable () -> Void = {}
    }

    /// - Parameter address: what people are shown as the place where packets come in.
    package init(
        _ settings: EventSettings, store: SnapshotStore, address: String = "",
        logger: Logger = Logger(label: "") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.logger = logger
        state = Mutex(State(metrics: EventMetrics(settings), address: address))
        self.store = store
    }

    /// Values stay where the new definition of a metric has the same kind, labels and buckets.
    package func adopt(_ settings: EventSettings, address: String) {
        state.withLock { state in
            if state.metrics.settings != settings { state.metrics.adopt(settings) }
            state.address = address
        }
        store.touch()
    }

    package var settings: EventSettings { state.withLock { $0.metrics.settings } }

    package var seriesCount: Int { state.withLock { $0.metrics.seriesCount } }

    // MARK: Doors

    package func take(_ datagram: UnsafeRawBufferPointer, at now: Moment) -> EventTally {
        take(1, at: now) { _ in datagram }
    }

    /// Several datagrams at once, by their numbers: all under one lock.
    ///
    /// - Parameter datagram: `nil` for one that is longer than packets may be.
    package func take(_ count: Int, at now: Moment, datagram: (Int) -> UnsafeRawBufferPointer?) -> EventTally {
        take(at: now) { metrics, tally in
            for number in 0..<count {
                tally.number = number
                if let datagram = datagram(number) {
                    metrics.take(datagram, at: now.monotonic, into: &tally)
                } else {
                    tally.refuse(.tooLong)
                }
            }
        }
    }

    /// Lines of a stream, as ``EventLines`` hands them on.
    func take(lines: UnsafeRawBufferPointer?, at now: Moment) -> EventTally {
        take(at: now) { metrics, tally in
            if let lines {
                metrics.take(lines: lines, at: now.monotonic, into: &tally)
            } else {
                tally.refuse(.tooLong)
            }
        }
    }

    private func take(at now: Moment, _ body: (inout EventMetrics, inout EventTally) -> Void) -> EventTally {
        var tally = EventTally()
        let isNews = state.withLock { state in
            body(&state.metrics, &tally)
            guard tally.accepted > 0 else { return false }
            state.lastPacket = now
            defer { state.isAnnounced = true }
            return !state.isAnnounced
        }
        // Whoever makes a page afterwards has what was announced before: so once is enough until then.
        if isNews { store.touch() }
        return tally
    }

    // MARK: Serving

    package func refresh(at now: Moment) -> Moment? { looks.withLock { look(at: now, &$0) } }

    /// Calls `body` after other values have been shown: what is saved then is not less than what somebody has seen, and
    /// a counter that is found again after a crash has not gone back.
    package func whenShown(_ body: @escaping @Sendable () -> Void) { looks.withLock { $0.whenShown = body } }

    private func look(at now: Moment, _ looks: inout Looks) -> Moment? {
        var isNews = state.withLock { state in
            defer { state.isAnnounced = false }
            return state.isAnnounced
        }
        var walk = EventPageWalk()
        while state.withLock({ $0.metrics.render(&walk, at: now.monotonic) }) { walk.replaced = nil }
        // What has come since is announced, and perhaps on the next page only.
        let (written, state) = state.withLock { state in
            isNews = isNews || state.isAnnounced
            return (state.metrics.texts(), (state.lastPacket, state.address))
        }
        let page = EventMetrics.page(of: written.texts)
        let snapshot = Snapshot(
            source: Self.source, origin: .init(.events, state.1), receivedAt: state.0 ?? now, body: page)
        put(page.readableBytes > 0 ? snapshot : nil, &looks)
        if isNews, looks.isThere { looks.whenShown() }
        // Where there was no room for it there may be some later.
        let until = looks.isHidden ? min(written.until, now.advanced(by: Self.hiddenPause).monotonic) : written.until
        guard until != .max else { return nil }
        let left = until.subtractingReportingOverflow(now.monotonic)
        return left.overflow ? nil : now.advanced(by: .nanoseconds(max(0, left.partialValue)))
    }

    /// Between two tries to serve what the table has had no room for.
    private static let hiddenPause = Duration.seconds(10)

    private func put(_ snapshot: Snapshot?, _ looks: inout Looks) {
        guard snapshot != nil || looks.isThere || looks.isHidden else { return }
        let isRefused = !store.refresh([(Self.source, snapshot)]).isEmpty
        looks.isThere = snapshot != nil && !isRefused
        if isRefused, !looks.isHidden { logger.error("events are not served, store.sources_max is reached") }
        looks.isHidden = isRefused
    }

    /// Whether the table has no room for them.
    package var isHidden: Bool { looks.withLock { $0.isHidden } }

    // MARK: Age

    /// Whether series may have to go with time.
    package var hasExpiry: Bool { state.withLock { $0.metrics.hasExpiry } }

    /// Removes the series of which no packet has come for long; answers how many. To be called once a second or so.
    package func expire(at now: Moment) -> Int {
        let gone = state.withLock { $0.metrics.expire(at: now.monotonic) }
        if gone > 0 { store.touch() }
        return gone
    }
}

/// One part for each metric.
extension EventRoom: PartKeeper {
    package func owns(_ key: String) -> Bool { EventMetrics.isPart(key) }

    package func changedParts(at now: Moment) -> [(key: String, part: ByteBuffer?)] {
        var walk = EventSavingWalk()
        let gone = state.withLock { $0.metrics.takeGoneParts() }
        return gone + EventMetrics.parts { state.withLock { $0.metrics.save(&walk, at: now) } }
    }

    /// After the definitions, and before any door is open.
    package func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws {
        try state.withLock { state in
            try state.metrics.restore(part, under: key, at: now)
            if state.lastPacket == nil { state.lastPacket = now }
        }
        store.touch()
    }
}
