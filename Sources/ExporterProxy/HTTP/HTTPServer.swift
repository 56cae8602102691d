import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The one port of the proxy.
///
/// The port is opened by ``open(_:router:group:registry:logger:time:)``, last of all doors: whoever can connect to it
/// finds every other door open. Another configuration is made ready by ``prepare(_:)`` and holds from ``apply(_:)`` on.
package final class HTTPServer: Service {
    // One lock, held for a copy: a reload puts another listener here.
    private let current: Mutex<any Channel>
    private let group: any EventLoopGroup
    private let parts: HTTPConnection.Parts
    private let tls: TLSParts
    private let logger: Logger
    private let isStopping = Atomic(false)

    private init(
        listener: any Channel, group: any EventLoopGroup, parts: HTTPConnection.Parts, tls: TLSParts, logger: Logger
    ) {
        current = Mutex(listener)
        self.group = group
        self.parts = parts
        self.tls = tls
        self.logger = logger
        sayWhere(listener)
    }

    /// Opens the port and begins to serve; throws ``SystemError`` where the port cannot be had, and ``TLSFailure``
    /// where its certificate cannot be used. Without `tls` it speaks plain HTTP.
    package static func open(
        _ configuration: Configuration, tls: TLS.Configuration? = nil, router: HTTPRouter, group: any EventLoopGroup,
        registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource
    ) async throws -> HTTPServer {
        let tls = TLSParts(
            keeper: TLSKeeper(
                try tls.map(TLSMaterial.init), registry: registry, logger: logger, time: time),
            instruments: TLSInstruments(registry: registry), logger: logger)
        let instruments = HTTPInstruments(registry: registry, patterns: router.patterns)
        let connections = HTTPConnections(configuration, evicted: instruments.evicted)
        let parts = HTTPConnection.Parts(
            router: router, head: HTTPResponseHead(time: time, others: router.headers), connections: connections,
            configuration: configuration, instruments: instruments)
        registry.gauge("exporter_proxy_http_connections", help: "Open HTTP connections.") {
            Double(connections.count)
        }
        registry.gauge("exporter_proxy_http_body_bytes", help: "Bytes of request bodies that are held now.") {
            Double(connections.bodyBudget.heldBytes)
        }
        let listener = try await bind(configuration.address, bootstrap(group, parts, tls)).get()
        return HTTPServer(listener: listener, group: group, parts: parts, tls: tls, logger: logger)
    }

    private static func bind(
        _ address: HostPort, _ bootstrap: ServerBootstrap
    ) throws -> EventLoopFuture<any Channel> {
        bootstrap.bind(to: try address.resolved()).flatMapErrorThrowing { error in
            guard let error = error as? IOError else { throw error }
            throw SystemError("listen on \(address)", code: error.errnoCode)
        }
    }

    private var listener: any Channel { current.withLock { $0 } }

    package var port: Int? { listener.localAddress?.port }

    /// Where it listens; a port 0 as the kernel chose it.
    package var address: HostPort { address(of: listener) }

    /// Whether it speaks TLS.
    package var isSecure: Bool { tls.keeper.current != nil }

    private func address(of listener: any Channel) -> HostPort {
        let configured = parts.connections.configuration.address
        return HostPort(host: configured.host, port: listener.localAddress?.port ?? configured.port)
    }

    private func sayWhere(_ listener: any Channel) {
        let scheme = isSecure ? "https" : "http"
        logger.info("serving", metadata: ["on": "\(scheme)://\(address(of: listener))/metrics"])
    }

    private static let portSharing = ChannelOptions.Types.SocketOption(
        level: .socket, name: NIOBSDSocket.Option(rawValue: SO_REUSEPORT))

    private static func bootstrap(
        _ group: any EventLoopGroup, _ parts: HTTPConnection.Parts, _ tls: TLSParts, sharesPort: Bool = false,
        accepts: Bool = true
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(portSharing, value: sharesPort ? 1 : 0)
            .serverChannelOption(.autoRead, value: accepts)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // What one read brings is decoded whole, also while the answer to its first request is not taken.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                guard tls.keeper.current != nil else {
                    return channel.eventLoop.makeCompletedFuture {
                        try configure(channel.pipeline.syncOperations, parts)
                    }
                }
                return tls.keeper.material(on: channel.eventLoop).flatMapThrowing { material in
                    let pipeline = channel.pipeline.syncOperations
                    if let material { try tls.configure(pipeline, material) }
                    try configure(pipeline, parts)
                }
            }
    }

    /// What comes between the socket and HTTP.
    private struct TLSParts: Sendable {
        let keeper: TLSKeeper
        let instruments: TLSInstruments
        let logger: Logger

        func configure(_ pipeline: ChannelPipeline.SynchronousOperations, _ material: TLSMaterial) throws {
            let door = TLSDoor(instruments)
            try pipeline.addHandler(door)
            try pipeline.addHandler(material.handler)
            try pipeline.addHandler(TLSOutcome(door, instruments, logger: logger))
        }
    }

    private static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations, _ parts: HTTPConnection.Parts
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 32 * 1024
        limits.maxHeaderFieldCount = 100
        var parts = parts
        parts.configuration = parts.connections.configuration
        let connection = HTTPConnection(parts)
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits)
        try pipeline.addHandler(FirstByteWatch(connection))
        try pipeline.addHandler(ByteToMessageHandler(decoder, maximumBufferSize: 128 * 1024))
        try pipeline.addHandler(connection)
    }

    /// How long answers on their way may take once the proxy stops.
    private static let drainTime = TimeAmount.seconds(2)

    package func run() async throws {
        let drained = group.any().makePromise(of: Void.self)
        try await withGracefulShutdownHandler {
            try await untilClosed()
            guard isStopping.load(ordering: .acquiring) else {
                drained.succeed()
                throw HTTPServerError.listenerClosed
            }
            // Not before the last answer is out: the process ends soon after this returns.
            try await drained.futureResult.get()
        } onGracefulShutdown: { [self] in
            isStopping.store(true, ordering: .releasing)
            let listener = listener
            listener.close(promise: nil)
            parts.connections.drain(drained)
            listener.eventLoop.scheduleTask(in: Self.drainTime) { self.parts.connections.closeAll() }
        }
    }

    /// Returns when the listener has closed; one that another has taken the place of does not count.
    private func untilClosed() async throws {
        while true {
            let listener = listener
            try await listener.closeFuture.get()
            if listener === self.listener { return }
        }
    }

    // MARK: Reload

    /// A configuration that can hold at once: its port is open.
    package struct Change: Sendable {
        let configuration: Configuration
        let tls: TLSMaterial?
        /// Accepts nobody yet; `nil` where the address is the same.
        let listener: (any Channel)?
    }

    /// Reads the certificate, and opens the port of `configuration` where its address is another one; throws where
    /// one of them cannot be had.
    ///
    /// Blocks, so not on an event loop. What comes of it is to be given to ``apply(_:)``.
    package func prepare(_ configuration: Configuration, tls: TLS.Configuration? = nil) throws -> Change {
        let material = try tls.map(TLSMaterial.init)
        return Change(configuration: configuration, tls: material, listener: try listener(for: configuration))
    }

    private func listener(for configuration: Configuration) throws -> (any Channel)? {
        guard configuration.address != parts.connections.configuration.address else {
            return nil
        }
        // The same port of another host is no other port to the kernel, unless both sides say that they share it.
        guard configuration.address.port == port else {
            return try Self.bind(configuration.address, Self.bootstrap(group, parts, tls, accepts: false)).wait()
        }
        try listener.setOption(Self.portSharing, value: 1).wait()
        defer { _ = listener.setOption(Self.portSharing, value: 0) }
        let bootstrap = Self.bootstrap(group, parts, tls, sharesPort: true, accepts: false)
        let new = try Self.bind(configuration.address, bootstrap).wait()
        _ = new.setOption(Self.portSharing, value: 0)
        return new
    }

    /// From now on `change` holds for new connections. Where the address is another one, those to the old one end
    /// after the request that they are at.
    package func apply(_ change: Change) {
        parts.connections.update(change.configuration)
        tls.keeper.update(change.tls)
        guard let listener = change.listener else { return }
        _ = listener.setOption(.autoRead, value: true)
        let old = current.withLock { current in
            defer { current = listener }
            return current
        }
        sayWhere(listener)
        old.close(promise: nil)
        parts.connections.leave(old)
    }
}

package enum HTTPServerError: Error, CustomStringConvertible {
    case listenerClosed

    package var description: String { "the HTTP listener closed by itself" }
}
