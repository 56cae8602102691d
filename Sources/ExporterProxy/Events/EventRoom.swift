import NIOCore
import Synchronization

/// The values that datagrams, and lines of the same form, have brought; one source of the table.
///
/// Doors call ``take(_:at:)`` from any thread; what they are answered says what they have to count.
package final class EventRoom: LiveSource {
    private struct State {
        var metrics: EventMetrics
        /// The table has been told of a change that it has not been given yet.
        var isAnnounced = false
        var lastPacket: Moment?
    }

    // One lock, held for the packets that are there, and for a scrape while one metric is written out.
    private let state: Mutex<State>
    /// Held while a page is made and put into the table, so that an older one does not come after a newer one.
    private let looks = Mutex<Void>(())
    private let store: SnapshotStore
    package let source: String
    private let origin: Snapshot.Origin

    /// - Parameter address: what people are shown as the place where packets come in.
    package init(_ settings: EventSettings, store: SnapshotStore, source: String = "events", address: String) {
        state = Mutex(State(metrics: EventMetrics(settings)))
        self.store = store
        self.source = source
        origin = Snapshot.Origin(.events, address)
    }

    /// Values stay where the new definition of a metric has the same kind, labels and buckets.
    package var settings: EventSettings {
        get { state.withLock { $0.metrics.settings } }
        set {
            state.withLock { $0.metrics.adopt(newValue) }
            store.touch()
        }
    }

    package var seriesCount: Int { state.withLock { $0.metrics.seriesCount } }

    // MARK: Doors

    /// One datagram, or the lines that have come.
    package func take(_ datagram: UnsafeRawBufferPointer, at now: Moment) -> EventTally {
        take(1, at: now) { _ in datagram }
    }

    /// Several datagrams at once, by their numbers: all under one lock.
    package func take(_ count: Int, at now: Moment, datagram: (Int) -> UnsafeRawBufferPointer) -> EventTally {
        var tally = EventTally()
        let isNews = state.withLock { state in
            for number in 0..<count {
                state.metrics.take(datagram(number), at: now.monotonic, into: &tally)
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

    package func refresh(at now: Moment) -> Moment? { looks.withLock { _ in look(at: now) } }

    private func look(at now: Moment) -> Moment? {
        let steps = state.withLock { state in
            state.isAnnounced = false
            return state.metrics.renderSteps
        }
        // One lock for each metric, so that packets do not wait for all of them.
        for step in 0..<steps { state.withLock { $0.metrics.render(step: step, at: now.monotonic) } }
        let (page, received) = state.withLock { ($0.metrics.page(at: now.monotonic), $0.lastPacket) }
        let snapshot = Snapshot(source: source, origin: origin, receivedAt: received ?? now, body: page.text)
        _ = store.refresh([(source, page.text.readableBytes == 0 ? nil : snapshot)])
        guard page.until != .max else { return nil }
        let left = page.until.subtractingReportingOverflow(now.monotonic)
        return left.overflow ? nil : now.advanced(by: .nanoseconds(max(0, left.partialValue)))
    }

    // MARK: Age

    /// Removes the series of which no packet has come for long; answers how many. To be called once a second or so.
    package func expire(at now: Moment) -> Int {
        let gone = state.withLock { $0.metrics.expire(at: now.monotonic) }
        if gone > 0 { store.touch() }
        return gone
    }

    // MARK: The state on disk

    /// Whether a part of the state on disk is one of these.
    package static func isPart(_ key: String) -> Bool { EventMetrics.isPart(key) }

    /// The parts that differ from those said before; `nil` where there is no such part any more.
    package func changedParts(at now: Moment) -> [(key: String, part: ByteBuffer?)] {
        state.withLock { $0.metrics.changedParts(at: now) }
    }

    /// Takes a part that was said by ``changedParts(at:)``; after the definitions, and before any door is open.
    package func restore(_ part: ByteBuffer, at now: Moment) throws {
        try state.withLock { state in
            try state.metrics.restore(part, at: now)
            if state.lastPacket == nil { state.lastPacket = now }
        }
        store.touch()
    }
}
