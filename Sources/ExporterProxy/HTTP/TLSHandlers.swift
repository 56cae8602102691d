import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// What became of the handshakes of a server.
struct TLSInstruments: Sendable {
    let notTLS: Counter
    let failed: Counter

    init(registry: InstrumentRegistry) {
        func counter(_ reason: String) -> Counter {
            registry.counter(
                "exporter_proxy_tls_handshake_failures_total", help: "TLS connections that did not come about.",
                labels: [("reason", reason)])
        }
        notTLS = counter("not_tls")
        failed = counter("handshake")
    }
}

/// Stands between the socket and TLS, and sends away who speaks something else.
final class TLSDoor: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting, isTLS, sentAway
    }

    private var state = State.waiting
    private let instruments: TLSInstruments

    /// Something has come that is TLS.
    var isTLS: Bool { state == .isTLS }

    init(_ instruments: TLSInstruments) { self.instruments = instruments }

    private static let handshakeRecord: UInt8 = 22

    private static let answer = ByteBuffer(
        string: """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Length: 37\r
            Connection: close\r
            \r
            400 this port speaks HTTPS, not HTTP

            """)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard state != .sentAway else { return }
        if state == .waiting, let first = unwrapInboundIn(data).readableBytesView.first {
            guard first == Self.handshakeRecord else { return sendAway(first, context) }
            state = .isTLS
        }
        context.fireChannelRead(data)
    }

    private func sendAway(_ first: UInt8, _ context: ChannelHandlerContext) {
        state = .sentAway
        instruments.notTLS.increment()
        // An upper case letter begins the name of a method.
        guard 0x41...0x5A ~= first else { return context.close(promise: nil) }
        let sent = context.writeAndFlush(wrapOutboundOut(Self.answer))
        sent.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }
}

/// Stands behind TLS, and keeps its troubles from HTTP.
final class TLSOutcome: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let door: TLSDoor
    private let instruments: TLSInstruments
    private let logger: Logger
    private var isEstablished = false
    private var hasFailed = false

    init(_ door: TLSDoor, _ instruments: TLSInstruments, logger: Logger) {
        self.door = door
        self.instruments = instruments
        self.logger = logger
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event { isEstablished = true }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The end of the input follows, and HTTP knows by itself whether something is missing.
        if case NIOSSLError.uncleanShutdown = error { return }
        if isEstablished { return context.fireErrorCaught(error) }
        fail("\(error)", context)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isEstablished { fail("it ended in the middle", context) }
        context.fireChannelInactive()
    }

    private func fail(_ error: String, _ context: ChannelHandlerContext) {
        // Who opens a connection and says nothing has failed at nothing.
        guard !hasFailed, door.isTLS else { return }
        hasFailed = true
        instruments.failed.increment()
        let peer = context.remoteAddress?.ipAddress ?? ""
        logger.debug("TLS handshake failed", metadata: ["peer": "\(peer)", "error": "\(error)"])
    }
}
