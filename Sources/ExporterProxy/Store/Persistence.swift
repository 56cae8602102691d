import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The state on disk: what was pushed survives the end of the process, however that comes.
///
/// Everything that was kept is back when ``open(_:parts:)`` returns, so it comes before the doors. One thread reads and
/// writes; the service has it save the snapshots of sockets now and then, and everything at the end, when the doors
/// have closed.
package final class Persistence: Service {
    package struct Parts: Sendable {
        package var store: SnapshotStore
        package var reserved: ReservedNames
        /// Without one records are neither read nor removed.
        package var keeper: (any JournalKeeper)?
        package var partKeepers: [any PartKeeper]
        package var registry: InstrumentRegistry
        package var logger: Logger
        package var time: TimeSource

        package init(
            store: SnapshotStore, reserved: ReservedNames, keeper: (any JournalKeeper)?,
            partKeepers: [any PartKeeper] = [], registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource
        ) {
            self.store = store
            self.reserved = reserved
            self.keeper = keeper
            self.partKeepers = partKeepers
            self.registry = registry
            self.logger = logger
            self.time = time
        }
    }

    private struct State {
        var saveInterval: Duration
        /// Ends the sleep of this round.
        var changed = Bell()
        /// When somebody last had everything saved at once, and whether somebody has asked since.
        var askedAt: ContinuousClock.Instant?
        var isOwed = false
    }

    package let journal: Journal
    /// Where the state is.
    package let path: String
    private let threads: NIOThreadPool
    /// Rings when the writer has come to its end.
    private let ended: Bell
    private let state: Mutex<State>

    private init(
        _ journal: Journal, _ path: String, _ threads: NIOThreadPool, _ ended: Bell, saveInterval: Duration
    ) {
        self.journal = journal
        self.path = path
        self.threads = threads
        self.ended = ended
        state = Mutex(State(saveInterval: saveInterval))
    }

    /// `nil` where nothing is to be kept. Throws what says why the folder cannot be used.
    package static func open(_ configuration: Configuration, parts: Parts) async throws -> Persistence? {
        guard !configuration.path.isEmpty else {
            parts.logger.info("nothing is kept on disk, store.path is not set")
            return nil
        }
        let journal = Journal(ack: configuration.ack, registry: parts.registry)
        let instruments = PersistenceInstruments(registry: parts.registry)
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let ended = Bell()
        let path: String
        do {
            let folder = try PersistenceFolder.open(configuration.path, logger: parts.logger)
            path = folder.path
            try await start(folder, journal, threads, ended, parts, instruments)
        } catch {
            try await threads.shutdownGracefully()
            throw error
        }
        return Persistence(journal, path, threads, ended, saveInterval: configuration.saveInterval)
    }

    /// Has the thread begin its work; returns when it has read everything.
    private static func start(
        _ folder: PersistenceFolder, _ journal: Journal, _ threads: NIOThreadPool, _ ended: Bell, _ parts: Parts,
        _ instruments: PersistenceInstruments
    ) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            threads.submit { _ in
                do {
                    let writer = try PersistenceWriter(folder, journal, parts, instruments)
                    continuation.resume()
                    writer.run()
                } catch {
                    continuation.resume(throwing: error)
                }
                ended.ring()
                // The next process may come now.
                withExtendedLifetime(folder) {}
            }
        }
    }

    deinit {
        // Where the service has not run, because something else could not start.
        journal.requestEnd()
        threads.shutdownGracefully { _ in }
    }

    /// How often snapshots are saved. Setting it saves at once.
    package var saveInterval: Duration {
        get { state.withLock { $0.saveInterval } }
        set {
            let changed = state.withLock { state in
                state.saveInterval = newValue
                return state.changed
            }
            changed.ring()
        }
    }

    /// Has snapshots and parts saved at once, or, where that was asked for less than a second ago, at the end of it.
    package func saveSoon() {
        let now = ContinuousClock.now
        let bell: Bell? = state.withLock { state in
            state.isOwed = state.askedAt.map { now - $0 < Self.askingPause } ?? false
            if !state.isOwed { state.askedAt = now }
            return state.isOwed ? state.changed : nil
        }
        if let bell { bell.ring() } else { journal.requestSave() }
    }

    private static let askingPause = Duration.seconds(1)

    /// When what is owed is due; then it is not owed any more.
    private func payment() -> ContinuousClock.Instant? {
        state.withLock { state in
            guard state.isOwed, let askedAt = state.askedAt else { return nil }
            let due = askedAt + Self.askingPause
            (state.isOwed, state.askedAt) = (false, due)
            return due
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let round = self.state.withLock { state in
                    state.changed = Bell()
                    return state
                }
                self.journal.requestSave()
                await round.changed.cancels { try? await Task.sleep(for: round.saveInterval) }
                if let due = self.payment() { try? await Task.sleep(until: due) }
            }
        }
        journal.requestEnd()
        await ended.wait()
        try await threads.shutdownGracefully()
    }
}
