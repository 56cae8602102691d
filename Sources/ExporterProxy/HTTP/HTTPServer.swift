import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The one port of the proxy.
///
/// The port is opened by ``open(_:router:group:registry:logger:time:)``, last of all doors: whoever can connect to it
/// finds every other door open.
package final class HTTPServer: Service {
    private let listener: any Channel
    private let group: any EventLoopGroup
    private let connections: HTTPConnections
    private let isStopping = Atomic(false)

    private init(listener: any Channel, group: any EventLoopGroup, connections: HTTPConnections) {
        self.listener = listener
        self.group = group
        self.connections = connections
    }

    /// Opens the port and begins to serve; throws ``SystemError`` where the port cannot be had.
    package static func open(
        _ configuration: Configuration, router: HTTPRouter, group: any EventLoopGroup,
        registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource
    ) async throws -> HTTPServer {
        let instruments = HTTPInstruments(registry: registry, patterns: router.patterns)
        let connections = HTTPConnections(
            connectionsMax: configuration.connectionsMax, evicted: instruments.evicted)
        let parts = HTTPConnection.Parts(
            router: router, head: HTTPResponseHead(time: time), connections: connections,
            configuration: configuration, instruments: instruments)
        registry.gauge("exporter_proxy_http_connections", help: "Open HTTP connections.") {
            Double(connections.count)
        }
        let listener = try await bind(configuration.address, bootstrap(group, parts))
        let server = HTTPServer(listener: listener, group: group, connections: connections)
        logger.info("serving", metadata: ["on": "http://\(server.address(configuration.address))/metrics"])
        return server
    }

    private static func bind(_ address: HostPort, _ bootstrap: ServerBootstrap) async throws -> any Channel {
        do {
            return try await bootstrap.bind(to: address.resolved()).get()
        } catch let error as IOError {
            throw SystemError("listen on \(address)", code: error.errnoCode)
        }
    }

    /// Where it serves: a port 0 as the kernel chose it.
    private func address(_ configured: HostPort) -> HostPort {
        HostPort(host: configured.host, port: listener.localAddress?.port ?? configured.port)
    }

    package var port: Int? { listener.localAddress?.port }

    private static func bootstrap(
        _ group: any EventLoopGroup, _ parts: HTTPConnection.Parts
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel.pipeline.syncOperations, parts) }
            }
    }

    private static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations, _ parts: HTTPConnection.Parts
    ) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 32 * 1024
        limits.maxHeaderFieldCount = 100
        let connection = HTTPConnection(parts)
        let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)
        try pipeline.addHandler(FirstByteWatch(connection))
        try pipeline.addHandler(ByteToMessageHandler(decoder, maximumBufferSize: 128 * 1024))
        try pipeline.addHandler(connection)
    }

    /// How long answers on their way may take once the proxy stops.
    private static let drainTime = TimeAmount.seconds(2)

    package func run() async throws {
        let drained = group.any().makePromise(of: Void.self)
        try await withGracefulShutdownHandler {
            try await listener.closeFuture.get()
            guard isStopping.load(ordering: .acquiring) else {
                drained.succeed()
                throw HTTPServerError.listenerClosed
            }
            // Not before the last answer is out: the process ends soon after this returns.
            try await drained.futureResult.get()
        } onGracefulShutdown: { [self] in
            isStopping.store(true, ordering: .releasing)
            listener.close(promise: nil)
            connections.drain(drained)
            listener.eventLoop.scheduleTask(in: Self.drainTime) { self.connections.closeAll() }
        }
    }
}

package enum HTTPServerError: Error, CustomStringConvertible {
    case listenerClosed

    package var description: String { "the HTTP listener closed by itself" }
}
