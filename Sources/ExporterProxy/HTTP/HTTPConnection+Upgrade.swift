import NIOCore
import NIOHTTP1

extension HTTPConnection {
    /// Answers with 101, and leaves the pipeline to an ``UpgradedStreamHandler``. The connection counts as before, and
    /// is never idle.
    func finish(
        _ response: HTTPResponse, _ upgrade: HTTPUpgrade, _ question: Question, _ context: ChannelHandlerContext
    ) {
        guard machine.isAnswering, waiting.isEmpty, !isDraining, !inputHasEnded else {
            upgrade.begin(nil)
            return finish(.refusal(.serviceUnavailable, "503 this connection is ending"), context)
        }
        guard parts.connections.becomesStream(context.channel) else {
            upgrade.begin(nil)
            let sentence = "503 as many streams as exporter.max_connections allows"
            return finish(.refusal(.serviceUnavailable, sentence), context)
        }
        self.question = nil
        body.giveBack()
        write(response, sendsBody: false, connection: "Upgrade", context)
        flush(context)
        parts.instruments.answered(question.place, response.status, after: .now() - question.readAt)
        machine.upgraded()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // The decoder may be on the stack.
        context.eventLoop.execute {
            let (connection, context) = bound.value
            connection.becomeStream(upgrade, context)
        }
    }

    private func becomeStream(_ upgrade: HTTPUpgrade, _ context: ChannelHandlerContext) {
        stopTimer()
        guard context.channel.isActive, waiting.isEmpty else {
            context.close(promise: nil)
            return upgrade.begin(nil)
        }
        let (channel, connections) = (context.channel, parts.connections)
        let handler = UpgradedStreamHandler { connections.remove(channel) }
        if isDraining || inputHasEnded { handler.endInput() }
        let stream = UpgradedStream(handler, peer: peer, on: context.eventLoop)
        do {
            // What the decoder has left over goes to the handler behind it when it goes.
            try leave(to: handler, context).assumeIsolated().whenComplete { _ in upgrade.begin(stream) }
        } catch {
            context.close(promise: nil)
            upgrade.begin(nil)
        }
    }

    private func leave(
        to handler: UpgradedStreamHandler, _ context: ChannelHandlerContext
    ) throws -> EventLoopFuture<Void> {
        let pipeline = context.pipeline.syncOperations
        let watch = try pipeline.context(handlerType: FirstByteWatch.self)
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(handler, position: .after(self))
        pipeline.removeHandler(context: context, promise: nil)
        pipeline.removeHandler(context: watch, promise: nil)
        return pipeline.removeHandler(context: decoder)
    }
}
