import Exposition
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The groups that jobs and functions have pushed, in order, on disk first, and served by the table.
///
/// A push that is acknowledged by its record is applied when its record is written, in the order of the records, so
/// that a restart finds what was acknowledged and nothing else.
package final class PushGateway: Service, LiveSource {
    private struct State {
        var groups: PushedGroups
        /// The number of the last record that was applied.
        var through: UInt64 = 0
        var isRestoring = false

        /// What was acknowledged once is judged by the limits of then, which are among what is restored.
        mutating func beginRestoring() {
            if !isRestoring { groups.limits = .none }
            isRestoring = true
        }
    }

    /// What became of a record, or why it could not be kept.
    package typealias Reply = @Sendable (Result<PushOutcome, JournalError>) -> Void

    // One lock, held for one push, and for a scrape while the groups that have changed are written out.
    private let state: Mutex<State>
    /// Of the start.
    private let limits: PushLimits
    private let store: SnapshotStore
    /// The sources that the table has no room for. Held while texts are made and put there: otherwise an older text
    /// could come after a newer one, and stay.
    private let unserved = Mutex<Set<ExactText>>([])
    /// Set once, before any door is open.
    private let kept = Mutex<Journal?>(nil)
    private let instruments: PushInstruments
    private let logger: Logger
    private let time: TimeSource

    package init(
        _ limits: PushLimits, store: SnapshotStore, instruments: PushInstruments, logger: Logger,
        time: @escaping TimeSource
    ) {
        self.limits = limits
        state = Mutex(State(groups: PushedGroups(limits: limits)))
        self.store = store
        self.instruments = instruments
        self.logger = logger
        self.time = time
    }

    /// Where records are kept from now on; without one nothing is. What was restored has come before.
    package func keep(in journal: Journal) {
        kept.withLock { $0 = journal }
        adopt(limits)
    }

    private var journal: Journal? { kept.withLock { $0 } }

    /// What holds from the next push on; written down, so that after a restart the pushes of before are judged as they
    /// were.
    package func adopt(_ limits: PushLimits) {
        if state.withLock({ $0.groups.limits == limits }) { return }
        submit(.limits(limits)) { result in
            if case .failure = result { self.state.withLock { $0.groups.limits = limits } }
        }
    }

    // MARK: Records

    /// Keeps and applies a record; `reply` is called once, perhaps at once, perhaps on another thread.
    package func submit(_ record: PushRecord, _ reply: @escaping Reply) {
        if let outcome = submitAtOnce(record) { return reply(.success(outcome)) }
        journal?.append(PushCodec.encode(record)) { result in
            switch result {
            case .success(let number): reply(.success(self.apply(record, number: number)))
            case .failure(let error): reply(.failure(error))
            }
        }
    }

    /// Keeps and applies a record; `nil`, and nothing done, where its being written has to be waited for.
    func submitAtOnce(_ record: PushRecord) -> PushOutcome? {
        guard let journal else { return apply(record, number: nil) }
        guard journal.ack == .memory, !journal.hasEnded else { return nil }
        let bytes = PushCodec.encode(record)
        let outcome = state.withLock { state in
            // Under the lock, so that the journal has the same order.
            let number = journal.append(bytes) { _ in }
            return apply(record, number, &state)
        }
        store.touch()
        return outcome
    }

    /// What the next push of a group may be like.
    func example(of group: GroupingKey) -> PushForm.Lines? { state.withLock { $0.groups.example(of: group) } }

    private func apply(_ record: PushRecord, number: UInt64?) -> PushOutcome {
        let outcome = state.withLock { apply(record, number, &$0) }
        store.touch()
        return outcome
    }

    private func apply(_ record: PushRecord, _ number: UInt64?, _ state: inout State) -> PushOutcome {
        let outcome = state.groups.apply(record)
        if let number { state.through = number }
        return outcome
    }

    // MARK: Serving

    /// Between two tries to serve groups that the table has had no room for.
    private static let unservedPause = Duration.seconds(10)

    package func refresh(at now: Moment) -> Moment? {
        unserved.withLock { unserved in
            let (changed, until) = state.withLock { $0.groups.render(at: now) }
            if changed.isEmpty { return until }
            let refused = put(changed)
            tell(refused.filter { !unserved.contains(ExactText($0)) })
            unserved = Set(refused.map(ExactText.init))
            if refused.isEmpty { return until }
            let keys = changed.filter { unserved.contains(ExactText($0.source)) }.map(\.key)
            state.withLock { $0.groups.markUnrendered(keys) }
            let again = now.advanced(by: Self.unservedPause)
            return until.map { $0.monotonic < again.monotonic ? $0 : again } ?? again
        }
    }

    private func tell(_ refused: [String]) {
        guard let first = refused.first else { return }
        instruments.unserved.increment(by: refused.count)
        logger.error(
            "groups are not served, store.sources_max is reached",
            metadata: ["groups": "\(refused.count)", "first": "\(EscapedText.visible(first))"])
    }

    /// Answers the sources that the table has no room for.
    private func put(_ changed: [PushedGroups.Rendered]) -> [String] {
        store.refresh(
            changed.map { rendering in
                let snapshot = rendering.body.map { body in
                    Snapshot(
                        source: rendering.source, origin: .init(.push, rendering.key.path), receivedAt: rendering.at,
                        body: body)
                }
                return (rendering.source, snapshot)
            })
    }

    /// All groups, by name; on a thread that may wait.
    package func groups() -> [PushedGroupSummary] {
        let now = time()
        // One after the other: pushes come in between.
        return state.withLock { $0.groups.groupingKeys }.compactMap { key in
            state.withLock { $0.groups.summary(of: key, at: now) }
        }
    }

    /// The first `count` groups that a search finds, in its order, and how many it finds; on a thread that may wait.
    package func groups(_ search: GroupSearch, first count: Int) -> (groups: [PushedGroupSummary], found: Int) {
        let now = time()
        let briefs = state.withLock { $0.groups.briefs(withFamilies: search.isForText) }
        let found = search.find(in: briefs)
        let groups = found.prefix(count).compactMap { key in
            state.withLock { $0.groups.summary(of: key, at: now) }
        }
        return (groups, found.count)
    }

    /// What a deletion would find; on a thread that may wait.
    func select(
        olderThan age: Duration?, where isWanted: ((_ name: String, _ labels: LabelSet) -> Bool)?
    ) -> PushSelection {
        let now = time()
        let keys = state.withLock { $0.groups.groupingKeys }
        // One after the other, and looked through without the lock: what is wanted may take long to say.
        let groups = keys.lazy.compactMap { key in self.state.withLock { $0.groups.group(of: key) } }
        return PushSelection(of: groups, olderThan: age, at: now, where: isWanted)
    }

    package var groupCount: Int { state.withLock { $0.groups.count } }

    package var seriesCount: Int { state.withLock { $0.groups.series } }

    // MARK: Age

    /// Between two looks for what has expired.
    private static let pause = Duration.seconds(1)

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                self.expire(at: self.time())
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func expire(at now: Moment) {
        let isDue = state.withLock { state in
            state.groups.keys.dropOld(at: now.monotonic)
            return state.groups.isExpiryDue(at: now)
        }
        guard isDue else { return }
        submit(.expire(at: now)) { [instruments] result in
            if case .success(.removed(let series, let groups)) = result {
                instruments.expiredSeries.increment(by: series)
                instruments.expiredGroups.increment(by: groups)
            }
        }
    }
}

extension PushGateway: JournalKeeper {
    package func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws {
        try state.withLock { state in
            state.beginRestoring()
            try state.groups.restore(part, at: now)
        }
        store.touch()
    }

    package func replay(_ record: ByteBuffer, number: UInt64, at now: Moment) throws {
        let record = try PushCodec.decode(record, at: now)
        state.withLock { $0.beginRestoring() }
        _ = apply(record, number: number)
    }

    package func changedParts() -> (parts: [(key: String, part: ByteBuffer?)], through: UInt64) {
        state.withLock { ($0.groups.changedParts().map { ($0.key, $0.bytes) }, $0.through) }
    }
}
