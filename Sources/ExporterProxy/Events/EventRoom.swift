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

    // One lock, held for the packets that are there, and for a scrape while one metric is written out.
    private let state: Mutex<State>
    /// Held while a page is made and put into the table, so that an older one does not come after a newer one.
    private let looks = Mutex(Looks())
    private let store: SnapshotStore

    private struct Looks {
        /// Whether one is there: without events somebody else may have the name.
        var isThere = false
        var whenShown: @Sendable () -> Void = {}
    }

    /// - Parameter address: what people are shown as the place where packets come in.
    package init(_ settings: EventSettings, store: SnapshotStore, address: String = "") {
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

    /// One datagram, or the lines that have come.
    package func take(_ datagram: UnsafeRawBufferPointer, at now: Moment) -> EventTally {
        take(1, at: now) { _ in datagram }
    }

    /// Several datagrams at once, by their numbers: all under one lock.
    ///
    /// - Parameter datagram: `nil` for one that is longer than packets may be.
    package func take(_ count: Int, at now: Moment, datagram: (Int) -> UnsafeRawBufferPointer?) -> EventTally {
        var tally = EventTally()
        let isNews = state.withLock { state in
            for number in 0..<count {
                tally.number = number
                if let datagram = datagram(number) {
                    state.metrics.take(datagram, at: now.monotonic, into: &tally)
                } else {
                    tally.refuse(.tooLong)
                }
            }
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
        let (steps, isNews) = state.withLock { state in
            defer { state.isAnnounced = false }
            return (state.metrics.steps, state.isAnnounced)
        }
        // One lock for each metric, so that packets do not wait for all of them.
        for step in 0..<steps { state.withLock { $0.metrics.render(step: step, at: now.monotonic) } }
        let (page, state) = state.withLock { ($0.metrics.page(at: now.monotonic), ($0.lastPacket, $0.address)) }
        let hasText = page.text.readableBytes > 0
        if hasText || looks.isThere {
            let snapshot = Snapshot(
                source: Self.source, origin: .init(.events, state.1), receivedAt: state.0 ?? now, body: page.text)
            let refused = store.refresh([(Self.source, hasText ? snapshot : nil)])
            looks.isThere = hasText && refused.isEmpty
            if isNews { looks.whenShown() }
        }
        guard page.until != .max else { return nil }
        let left = page.until.subtractingReportingOverflow(now.monotonic)
        return left.overflow ? nil : now.advanced(by: .nanoseconds(max(0, left.partialValue)))
    }

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
        let (gone, steps) = state.withLock { ($0.metrics.takeGoneParts(), $0.metrics.steps) }
        // One lock for each metric, so that packets do not wait for all of them.
        return gone + (0..<steps).compactMap { step in state.withLock { $0.metrics.changedPart(step: step, at: now) } }
    }

    /// After the definitions, and before any door is open.
    package func restore(_ part: ByteBuffer, at now: Moment) throws {
        try state.withLock { state in
            try state.metrics.restore(part, at: now)
            if state.lastPacket == nil { state.lastPacket = now }
        }
        store.touch()
    }
}
