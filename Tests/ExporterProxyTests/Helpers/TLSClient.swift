import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// The client's side of a TLS connection; no call waits longer than ten seconds.
final class TLSClient: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    /// What came, and who sent it.
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let bytes = NIOLockedValueBox<[UInt8]>([])
        let certificate = NIOLockedValueBox<NIOSSLCertificate?>(nil)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let buffer = unwrapInboundIn(data)
            bytes.withLockedValue { $0 += Array(buffer: buffer) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    /// Takes any certificate, and remembers it.
    init(port: Int, _ change: (inout TLSConfiguration) -> Void = { _ in }) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        change(&configuration)
        let context = try NIOSSLContext(configuration: configuration)
        let inbox = Inbox()
        self.inbox = inbox
        channel = try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: nil,
                        customVerificationCallback: { certificates, promise in
                            inbox.certificate.withLockedValue { $0 = certificates.first }
                            promise.succeed(.certificateVerified)
                        })
                    try channel.pipeline.syncOperations.addHandlers(handler, inbox)
                }
            }
            .connect(host: "127.0.0.1", port: port).wait()
        let channel = channel
        channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(mode: .all, promise: nil) }
    }

    var text: String { String(decoding: inbox.bytes.withLockedValue { $0 }, as: UTF8.self) }

    /// The name in the server's certificate.
    var serverName: String? {
        inbox.certificate.withLockedValue { $0 }?.description.firstMatch(of: /common_name=(\w+)/).map { String($0.1) }
    }

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    func close() { channel.close(mode: .all, promise: nil) }

    /// What comes until the server ends the connection.
    func textToEnd() -> String {
        try? channel.closeFuture.wait()
        return text
    }
}
