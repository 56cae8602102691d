import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The doors for sockets: applications connect over TCP or a Unix socket and push their expositions.
///
/// Both listeners are open when ``init`` returns; ``run()`` serves them on one thread of its own until shutdown,
/// and reads what was already sent before it returns.
package final class SocketReceiver: Service {
    private let listeners: [ListeningSocket]
    private let makeLoop: @Sendable () throws -> ReceiverLoop
    private let wakeUp: WakeUp

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
        listeners = try Self.listen(configuration, logger: parts.logger)
        let wakeUp = try WakeUp()
        self.wakeUp = wakeUp
        let doors = listeners.map { listener -> (ListeningSocket, ReceiverInstruments) in
            let door: Snapshot.Origin.Door = listener.isUnix ? .unix : .tcp
            return (listener, ReceiverInstruments(registry: parts.registry, door: door))
        }
        makeLoop = {
            try ReceiverLoop(
                doors: doors.map { listener, instruments in
                    let desk = ReceiverDesk(
                        origin: .init(listener.isUnix ? .unix : .tcp, listener.name),
                        replies: configuration.replies, instruments: instruments, store: parts.store,
                        reserved: parts.reserved)
                    return ReceiverDoor(listener: listener, desk: desk, connectionsMax: connectionsMax)
                },
                configuration: configuration, budget: parts.budget, wakeUp: wakeUp, logger: parts.logger,
                time: parts.time)
        }
    }

    /// The addresses and paths that are listened on, as the kernel gave them.
    package var names: [String] { listeners.map(\.name) }

    private static func listen(_ configuration: Configuration, logger: Logger) throws -> [ListeningSocket] {
        var listeners: [ListeningSocket] = []
        if configuration.receivesOnUnixSocket {
            let path = try UnixSocketPath.usable(configuration.unixSocket, logger: logger)
            listeners.append(try UnixSocketFile.listen(at: path, configuration.unixSocketAccess))
        }
        if configuration.receivesOnTCPSocket {
            listeners.append(try ListeningSocket.tcp(configuration.tcpSocket))
        }
        for listener in listeners {
            logger.info(
                "receiving", metadata: ["on": "\(listener.name)", "format": "\(configuration.format.rawValue)"])
        }
        return listeners
    }

    package func run() async throws {
        guard !listeners.isEmpty else { return try await gracefulShutdown() }
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let outcome = await withGracefulShutdownHandler {
            await Self.result { [makeLoop] in try await threads.runIfActive { try makeLoop().run() } }
        } onGracefulShutdown: { [wakeUp] in
            wakeUp.requestStop()
        }
        for listener in listeners { listener.removeFile() }
        try await threads.shutdownGracefully()
        try outcome.get()
    }

    private static func result(_ body: @Sendable () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
