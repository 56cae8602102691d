import NIOCore
import NIOSSL

/// Asks for a stream when it is told to, and leaves the pipeline to it; confined to its event loop.
///
/// It is there from the beginning of the connection, and keeps what goes wrong before it is told: TLS may have failed
/// by then. One that is not told has lost to a connection to another address, and says nothing.
final class UpgradeAsker: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let url: BridgeURL
    private let answerTimeout: Duration
    private let done: @Sendable (BridgeDialer.Outcome) -> Void
    private var context: ChannelHandlerContext?
    private var answer = UpgradeAnswer(to: StreamDoor.name)
    private var timer: Scheduled<Void>?
    private var isAsked = false
    private var isDone = false
    private var earlyFailure: BridgeDialFailure?

    /// `done` is called once, after ``ask()``.
    init(_ url: BridgeURL, answerTimeout: Duration, _ done: @escaping @Sendable (BridgeDialer.Outcome) -> Void) {
        (self.url, self.answerTimeout, self.done) = (url, answerTimeout, done)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func ask() {
        isAsked = true
        if let earlyFailure { return tell(.failure(earlyFailure)) }
        guard let context, context.channel.isActive else {
            return tell(.failure(BridgeDialFailure(url.address, answer.ended())))
        }
        // TLS keeps it back until it knows who is there.
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: request)), promise: nil)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: TimeAmount(answerTimeout)) {
            let (asker, context) = bound.value
            asker.fail("did not answer within \(DurationText.format(asker.answerTimeout))", context)
        }
    }

    private var request: String {
        """
        GET \(StreamDoor.path) HTTP/1.1\r
        Host: \(url.host)\r
        Connection: Upgrade\r
        Upgrade: \(StreamDoor.name)\r
        User-Agent: \(Version.name)/\(Version.number)\r
        \r

        """
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone, earlyFailure == nil else { return }
        guard isAsked else { return fail("speaks before it is asked", context) }
        switch answer.received(unwrapInboundIn(data).readableBytesView) {
        case .more: break
        case .refused(let sentence): fail(sentence, context)
        case .upgraded(let rest): becomeStream(ByteBuffer(bytes: rest), context)
        }
    }

    private func becomeStream(_ rest: ByteBuffer, _ context: ChannelHandlerContext) {
        let handler = UpgradedStreamHandler(rest: rest)
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(handler, position: .after(self))
        } catch {
            return fail("lost the connection", context)
        }
        let peer = context.remoteAddress?.ipAddress ?? ""
        tell(.success(UpgradedStream(handler, peer: peer, on: context.eventLoop)))
        pipeline.removeHandler(context: context, promise: nil)
    }

    private func fail(_ sentence: String, _ context: ChannelHandlerContext) {
        fail(BridgeDialFailure(url.address, sentence), context)
    }

    private func fail(_ failure: BridgeDialFailure, _ context: ChannelHandlerContext) {
        guard !isDone, earlyFailure == nil else { return }
        if isAsked { tell(.failure(failure)) } else { earlyFailure = failure }
        context.close(promise: nil)
    }

    private func tell(_ outcome: BridgeDialer.Outcome) {
        isDone = true
        timer?.cancel()
        done(outcome)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        fail(answer.ended(), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The end of the input follows.
        if case NIOSSLError.uncleanShutdown = error { return }
        fail(BridgeDialFailure(url.address, after: error), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(answer.ended(), context)
        context.fireChannelInactive()
    }
}
