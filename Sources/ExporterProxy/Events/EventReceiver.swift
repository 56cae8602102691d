import Logging
import ServiceLifecycle
import Synchronization

/// The doors of packets of events: UDP, a Unix datagram socket, and TCP.
///
/// Those that the configuration names are open when ``init(_:parts:)`` returns; ``run()`` reads them on one thread of
/// its own until shutdown, and takes what was already sent before it returns. Another configuration is made ready by
/// ``prepare(_:)`` and holds when ``apply(_:)`` returns.
package final class EventReceiver: Service {
    package struct Parts: Sendable {
        package var room: EventRoom
        package var registry: InstrumentRegistry
        package var logger: Logger
        package var time: TimeSource

        package init(
            room: EventRoom, registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource
        ) {
            self.room = room
            self.registry = registry
            self.logger = logger
            self.time = time
        }
    }

    /// The open ones.
    struct Doors: Sendable {
        var udp: DatagramSocket?
        var unix: DatagramSocket?
        var tcp: ListeningSocket?

        /// The addresses and paths, as the kernel gave them.
        var names: [String] { [udp?.name, unix?.name, tcp?.name].compactMap { $0 } }
    }

    /// A configuration that can hold at once: its doors are open.
    package struct Change: Sendable {
        let configuration: EventsConfiguration
        let doors: Doors
        /// `nil` as long as there has been no door.
        let instruments: EventInstruments?
        /// Rings when the thread works with it.
        let done = Bell()
        /// Whose file had another owner or mode before, and which.
        var changedFile: (socket: DatagramSocket, before: UnixSocketFile.Access)?
    }

    private struct State {
        var configuration: EventsConfiguration
        var doors = Doors()
        var instruments: EventInstruments?
    }

    // One lock, held for copies; only one reload at a time writes here.
    private let state: Mutex<State>
    private let parts: Parts
    private let mailbox: Mailbox<Change>

    /// Opens the doors that `configuration` names; throws what says why one of them cannot be had.
    package init(_ configuration: EventsConfiguration, parts: Parts) throws {
        self.parts = parts
        mailbox = try Mailbox()
        state = Mutex(State(configuration: configuration))
        let first = try prepare(configuration)
        keep(first)
        mailbox.post(first)
    }

    /// The addresses and paths that packets come to.
    package var names: [String] { state.withLock { $0.doors.names } }

    package func run() async throws {
        try await LoopThread.run(stoppedBy: mailbox.wakeUp) { [self] in try makeLoop().run() }.get()
    }

    private func makeLoop() throws -> EventReceiverLoop {
        try EventReceiverLoop(
            mailbox: mailbox, room: parts.room, logger: parts.logger, time: parts.time)
    }

    // MARK: Reload

    /// Opens what `configuration` names otherwise than now; throws where something cannot be had, and then nothing has
    /// changed.
    ///
    /// Blocks. What comes of it is to be given to ``apply(_:)`` or to ``abandon(_:)``.
    package func prepare(_ configuration: EventsConfiguration) throws -> Change {
        let now = state.withLock { $0 }
        let doors = Doors(
            udp: try udp(configuration, now), unix: try unix(configuration, now), tcp: try tcp(configuration, now))
        let needsInstruments = now.instruments == nil && configuration.isOpen
        let instruments =
            needsInstruments
            ? EventInstruments(registry: parts.registry, room: parts.room) : now.instruments
        var change = Change(configuration: configuration, doors: doors, instruments: instruments)
        let before = now.configuration.unixSocketAccess
        if before != configuration.unixSocketAccess, let kept = doors.unix, kept === now.doors.unix {
            try kept.setFileAccess(configuration.unixSocketAccess)
            change.changedFile = (kept, before)
        }
        return change
    }

    private func udp(_ configuration: EventsConfiguration, _ now: State) throws -> DatagramSocket? {
        guard let address = configuration.listen else { return nil }
        if let old = now.doors.udp, now.configuration.listen == address { return old }
        let old = now.doors.udp.flatMap { HostPort($0.name)?.port == address.port ? $0 : nil }
        return try DatagramSocket.udp(address, buffer: configuration.receiveBuffer, sharingPortOf: old)
    }

    private func unix(_ configuration: EventsConfiguration, _ now: State) throws -> DatagramSocket? {
        let path = configuration.unixSocket
        if path.isEmpty { return nil }
        if let old = now.doors.unix, now.configuration.unixSocket == path, old.isFileThere { return old }
        return try UnixSocketFile.receive(
            at: path, configuration.unixSocketAccess, buffer: configuration.receiveBuffer)
    }

    private func tcp(_ configuration: EventsConfiguration, _ now: State) throws -> ListeningSocket? {
        guard let address = configuration.tcpListen else { return nil }
        if let old = now.doors.tcp, now.configuration.tcpListen == address { return old }
        let old = now.doors.tcp.flatMap { HostPort($0.name)?.port == address.port ? $0 : nil }
        return try ListeningSocket.tcp(address, sharingPortOf: old)
    }

    /// Returns when `change` holds: what was sent to doors that are gone has been read.
    package func apply(_ change: Change) async {
        keep(change)
        mailbox.post(change)
        await change.done.wait()
    }

    /// Takes back what ``prepare(_:)`` has done; new doors close with their last holder.
    package func abandon(_ change: Change) {
        // A new socket on the port of the old one has had its share of the datagrams.
        if let udp = change.doors.udp, udp !== state.withLock({ $0.doors.udp }) { takeAll(of: udp, change) }
        guard let (socket, before) = change.changedFile else { return }
        try? socket.setFileAccess(before)
    }

    private func takeAll(of socket: DatagramSocket, _ change: Change) {
        let batch = DatagramBatch(bytesMax: change.configuration.packetBytesMax)
        let end = parts.time().advanced(by: .seconds(1))
        while parts.time().monotonic < end.monotonic, let count = try? batch.receive(from: socket), count > 0 {
            let tally = parts.room.take(count, at: parts.time(), datagram: batch.datagram)
            change.instruments?.count(tally, datagrams: count, at: .udp)
        }
    }

    /// Makes what `change` says what is known, and says which doors come and go.
    private func keep(_ change: Change) {
        let before = state.withLock { state in
            let before = state.doors
            state = State(
                configuration: change.configuration, doors: change.doors, instruments: change.instruments)
            return before
        }
        // First the definitions, so that no packet comes before that of its metric.
        parts.room.adopt(change.configuration.settings, address: change.doors.names.joined(separator: ", "))
        for line in change.configuration.warnings {
            parts.logger.warning("definitions of events", metadata: ["problem": "\(line)"])
        }
        for name in before.names where !change.doors.names.contains(name) {
            parts.logger.info("no longer receiving events", metadata: ["on": "\(name)"])
        }
        for socket in [change.doors.udp, change.doors.unix].compactMap({ $0 }) {
            let isOld = socket === before.udp || socket === before.unix
            let hasOtherBuffer = isOld && socket.setBuffer(change.configuration.receiveBuffer)
            if !isOld || hasOtherBuffer { tell(of: socket) }
        }
        if let listener = change.doors.tcp, listener !== before.tcp {
            parts.logger.info("receiving events in lines", metadata: ["on": "\(listener.name)"])
        }
    }

    private func tell(of socket: DatagramSocket) {
        let buffer: Logger.Metadata = [
            "on": "\(socket.name)", "buffer_asked": "\(socket.bufferAsked)", "buffer": "\(socket.bufferGranted)",
        ]
        parts.logger.info("receiving events", metadata: buffer)
        guard socket.bufferGranted < socket.bufferAsked else { return }
        parts.logger.warning("the receive buffer is smaller than asked for, see net.core.rmem_max", metadata: buffer)
    }
}
