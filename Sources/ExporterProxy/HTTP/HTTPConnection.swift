import NIOCore
import NIOHTTP1

/// One client of the window: requests in, answers out as ready bytes.
///
/// The shell around ``HTTPConnection/StateMachine``; confined to its channel's event loop. Answers are written as
/// buffers that exist already, without NIO's response encoder, and flushed once for each read.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// What all connections of a server share.
    struct Parts: Sendable {
        var router: HTTPRouter
        var head: HTTPResponseHead
        var connections: HTTPConnections
        var configuration: HTTPServer.Configuration
        var instruments: HTTPInstruments
    }

    /// Sent to a connection whose listener serves no more.
    struct ListenerHasGone: Sendable {}

    private let parts: Parts
    private var machine: StateMachine
    private var waiting = CircularBuffer<HTTPServerRequestPart>()
    private var member: HTTPConnections.Member?
    private var isDraining = false
    /// Nothing usable comes any more; what waits is answered.
    private var inputHasEnded = false
    private var needsFlush = false
    private var wantsRead = false
    private var deadline: NIODeadline
    private var timer: Scheduled<Void>?
    /// When ``timer`` will look; never later than ``deadline`` once a read or a write is through.
    private var timerAt = NIODeadline.distantFuture
    /// What was still unsent at the last look of the write timeout.
    private var unsentBytes = 0

    static let uriBytesMax = 8192

    init(_ parts: Parts) {
        self.parts = parts
        machine = StateMachine(bodyBytesMax: parts.configuration.bodyBytesMax)
        deadline = .now() + TimeAmount(parts.configuration.headerTimeout)
    }

    func channelActive(context: ChannelHandlerContext) {
        member = parts.connections.add(context.channel)
        parts.instruments.connections.increment()
        // It may have been accepted at the last moment, and have missed to be told.
        isDraining = context.channel.parent?.isActive == false
        startTimer(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        parts.connections.remove(context.channel)
        context.fireChannelInactive()
    }

    // MARK: Requests

    /// The first byte after an answer has come: now the head has its own time.
    func bytesArrived() {
        guard machine.isIdle, waiting.isEmpty, member?.idleSince.load(ordering: .relaxed) != 0 else { return }
        member?.idleSince.store(0, ordering: .relaxed)
        deadline = .now() + TimeAmount(parts.configuration.headerTimeout)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        waiting.append(unwrapInboundIn(data))
        work(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush(context)
        // A request that came whole has been answered by now, and its deadline is the later one of an idle connection.
        hurryTimer(context)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            if machine.isIdle, waiting.isEmpty { becomeIdle(.now()) }
            workOn(context)
        }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if mayTakeMore(context) { context.read() } else { wantsRead = true }
    }

    private func mayTakeMore(_ context: ChannelHandlerContext) -> Bool {
        !machine.isAnswering && context.channel.isWritable
    }

    /// After something that held work up has ended.
    private func workOn(_ context: ChannelHandlerContext) {
        work(context)
        flush(context)
        if wantsRead, waiting.isEmpty, mayTakeMore(context) {
            wantsRead = false
            context.read()
        }
    }

    private func work(_ context: ChannelHandlerContext) {
        while mayTakeMore(context), let part = waiting.popFirst() {
            act(machine.received(part), context)
            if case .head = part, machine.isReceiving {
                deadline = .now() + TimeAmount(parts.configuration.bodyTimeout)
            }
        }
    }

    private func act(_ action: StateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing: break
        case .close: closeAfterWriting(context)
        case .sendContinue:
            let line = ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(line), promise: nil)
        case .refuse(let status, let sentence):
            parts.instruments.refused(status)
            write(.refusal(status, sentence), sendsBody: true, connection: "close", context)
            closeAfterWriting(context)
        case .answer(let head): answer(head, context)
        }
    }

    /// A request that has been read whole, and is to be answered.
    private struct Question {
        var head: HTTPRequestHead
        let readAt = NIODeadline.now()
        /// Its route's place among ``HTTPRouter/patterns``.
        var route: Int
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var question = Question(head: head, route: parts.router.nowhere)
        guard head.uri.utf8.count <= Self.uriBytesMax else {
            parts.instruments.refusedRequests.increment()
            let response = HTTPResponse.refusal(.uriTooLong, "414 the path is longer than \(Self.uriBytesMax) bytes")
            return finish(response, question, context)
        }
        let request = HTTPRequest(method: head.method, uri: head.uri, headers: head.headers)
        let (route, reply) = parts.router.find(request, on: context.eventLoop)
        question.route = route
        switch reply {
        case .now(let response): finish(response, question, context)
        case .later(let future):
            let question = question
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            future.hop(to: context.eventLoop).whenComplete { result in
                let (connection, context) = bound.value
                connection.finishLater(result, question, context)
            }
        }
    }

    private func finishLater(
        _ result: Result<HTTPResponse, any Error>, _ question: Question, _ context: ChannelHandlerContext
    ) {
        guard context.channel.isActive else { return }
        switch result {
        case .success(let response): finish(response, question, context)
        case .failure(let error): finish(.refusal(.internalServerError, "500 \(error)"), question, context)
        }
        workOn(context)
    }

    private func finish(_ response: HTTPResponse, _ question: Question, _ context: ChannelHandlerContext) {
        let head = question.head
        let closes = isDraining || (inputHasEnded && waiting.isEmpty) || !machine.keepsAlive
        let connection = closes ? "close" : head.version == .http1_1 ? nil : "keep-alive"
        write(response, sendsBody: head.method != .HEAD, connection: connection, context)
        let now = NIODeadline.now()
        parts.instruments.answered(question.route, response.status, after: now - question.readAt)
        if machine.answered(closes: closes) == .close { return closeAfterWriting(context) }
        becomeIdle(now)
    }

    private func becomeIdle(_ now: NIODeadline) {
        member?.idleSince.store(max(1, now.uptimeNanoseconds), ordering: .relaxed)
        deadline = now + TimeAmount(parts.configuration.idleTimeout)
    }

    // MARK: Answers

    private func write(
        _ response: HTTPResponse, sendsBody: Bool, connection: String?, _ context: ChannelHandlerContext
    ) {
        let head = parts.head.write(response, connection: connection, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(head), promise: nil)
        if sendsBody {
            for piece in response.body { context.write(wrapOutboundOut(piece), promise: nil) }
        }
        needsFlush = true
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard needsFlush else { return }
        needsFlush = false
        context.flush()
        guard !context.channel.isWritable else { return }
        deadline = .now() + TimeAmount(parts.configuration.writeTimeout)
        unsentBytes = unsent(context)
        hurryTimer(context)
    }

    private func unsent(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private static let lingerTime = TimeAmount.seconds(1)

    /// Ends our side once everything is sent; the client's side soon after, so that what it still sends does not
    /// reset the connection before it has read the answer.
    private func closeAfterWriting(_ context: ChannelHandlerContext) {
        waiting.removeAll()
        deadline = .now() + TimeAmount(parts.configuration.writeTimeout)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        needsFlush = false
        sent.futureResult.whenComplete { _ in
            let (connection, context) = bound.value
            connection.deadline = .now() + Self.lingerTime
            connection.restartTimer(context)
            context.close(mode: .output, promise: nil)
            context.read()
        }
        unsentBytes = unsent(context)
        hurryTimer(context)
    }

    // MARK: Time and trouble

    private func startTimer(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // One timer that follows the deadline, rather than a new one for each request.
        timerAt = deadline
        timer = context.eventLoop.scheduleTask(deadline: deadline) {
            let (connection, context) = bound.value
            connection.timeIsUp(context)
        }
    }

    private func hurryTimer(_ context: ChannelHandlerContext) {
        if deadline < timerAt { restartTimer(context) }
    }

    private func restartTimer(_ context: ChannelHandlerContext) {
        timer?.cancel()
        startTimer(context)
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        if deadline > .now() { return startTimer(context) }
        if machine.isAnswering || !context.channel.isWritable { return lookAtProgress(context) }
        if machine.isReceiving || member?.idleSince.load(ordering: .relaxed) == 0 {
            parts.instruments.timedOut.increment()
        }
        context.close(promise: nil)
    }

    /// An answer is on its way: it may take long, as long as some of it goes out in each interval.
    private func lookAtProgress(_ context: ChannelHandlerContext) {
        let unsent = unsent(context)
        if unsent > 0, unsent == unsentBytes {
            parts.instruments.timedOut.increment()
            return context.close(promise: nil)
        }
        unsentBytes = unsent
        deadline = .now() + TimeAmount(parts.configuration.writeTimeout)
        startTimer(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isDraining = true
            if machine.isIdle, waiting.isEmpty, context.channel.isWritable { context.close(promise: nil) }
        case is ListenerHasGone:
            isDraining = true
            let isAtRest = machine.isIdle && waiting.isEmpty && member?.idleSince.load(ordering: .relaxed) != 0
            if isAtRest, context.channel.isWritable { context.close(promise: nil) }
        case ChannelEvent.inputClosed:
            // The client has no more to ask. What it asked is answered; a connection at rest is over.
            inputHasEnded = true
            if !machine.isAnswering, waiting.isEmpty { closeWhenSent(context) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        needsFlush = false
        let sent = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
        sent.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of what comes behind garbage the decoder says no more than that: the answer is still on its way.
        if error is ByteToMessageDecoderError, machine.isClosing || machine.isAnswering || !waiting.isEmpty { return }
        guard let parserError = error as? HTTPParserError else { return context.close(promise: nil) }
        // What was asked before the garbage is answered first; then the connection ends.
        guard waiting.isEmpty, !machine.isAnswering else {
            inputHasEnded = true
            return
        }
        let (status, sentence) = Self.answer(to: parserError)
        act(machine.receivedGarbage(status, sentence), context)
    }

    private static func answer(to error: HTTPParserError) -> (HTTPResponseStatus, String) {
        error == .headerOverflow
            ? (.requestHeaderFieldsTooLarge, "431 the request head is too large")
            : (.badRequest, "400 this is no HTTP/1.1 request: \(error)")
    }
}

extension TimeAmount {
    init(_ duration: Duration) { self = .milliseconds(duration.milliseconds) }
}

/// Tells ``HTTPConnection`` of the first byte of a request; stands before the decoder.
final class FirstByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
