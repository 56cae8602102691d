import HyperDHT
import Logging

/// What a loop is told by others.
enum TunnelMessage<RoleMessage: Sendable>: Sendable {
    case role(RoleMessage)
    case stream(StreamNews)
    case nodes(BootstrapNodes.Found)
}

/// The thread of a tunnel: its socket, its networks, and what stands on them.
///
/// Everything here is confined to the thread that calls ``run()``; the rest of the program only sees the ``Mailbox``.
/// It sleeps while nothing comes and nothing is due.
final class TunnelLoop<Role: TunnelRole> {
    private enum Token {
        static var wakeUp: UInt64 { 0 }
        static var socket: UInt64 { 1 }
    }

    /// How long an orderly end may take, in nanoseconds: what was said is sent, and nodes are told that we go.
    private static var endTime: Int64 { 1_500_000_000 }

    private var queue: ReadinessQueue
    private let mailbox: Mailbox<TunnelMessage<Role.Message>>
    /// `nil` where there are streams only.
    private let socket: TunnelSocket?
    private let time: TimeSource
    private let board: TunnelBoard
    private var networks: Networks
    private var role: Role
    private var streams: TunnelStreams
    private var nodes: BootstrapNodes
    private let log: TunnelLog
    private var hasMoreToRead = false

    init(
        _ role: Role, _ networks: Networks, socket: DatagramSocket?, streams: TunnelStreams, nodes: BootstrapNodes,
        mailbox: Mailbox<TunnelMessage<Role.Message>>, board: TunnelBoard, logger: Logger, time: @escaping TimeSource
    ) throws(SystemError) {
        self.nodes = nodes
        log = TunnelLog(logger: logger)
        queue = try ReadinessQueue(eventsMax: 2)
        (self.role, self.networks, self.streams) = (role, networks, streams)
        (self.mailbox, self.board, self.time) = (mailbox, board, time)
        self.socket = socket.map(TunnelSocket.init)
        try queue.add(mailbox.wakeUp.descriptor.raw, token: Token.wakeUp, .read)
        if let socket { try queue.add(socket.descriptor.raw, token: Token.socket, .read) }
    }

    /// Returns some time after ``WakeUp/requestStop()``. Throws where the socket is broken for good.
    func run() throws {
        role.begin(in: &networks, at: now)
        tend()
        while !mailbox.wakeUp.stopIsRequested { try turn() }
        role.stop(in: &networks, at: now)
        networks.dht.shutDown(at: now)
        let end = now + Self.endTime
        tend()
        while now < end, !((socket == nil || networks.dht.isDown) && networks.streams.count == 0) {
            try turn(until: end)
        }
        networks.dht.destroyAll()
        tend()
        streams.abort()
        board.put(snapshot, at: now)
    }

    private var now: Int64 { time().monotonic }

    private func turn(until end: Int64 = .max) throws {
        for index in 0..<(try queue.wait(milliseconds: patience(until: end))) {
            switch queue.token(index) {
            case Token.socket: hasMoreToRead = true
            default: mailbox.wakeUp.clear()
            }
        }
        while let message = mailbox.takeNext() { take(message) }
        if hasMoreToRead, let socket { hasMoreToRead = try socket.receive(into: &networks.dht, at: now) }
        tend()
    }

    /// Milliseconds, rounded up: nothing is due before its time.
    private func patience(until end: Int64) -> Int32 {
        if hasMoreToRead || networks.streams.isPollDue { return 0 }
        let now = now
        let deadlines = [
            // Without a socket there is no DHT.
            socket == nil ? .max : networks.dht.nextDeadline(after: now), networks.streams.nextDeadline ?? .max,
            role.nextDeadline ?? .max, board.nextDeadline ?? .max, nodes.dueAt ?? .max, end,
        ]
        guard let next = deadlines.min(), next < .max else { return -1 }
        return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
    }

    private func take(_ message: TunnelMessage<Role.Message>) {
        switch message {
        case .role(let message): role.take(message, in: &networks, at: now)
        case .stream(let news): streams.take(news, in: &networks.streams, server: role.streamServer, at: now)
        case .nodes(let found):
            if nodes.take(found, at: now) { log.sayMissing(found.missing) }
            if !found.addresses.isEmpty { networks.dht.use(bootstrap: found.addresses, at: now) }
        }
    }

    /// What follows from what has come, and from time.
    private func tend() {
        let now = now
        nodes.poll(at: now, nodesKnown: networks.dht.nodesKnown)
        hearOut(at: now)
        role.poll(in: &networks, at: now)
        role.act(in: &networks, at: now)
        networks.streams.poll(at: now)
        streams.act(&networks.streams)
        if let socket { socket.poll(&networks.dht, at: now) }
        hearOut(at: now)
        role.act(in: &networks, at: now)
        if board.isDue(at: now) { board.put(snapshot, at: now) }
    }

    private var snapshot: TunnelSnapshot {
        TunnelSnapshot(
            node: networks.dht.nodeCounters, endpoint: networks.dht.counters, streams: networks.streams.counters,
            nodesKnown: networks.dht.nodesKnown, connections: networks.dht.connectionCount,
            streamConnections: networks.streams.count, datagramsRefused: socket?.refused ?? 0,
            usesDHT: socket != nil, publicAddress: networks.dht.publicAddress,
            isBehindRandomNAT: networks.dht.isBehindRandomNAT,
            part: role.snapshot)
    }

    private func hearOut(at now: Int64) {
        while let event = networks.dht.nextNodeEvent() { role.take(event, at: now) }
        while let (transport, event) = networks.nextEvent() {
            role.take(event, over: transport, in: &networks, at: now)
        }
    }
}
