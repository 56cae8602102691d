import HyperDHT
import Logging
import ServiceLifecycle

/// A tunnel as a service: its socket is open when it is made; ``run()`` serves it on one thread of its own until
/// shutdown.
final class TunnelService<Role: TunnelRole>: Service {
    typealias Message = TunnelMessage<Role.Message>

    struct Parts: Sendable {
        /// Where other nodes are reached; `nil` for a tunnel over streams alone.
        var socket: DatagramSocket?
        /// Without its nodes to begin with.
        var configuration: DHTConfiguration
        var bootstrap: [HostPort]
        var dial: TunnelStreams.Dial?
        var logger: Logger
        var time: TimeSource
    }

    let board = TunnelBoard()
    private let parts: Parts
    private let mailbox: Mailbox<Message>
    private let makeRole: @Sendable (_ at: Int64, _ post: @escaping @Sendable (Role.Message) -> Void) -> Role

    /// - Parameter makeRole: is given a way to tell the role something from anywhere.
    init(
        _ parts: Parts,
        makeRole: @escaping @Sendable (_ at: Int64, _ post: @escaping @Sendable (Role.Message) -> Void) -> Role
    ) throws {
        self.parts = parts
        self.makeRole = makeRole
        mailbox = try Mailbox()
    }

    func post(_ message: Role.Message) { mailbox.post(.role(message)) }

    /// Hands over a stream that came, which is `handle` to whoever owns it.
    func take(_ news: StreamNews) { mailbox.post(.stream(news)) }

    func run() async throws {
        try await LoopThread.run(stoppedBy: mailbox.wakeUp) { [self] in try makeLoop().run() }.get()
    }

    private func makeLoop() throws -> TunnelLoop<Role> {
        let now = parts.time().monotonic
        let role = makeRole(now) { [mailbox] in mailbox.post(.role($0)) }
        let streams = TunnelStreams(dial: parts.dial) { [mailbox] in mailbox.post(.stream($0)) }
        return try TunnelLoop(
            role, Networks(dht: DHTEndpoint(parts.configuration, at: now), streams: StreamPeers()),
            socket: parts.socket,
            streams: streams, nodes: BootstrapNodes(parts.bootstrap, at: now) { [mailbox] in mailbox.post(.nodes($0)) },
            mailbox: mailbox, board: board, logger: parts.logger, time: parts.time)
    }
}
