import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The doors for sockets: applications connect over TCP or a Unix socket and push their expositions.
///
/// Both listeners are open when ``init`` returns; ``run()`` serves them on one thread of its own until shutdown,
/// and reads what was already sent before it returns. Another configuration is made ready by
/// ``prepare(_:connectionsMax:reserved:)`` and holds when ``apply(_:)`` returns.
package final class SocketReceiver: Service {
    private struct State {
        var configuration: Configuration
        var listeners: [Listener] = []
        /// Of every door that there has been: counters begin once.
        var instruments: [Snapshot.Origin.Door: ReceiverInstruments] = [:]
    }

    // One lock, held for copies; only one reload at a time writes here.
    private let state: Mutex<State>
    private let parts: Parts
    private let mailbox: Mailbox<SocketReceiver.Change>

    package struct Parts: Sendable {
        package var store: SnapshotStore
        package var reserved: ReservedNames
        package var registry: InstrumentRegistry
        package var budget: DescriptorBudget
        package var logger: Logger
        package var time: TimeSource

        package init(
            store: SnapshotStore, reserved: ReservedNames, registry: InstrumentRegistry, budget: DescriptorBudget,
            logger: Logger, time: @escaping TimeSource
        ) {
            self.store = store
            self.reserved = reserved
            self.registry = registry
            self.budget = budget
            self.logger = logger
            self.time = time
        }
    }

    /// Opens the listeners that `configuration` names; throws what says why one of them cannot be had.
    package init(_ configuration: Configuration, connectionsMax: Int, parts: Parts) throws {
        self.parts = parts
        mailbox = try Mailbox()
        let opened = try Self.open(configuration, besides: State(configuration: configuration), parts)
        state = Mutex(State(configuration: configuration))
        let first = Change(
            configuration: configuration, connectionsMax: connectionsMax, reserved: parts.reserved,
            listeners: opened)
        keep(first)
        mailbox.post(first)
    }

    /// The addresses and paths that are listened on, as the kernel gave them.
    package var names: [String] { state.withLock { $0.listeners.map(\.socket.name) } }

    package func run() async throws {
        let outcome = await LoopThread.run(stoppedBy: mailbox.wakeUp) { [self] in try makeLoop().run() }
        for listener in state.withLock({ $0.listeners }) { listener.socket.removeFile() }
        try outcome.get()
    }

    private func makeLoop() throws -> ReceiverLoop {
        try ReceiverLoop(
            state.withLock { $0.configuration }, mailbox: mailbox, store: parts.store, budget: parts.budget,
            logger: parts.logger,
            time: parts.time)
    }

    // MARK: Listeners

    /// All listeners of `configuration`: those of `state` that are at their place, and new ones.
    private static func open(_ configuration: Configuration, besides state: State, _ parts: Parts) throws -> [Listener]
    {
        try [Snapshot.Origin.Door.unix, .tcp].compactMap { door in
            guard let place = configuration.place(of: door) else { return nil }
            let old = state.listeners.first { $0.door == door }
            if let old, state.configuration.place(of: door) == place { return old }
            let socket: ListeningSocket
            switch place {
            case .unix(let path):
                let usable = try UnixSocketPath.usable(path, logger: parts.logger)
                socket = try UnixSocketFile.listen(at: usable, configuration.unixSocketAccess)
            case .tcp(let address):
                let isSamePort = old.flatMap { HostPort($0.socket.name) }?.port == address.port
                socket = try ListeningSocket.tcp(address, sharingPortOf: isSamePort ? old?.socket : nil)
            }
            let instruments = state.instruments[door] ?? ReceiverInstruments(registry: parts.registry, door: door)
            return Listener(socket: socket, instruments: instruments)
        }
    }

    /// Makes the listeners of `change` those that are known, and says which come and go.
    private func keep(_ change: Change) {
        let before = state.withLock { state in
            let before = state.listeners
            state.configuration = change.configuration
            state.listeners = change.listeners
            for listener in change.listeners { state.instruments[listener.door] = listener.instruments }
            return before
        }
        let format = change.configuration.format.rawValue
        for socket in before.map(\.socket) where !change.listeners.contains(where: { $0.socket === socket }) {
            parts.logger.info("no longer receiving", metadata: ["on": "\(socket.name)"])
        }
        for socket in change.listeners.map(\.socket) where !before.contains(where: { $0.socket === socket }) {
            parts.logger.info("receiving", metadata: ["on": "\(socket.name)", "format": "\(format)"])
        }
    }

    // MARK: Reload

    /// Opens what `configuration` listens on otherwise than now; throws where something cannot be had, and then
    /// nothing has changed.
    ///
    /// Blocks. What comes of it is to be given to ``apply(_:)`` or to ``abandon(_:)``.
    package func prepare(
        _ configuration: Configuration, connectionsMax: Int, reserved: ReservedNames
    ) throws -> Change {
        let now = state.withLock { $0 }
        var change = Change(
            configuration: configuration, connectionsMax: connectionsMax, reserved: reserved,
            listeners: try Self.open(configuration, besides: now, parts))
        let before = now.configuration.unixSocketAccess
        if before != configuration.unixSocketAccess,
            let kept = now.listeners.first(where: { $0.door == .unix })?.socket,
            change.listeners.contains(where: { $0.socket === kept })
        {
            try kept.setFileAccess(configuration.unixSocketAccess)
            change.changedFile = (kept, before)
        }
        return change
    }

    /// Returns when `change` holds: messages that begin from now on are taken as it says, and the connections of a
    /// listener that is gone end after what was sent.
    package func apply(_ change: Change) async {
        keep(change)
        mailbox.post(change)
        await change.done.wait()
    }

    /// Takes back what ``prepare(_:connectionsMax:reserved:)`` has done; new listeners close with the last holder.
    package func abandon(_ change: Change) {
        guard let (listener, before) = change.changedFile else { return }
        try? listener.setFileAccess(before)
    }
}
