import NIOCore
import NIOSSL

/// The end of the pipeline of an ``UpgradedStream``; confined to its event loop.
///
/// It reads only while its owner wants to, and knows by the promises of its writes, and not by the channel's
/// writability, what has gone.
final class UpgradedStreamHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Output {
        case open, ending, ended
        /// Both directions end from here.
        case closed
    }

    private let atEnd: () -> Void
    private var context: ChannelHandlerContext?
    private var owner: UpgradedStream.Owner?
    private var hasBegun = false
    /// What has come before there was an owner.
    private var early = CircularBuffer<ByteBuffer>()
    private var isReading = true
    private var unreadBytes = 0
    private var wantsRead = true
    private var inputHasEnded = false
    private var output = Output.open
    private var unsentBytes = 0
    private var isOver = false
    private var reason = "ended by the other side"

    /// `rest` came behind what was HTTP. `atEnd` is called when the channel is closed.
    init(rest: ByteBuffer = ByteBuffer(), atEnd: @escaping () -> Void = {}) {
        self.atEnd = atEnd
        if rest.readableBytes > 0 { early.append(rest) }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    // MARK: Coming

    func begin(_ owner: UpgradedStream.Owner) {
        guard !hasBegun else { return }
        hasBegun = true
        self.owner = owner
        while let bytes = early.popFirst() { deliver(bytes) }
        if inputHasEnded { owner.onEnd() }
        if isOver { return sayClosed() }
        readOn()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard !inputHasEnded, bytes.readableBytes > 0 else { return }
        if hasBegun { deliver(bytes) } else { early.append(bytes) }
    }

    private func deliver(_ bytes: ByteBuffer) {
        unreadBytes += bytes.readableBytes
        owner?.onBytes(bytes)
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { wantsRead = true }
    }

    /// When nothing more is to come it is still read, so that the end is seen.
    private var mayRead: Bool {
        inputHasEnded || (hasBegun && isReading && unreadBytes < UpgradedStream.unreadBytesMax)
    }

    private func readOn() {
        guard wantsRead, mayRead, let context else { return }
        wantsRead = false
        context.read()
    }

    func took(_ count: Int) {
        unreadBytes = max(0, unreadBytes - count)
        readOn()
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        readOn()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: endInput()
        // For its owner it is as if the other side had ended: it says what it has begun, and ends too.
        case is ChannelShouldQuiesceEvent, is HTTPConnection.ListenerHasGone: endInput()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func endInput() {
        guard !inputHasEnded else { return }
        inputHasEnded = true
        if hasBegun, !isOver { owner?.onEnd() }
        readOn()
    }

    // MARK: Going

    func write(_ bytes: ArraySlice<UInt8>) {
        guard let context, output == .open, !bytes.isEmpty else { return }
        let count = bytes.count
        unsentBytes += count
        guard unsentBytes <= UpgradedStream.unsentBytesMax else {
            return abort("more than \(UpgradedStream.unsentBytesMax) bytes wait to be sent")
        }
        let sent = context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)))
        sent.assumeIsolated().whenSuccess {
            self.unsentBytes -= count
            self.owner?.onWrote(count)
        }
    }

    func end() {
        guard output == .open else { return }
        output = .ending
        whenSent { context in
            guard self.output == .ending else { return }
            self.output = .ended
            context.close(mode: .output, promise: nil)
        }
    }

    func close() {
        guard let context else { return }
        reason = "ended here"
        output = .closed
        whenSent { $0.close(promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: UpgradedStream.closeTime) { self.abort(nil) }
    }

    private func whenSent(_ then: @escaping (ChannelHandlerContext) -> Void) {
        guard let context else { return }
        let sent = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
        sent.assumeIsolated().whenComplete { _ in
            if let context = self.context { then(context) }
        }
    }

    func abort(_ reason: String?) {
        guard let context, !isOver else { return }
        self.reason = reason ?? "ended here"
        output = .closed
        context.close(promise: nil)
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The end of the input follows.
        if case NIOSSLError.uncleanShutdown = error { return }
        if output != .closed {
            reason = SystemError.sentence(of: error)
            output = .closed
        }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        over()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        over()
        self.context = nil
    }

    private func over() {
        guard !isOver else { return }
        // With our direction at its end, the end of the other closes the channel, and may not be told as such.
        if output == .ended { endInput() }
        isOver = true
        if hasBegun { sayClosed() }
        atEnd()
    }

    private func sayClosed() {
        let owner = owner
        self.owner = nil
        owner?.onClose(reason)
    }
}
