import NIOCore
import NIOHTTP1

extension HTTPConnection {
    /// Decides what a connection does with the parts of requests; never reads, writes, waits or logs.
    ///
    /// One request is answered at a time. What a client sends ahead waits in ``waiting``, and the shell stops reading
    /// while anything does, so that a client that asks much and reads little costs one read buffer.
    struct StateMachine {
        private enum State {
            /// Between requests.
            case idle
            /// Whether the rest may come is looked into.
            case judging(HTTPFraming)
            case receiving(HTTPFraming, HTTPBodyLimit, isTaken: Bool)
            case answering(keepsAlive: Bool)
            /// Answered at its head; the rest of it is read away.
            case dropping
            case closing
            /// It speaks HTTP no more.
            case upgraded
        }

        enum Action: Equatable {
            case nothing
            /// Find out whether the rest may come: ``admitted(_:bytesLeft:)``, or an answer and ``answered(closes:)``.
            case judge(HTTPRequestHead)
            case sendContinue
            case take(ByteBuffer)
            case answer
            /// Wait for the next request.
            case rest
            /// Answer so, and close.
            case refuse(HTTPResponseStatus, String)
            case refuseBody(HTTPBodyRefusal, String)
            case close
        }

        /// The body of a request that is answered at its head is read away up to this, so that the connection lives.
        static let droppedBytesMax = 64 * 1024

        private var state = State.idle
        /// For routes that take no body: it is read away.
        private let untakenLimit: HTTPBodyLimit
        /// Of the body that comes.
        private(set) var bodyBytes = 0

        init(bodyBytesMax: Int) {
            untakenLimit = HTTPBodyLimit(bytes: bodyBytesMax, key: "exporter.max_body_bytes")
        }

        var isIdle: Bool { if case .idle = state { true } else { false } }
        /// The request has been read to its end, and nothing was sent to answer it.
        var isAnswering: Bool { if case .answering = state { true } else { false } }
        var isClosing: Bool { if case .closing = state { true } else { false } }

        /// The client is to go on sending.
        var isReceiving: Bool {
            switch state {
            case .receiving, .dropping: true
            case .idle, .judging, .answering, .closing, .upgraded: false
            }
        }

        /// Nothing is received until something of ours is through.
        var isBusy: Bool {
            switch state {
            case .judging, .answering, .upgraded: true
            case .idle, .receiving, .dropping, .closing: false
            }
        }

        /// The length of the body that comes, where it was declared.
        var declaredBytes: Int? { if case .receiving(let framing, _, _) = state { framing.declaredBytes } else { nil } }

        mutating func received(_ part: HTTPServerRequestPart) -> Action {
            switch (state, part) {
            case (.idle, .head(let head)): return received(head)
            case (.receiving(_, let limit, let isTaken), .body(let bytes)):
                bodyBytes += bytes.readableBytes
                guard bodyBytes <= limit.bytes else { return refuse(tooLargeFor: limit) }
                return isTaken ? .take(bytes) : .nothing
            case (.receiving(let framing, _, _), .end):
                state = .answering(keepsAlive: framing.keepsAlive)
                return .answer
            case (.dropping, .body(let bytes)):
                bodyBytes += bytes.readableBytes
                return .nothing
            case (.dropping, .end):
                state = .idle
                return .rest
            case (.closing, _): return .nothing
            // The decoder keeps the order.
            case (.idle, _), (.judging, _), (.receiving, .head), (.dropping, .head), (.answering, _),
                (.upgraded, _):
                return close()
            }
        }

        private mutating func received(_ head: HTTPRequestHead) -> Action {
            do throws(HTTPFraming.Problem) {
                state = .judging(try HTTPFraming(of: head))
                bodyBytes = 0
                return .judge(head)
            } catch {
                return refuse(.badRequest, "400 \(error.sentence)")
            }
        }

        /// The request may be made; its body is taken within `limit`, and without one read away.
        mutating func admitted(_ limit: HTTPBodyLimit?, bytesLeft: Int) -> Action {
            guard case .judging(let framing) = state else { return close() }
            let declared = framing.declaredBytes ?? 0
            let bound = limit ?? untakenLimit
            if declared > bound.bytes { return refuse(tooLargeFor: bound) }
            if limit != nil, declared > bytesLeft { return foundNoRoom() }
            state = .receiving(framing, bound, isTaken: limit != nil)
            return framing.expectsContinue ? .sendContinue : .nothing
        }

        // MARK: Refusals

        private mutating func refuse(_ status: HTTPResponseStatus, _ sentence: String) -> Action {
            state = .closing
            return .refuse(status, sentence)
        }

        private mutating func refuse(tooLargeFor limit: HTTPBodyLimit) -> Action {
            state = .closing
            return .refuseBody(.tooLarge, "413 the body is larger than \(limit.key) = \(limit.bytes)")
        }

        mutating func foundNoRoom() -> Action {
            state = .closing
            return .refuseBody(.noRoom, "503 the bodies of all requests together reach exporter.max_inflight_bytes")
        }

        mutating func ranOutOfTime() -> Action {
            if case .dropping = state { return close() }
            state = .closing
            return .refuseBody(
                .tooSlow, "408 the body comes slower than exporter.min_body_rate and exporter.body_timeout allow")
        }

        /// The decoder could not read what came.
        mutating func receivedGarbage(_ status: HTTPResponseStatus, _ sentence: String) -> Action {
            switch state {
            case .idle, .receiving: return refuse(status, sentence)
            // It has its answer.
            case .dropping, .answering, .judging, .upgraded: return close()
            case .closing: return .nothing
            }
        }

        private mutating func close() -> Action {
            stop()
            return .close
        }

        /// Nothing more is received or answered.
        mutating func stop() { state = .closing }

        // MARK: Answers

        /// The request was answered with 101.
        mutating func upgraded() { state = .upgraded }

        /// The answer to the request has been handed to the socket, at its end or at its head.
        mutating func answered(closes: Bool) -> Action {
            guard isBusy else { return .nothing }
            guard keepsAlive, !closes else { return close() }
            if case .judging = state { state = .dropping } else { state = .idle }
            return .nothing
        }

        /// Whether the connection can live on once the request has been answered.
        var keepsAlive: Bool {
            switch state {
            case .answering(let keepsAlive): keepsAlive
            case .judging(let framing): framing.keepsAliveWithoutBody(of: Self.droppedBytesMax)
            case .idle, .receiving, .dropping, .closing, .upgraded: false
            }
        }
    }
}
