import NIOCore
import NIOHTTP1

/// One client of the window: requests in, answers out as ready bytes.
///
/// The shell around ``HTTPConnection/StateMachine``; confined to its channel's event loop. Answers are written as
/// buffers that exist already, without NIO's response encoder, and flushed once for each read.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
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

    let parts: Parts
    var machine: StateMachine
    var waiting = CircularBuffer<HTTPServerRequestPart>()
    var question: Question?
    var body: HTTPBody
    var peer = ""
    private var member: HTTPConnections.Member?
    var isDraining = false
    /// Nothing usable comes any more; what waits is answered.
    var inputHasEnded = false
    /// Why, where that is not the client's wish.
    private var garbage: HTTPParserError?
    /// Of answers that are written and not flushed.
    private var unflushedBytes = 0
    /// ``work(_:)`` is on the stack.
    private var isWorking = false
    private var wantsRead = false
    private var deadline: NIODeadline
    private var timer: Scheduled<Void>?
    /// When ``timer`` will look; never later than ``deadline`` once a read or a write is through.
    private var timerAt = NIODeadline.distantFuture
    /// What was still unsent at the last look of the write timeout.
    private var unsentBytes = 0
    /// What had come of the body at the last look of the body timeout.
    private var bodyBytesSeen = 0

    static let uriBytesMax = 8192
    /// Parts of requests that a client has sent ahead, beyond which nobody listens to it.
    static let waitingMax = 1024
    /// Answers are handed on at this many bytes: only then it shows whether the client takes them.
    private static let flushBytes = 64 * 1024

    init(_ parts: Parts) {
        self.parts = parts
        machine = StateMachine(bodyBytesMax: parts.configuration.bodyBytesMax)
        body = HTTPBody(parts.connections.bodyBudget)
        deadline = .now() + TimeAmount(parts.configuration.headerTimeout)
    }

    func channelActive(context: ChannelHandlerContext) {
        member = parts.connections.add(context.channel)
        peer = context.remoteAddress?.ipAddress ?? ""
        parts.instruments.connections.increment()
        // It may have been accepted at the last moment, and have missed to be told.
        isDraining = context.channel.parent?.isActive == false
        startTimer(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        parts.connections.remove(context.channel)
        // Somebody still works on what has been read whole: its answer gives back what it holds.
        if !machine.isBusy { body.giveBack() }
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
        if inputHasEnded { return }
        if waiting.count < Self.waitingMax {
            waiting.append(unwrapInboundIn(data))
        } else {
            parts.instruments.refusedRequests.increment()
            inputHasEnded = true
        }
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
        !machine.isBusy && context.channel.isWritable
    }

    /// After something that held work up has ended.
    private func workOn(_ context: ChannelHandlerContext) {
        if isWorking { return }
        work(context)
        flush(context)
        hurryTimer(context)
        if wantsRead, waiting.isEmpty, mayTakeMore(context) {
            wantsRead = false
            context.read()
        }
    }

    /// Where an answer is there at once this is called from within: then what is on the stack goes on.
    private func work(_ context: ChannelHandlerContext) {
        if isWorking { return }
        isWorking = true
        defer { isWorking = false }
        while mayTakeMore(context), let part = waiting.popFirst() {
            act(machine.received(part), context)
            if unflushedBytes >= Self.flushBytes { flush(context) }
        }
        guard inputHasEnded, waiting.isEmpty, machine.isIdle || machine.isReceiving else { return }
        // Of what has begun there is no more to come.
        guard machine.isReceiving, let garbage else { return closeWhenSent(context) }
        let (status, sentence) = Self.answer(to: garbage)
        act(machine.receivedGarbage(status, sentence), context)
    }

    private func act(_ action: StateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing: break
        case .judge(let head): judge(head, context)
        case .sendContinue:
            let line = ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(line), promise: nil)
        case .take(let bytes):
            let allocator = context.channel.allocator
            if body.append(bytes, declared: machine.declaredBytes, allocator: allocator) { break }
            act(machine.foundNoRoom(), context)
        case .answer: answer(context)
        case .rest: if isDraining { closeAfterWriting(context) } else { becomeIdle(.now()) }
        case .refuse(let status, let sentence): refuse(.refusal(status, sentence), context)
        case .refuseBody(let reason, let sentence):
            parts.instruments.refusedBody(reason)
            refuse(.refusal(reason.status, sentence, headers: reason.headers), context)
        case .close: closeAfterWriting(context)
        }
    }

    private func refuse(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
        parts.instruments.refused(response.status, at: question?.place)
        let isHead = question?.request.method == .HEAD
        write(response, sendsBody: !isHead, connection: "close", context)
        closeAfterWriting(context)
    }

    // MARK: One request

    /// A request that is being read or answered.
    struct Question {
        var request: HTTPRequest
        let version: HTTPVersion
        /// Its route's place among ``HTTPRouter/patterns``.
        var place: Int
        var route: (route: HTTPRoute, rest: String)?
        /// When it had been read as far as it is.
        var readAt = NIODeadline.now()
    }

    /// The head has come: it is answered now where the rest is not wanted.
    private func judge(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var request = HTTPRequest(method: head.method, uri: head.uri, headers: head.headers, peer: peer)
        request.version = head.version
        question = Question(request: request, version: head.version, place: parts.router.nowhere)
        // It may have been sent ahead, before the answer to the one before.
        member?.idleSince.store(0, ordering: .relaxed)
        let (place, destination) = parts.router.find(request)
        question?.place = place
        guard head.uri.utf8.count <= Self.uriBytesMax else {
            parts.instruments.refusedRequests.increment()
            return finish(.refusal(.uriTooLong, "414 the path is longer than \(Self.uriBytesMax) bytes"), context)
        }
        switch destination {
        case .refusal(let response): finish(response, context)
        case .route(let route, let rest):
            question?.route = (route, rest)
            askGate(request, route, rest, context)
        }
    }

    private func askGate(
        _ request: HTTPRequest, _ route: HTTPRoute, _ rest: String, _ context: ChannelHandlerContext
    ) {
        switch parts.router.admits(request, to: route, rest: rest, on: context.eventLoop) {
        case .admitted: admit(context)
        case .refused(let response): finish(response, context)
        case .later(let verdict):
            goOn(after: verdict, context) { connection, refusal in
                if let refusal { connection.finish(refusal, context) } else { connection.admit(context) }
            }
        }
    }

    private func admit(_ context: ChannelHandlerContext) {
        bodyTimeBegins()
        let limit = question?.route?.route.bodyLimit?()
        act(machine.admitted(limit, bytesLeft: parts.connections.bodyBudget.bytesLeft), context)
    }

    /// Its end has come.
    private func answer(_ context: ChannelHandlerContext) {
        guard var question, let (route, rest) = question.route else {
            return closeAfterWriting(context)
        }
        question.readAt = .now()
        self.question = question
        question.request.body = body.take()
        switch route.handle(question.request, rest, context.eventLoop) {
        case .now(let response): finish(response, context)
        case .later(let future):
            goOn(after: future, context) { connection, response in
                connection.finish(response, context)
            } orElse: {
                $0.upgrade?.begin(nil)
            }
        }
    }

    /// Goes on with `next` when `future` is there, where there is still somebody to be answered.
    private func goOn<T: Sendable>(
        after future: EventLoopFuture<T>, _ context: ChannelHandlerContext,
        next: @escaping (HTTPConnection, T) -> Void, orElse: @escaping @Sendable (T) -> Void = { _ in }
    ) {
        let bound = NIOLoopBound((self, context, next), eventLoop: context.eventLoop)
        future.hop(to: context.eventLoop).whenComplete { result in
            let (connection, context, next) = bound.value
            guard context.channel.isActive else {
                if case .success(let value) = result { orElse(value) }
                return connection.body.giveBack()
            }
            switch result {
            case .success(let value): next(connection, value)
            case .failure(let error): connection.finish(.refusal(.internalServerError, "500 \(error)"), context)
            }
            connection.workOn(context)
        }
    }

    func finish(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
        guard let question else { return }
        if let upgrade = response.upgrade { return finish(response, upgrade, question, context) }
        self.question = nil
        body.giveBack()
        let closes = isDraining || (inputHasEnded && waiting.isEmpty) || !machine.keepsAlive
        let connection = closes ? "close" : question.version == .http1_1 ? nil : "keep-alive"
        write(response, sendsBody: question.request.method != .HEAD, connection: connection, context)
        let now = NIODeadline.now()
        parts.instruments.answered(question.place, response.status, after: now - question.readAt)
        if machine.answered(closes: closes) == .close { return closeAfterWriting(context) }
        if machine.isIdle { becomeIdle(now) } else { bodyTimeBegins() }
    }

    private func bodyTimeBegins() {
        deadline = .now() + TimeAmount(parts.configuration.bodyTimeout)
        bodyBytesSeen = 0
    }

    private func becomeIdle(_ now: NIODeadline) {
        member?.idleSince.store(max(1, now.uptimeNanoseconds), ordering: .relaxed)
        deadline = now + TimeAmount(parts.configuration.idleTimeout)
    }

    // MARK: Answers

    func write(
        _ response: HTTPResponse, sendsBody: Bool, connection: String?, _ context: ChannelHandlerContext
    ) {
        let head = parts.head.write(response, connection: connection, allocator: context.channel.allocator)
        context.write(wrapOutboundOut(head), promise: nil)
        unflushedBytes += head.readableBytes
        if sendsBody {
            for piece in response.body {
                context.write(wrapOutboundOut(piece), promise: nil)
                unflushedBytes += piece.readableBytes
            }
        }
    }

    func flush(_ context: ChannelHandlerContext) {
        guard unflushedBytes > 0 else { return }
        unflushedBytes = 0
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
        machine.stop()
        waiting.removeAll()
        question = nil
        body.giveBack()
        deadline = .now() + TimeAmount(parts.configuration.writeTimeout)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        unflushedBytes = 0
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

    /// For ever.
    func stopTimer() {
        timer?.cancel()
        deadline = .distantFuture
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
        if machine.isBusy || !context.channel.isWritable { return lookAtProgress(context) }
        if machine.isReceiving { return lookAtBody(context) }
        if member?.idleSince.load(ordering: .relaxed) == 0 {
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

    /// A body is on its way: it may take long, as long as enough of it comes in each interval.
    private func lookAtBody(_ context: ChannelHandlerContext) {
        let seconds = Double(parts.configuration.bodyTimeout.milliseconds) / 1000
        if Double(machine.bodyBytes - bodyBytesSeen) >= seconds * Double(parts.configuration.bodyRateMin) {
            bodyBytesSeen = machine.bodyBytes
            deadline = .now() + TimeAmount(parts.configuration.bodyTimeout)
            return startTimer(context)
        }
        parts.instruments.timedOut.increment()
        act(machine.ranOutOfTime(), context)
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
            if !machine.isBusy, waiting.isEmpty { closeWhenSent(context) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        unflushedBytes = 0
        let sent = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
        sent.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Of what comes behind garbage the decoder says no more than that: the answer is still on its way.
        if error is ByteToMessageDecoderError, machine.isClosing || machine.isBusy || !waiting.isEmpty { return }
        guard let parserError = error as? HTTPParserError else { return context.close(promise: nil) }
        // What was asked before the garbage is answered first; then the connection ends.
        guard waiting.isEmpty, !machine.isBusy else {
            inputHasEnded = true
            garbage = parserError
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
final class FirstByteWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let connection: HTTPConnection

    init(_ connection: HTTPConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.bytesArrived()
        context.fireChannelRead(data)
    }
}
