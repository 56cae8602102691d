import HyperDHT
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Both ends of tunnels with what belongs to them, as the daemon holds them.
struct TunnelRoom: Sendable {
    private let client: TunnelService<ClientRole>?
    private let bridge: TunnelService<BridgeRole>?
    private let configuration: TunnelConfiguration
    private let prefix: String
    private let time: TimeSource

    struct Parts: Sendable {
        var registry: InstrumentRegistry
        var group: any EventLoopGroup
        /// What a client of ours has: the page, or a source.
        var metrics: ClientRole.Metrics
        var logger: Logger
        var time: TimeSource
    }

    /// Throws what says why a socket cannot be had, or a secret cannot be read.
    init(_ configuration: RootConfiguration, parts: Parts) throws {
        self.configuration = configuration.tunnel
        prefix = configuration.discovery.urlPrefix
        time = parts.time
        client = try configuration.tunnel.client.map { try Self.client($0, parts) }
        bridge = try configuration.tunnel.bridge.map { try Self.bridge($0, parts) }
        for path in configuration.tunnel.openFiles() {
            parts.logger.warning(
                "everybody on this machine may read a secret of the tunnel", metadata: ["file": "\(path)"])
        }
        let boards = [(TunnelInstruments.bridge, bridge?.board), (TunnelInstruments.client, client?.board)]
        let known = boards.compactMap { name, board in board.map { (name: name, board: $0) } }
        if !known.isEmpty { TunnelInstruments.add(to: parts.registry, known) }
    }

    var services: [any Service] {
        let services: [(any Service)?] = [bridge, client]
        return services.compactMap { $0 }
    }

    // MARK: Client

    private static func client(
        _ configuration: TunnelConfiguration.Client, _ parts: Parts
    ) throws -> TunnelService<ClientRole> {
        let identity = try configuration.identity()
        let settings = try configuration.settings()
        let socket = settings.way == .listening ? try Self.socket(configuration.host, configuration.port) : nil
        parts.logger.info(
            "tunnel to a bridge",
            metadata: [
                "alias": "\(configuration.alias)", "key": "\(identity.publicKey)", "bridge": "\(configuration.bridge)",
                "over": "\(configuration.bridgeURL?.description ?? socket?.name ?? "")",
            ])
        var node = DHTConfiguration()
        node.localAddresses = LocalAddresses.of(socket)
        return try TunnelService(
            .init(
                socket: socket, configuration: node,
                bootstrap: settings.way == .listening ? configuration.bootstrap : [],
                dial: try dial(configuration, parts), logger: parts.logger, time: parts.time)
        ) { now, post in
            ClientRole(
                TunnelClient(settings, identity: identity, at: now), metrics: parts.metrics, logger: parts.logger,
                post: post)
        }
    }

    /// How the bridge is called where UDP does not go through.
    private static func dial(
        _ configuration: TunnelConfiguration.Client, _ parts: Parts
    ) throws -> TunnelStreams.Dial? {
        guard let url = configuration.bridgeURL else { return nil }
        let dialer = try BridgeDialer(.init(url: url, caFile: configuration.caFile), group: parts.group)
        return { done in dialer.dial(done) }
    }

    // MARK: Bridge

    private static func bridge(
        _ configuration: TunnelConfiguration.Bridge, _ parts: Parts
    ) throws -> TunnelService<BridgeRole> {
        let identity = try configuration.seed.keyPair()
        let secret = try configuration.secret.read()
        let socket = configuration.usesDHT ? try Self.socket(configuration.host, configuration.port) : nil
        parts.logger.info(
            "bridge of tunnels",
            metadata: ["key": "\(identity.publicKey)", "on": "\(socket?.name ?? "streams only")"])
        var node = DHTConfiguration()
        node.publicAddress = configuration.publicAddress
        node.isOpen = configuration.isOpen
        node.localAddresses = LocalAddresses.of(socket)
        let known = try restored(configuration, parts)
        return try TunnelService(
            .init(
                socket: socket, configuration: node, bootstrap: configuration.usesDHT ? configuration.bootstrap : [],
                dial: nil, logger: parts.logger, time: parts.time)
        ) { now, post in
            BridgeRole(
                TunnelBridge(
                    configuration.settings, as: identity, secret: secret, restoring: known, at: now),
                as: identity, targetsPath: configuration.targetsFile, takesStreams: configuration.acceptsStreams,
                logger: parts.logger, post: post)
        }
    }

    private static func restored(
        _ configuration: TunnelConfiguration.Bridge, _ parts: Parts
    ) throws -> [AliasTarget] {
        guard !configuration.targetsFile.isEmpty else {
            parts.logger.notice(
                "aliases do not outlive a restart", metadata: ["why": "tunnel.bridge.targets_file is not set"])
            return []
        }
        let opened = try TargetsFile.open(configuration.targetsFile, at: parts.time())
        if let damage = opened.damage {
            parts.logger.error(
                "the file of aliases was damaged, what could be read of it counts",
                metadata: ["kept_as": "\(damage.path)", "faults": "\(damage.faults.joined(separator: "; "))"])
        }
        return opened.targets
    }

    private static func socket(_ host: String, _ port: Int) throws -> DatagramSocket {
        try DatagramSocket.udp(HostPort(host: host, port: port), buffer: TunnelSocket.receiveBuffer)
    }
}

// MARK: - What is served of it

extension TunnelRoom {
    var routes: [HTTPRoute] {
        var routes = [
            HTTPRoute(.exactly("/-/tunnel/status")) { _, _, loop in
                .later(status(loop).map { .text(.ok, $0.text) })
            }
        ]
        let isOpen = bridge != nil && configuration.bridge?.acceptsStreams == true
        let judge: StreamDoor.Judge = { [bridge] host, loop in
            let answer = OwedAnswer(StreamDoor.Verdict.refused("the tunnel is not running"), loop)
            bridge?.take(.wanted(host: host, answer))
            return answer.future
        }
        let door = StreamDoor(isOpen: { isOpen }, judge: judge)
        routes.append(door.route)
        if let bridge, let configured = configuration.bridge {
            routes +=
                TunnelRoutes(prefix: prefix, requestTimeout: configured.requestTimeout, time: time) {
                    bridge.post($0)
                }.all
        }
        return routes
    }

    /// The aliases that a bridge knows, for lists; `nil` without a bridge.
    var aliases: Routes.Aliases? {
        guard let bridge else { return nil }
        return { loop in BridgeRole.aliases(loop, of: { bridge.post($0) }).map { $0 ?? [] } }
    }

    private func status(_ loop: any EventLoop) -> EventLoopFuture<TunnelStatus> {
        let boards = [(TunnelInstruments.client, client?.board), (TunnelInstruments.bridge, bridge?.board)]
        let known = aliases?(loop) ?? loop.makeSucceededFuture([])
        return known.map { [time] aliases in
            let tunnels = boards.compactMap { name, board in board.map { (name: name, snapshot: $0.snapshot) } }
            return TunnelStatus(tunnels: tunnels, aliases: aliases, now: time().monotonic)
        }
    }
}
