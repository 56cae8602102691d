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
            case receiving(HTTPRequestHead, bodyBytes: Int)
            case answering(keepsAlive: Bool)
            case closing
        }

        enum Action: Equatable {
            case nothing
            case answer(HTTPRequestHead)
            /// Answer so, and close.
            case refuse(HTTPResponseStatus, String)
            case sendContinue
            case close
        }

        private var state = State.idle
        private let bodyBytesMax: Int

        init(bodyBytesMax: Int) { self.bodyBytesMax = bodyBytesMax }

        var isIdle: Bool { if case .idle = state { true } else { false } }
        var isReceiving: Bool { if case .receiving = state { true } else { false } }
        var isAnswering: Bool { if case .answering = state { true } else { false } }
        var isClosing: Bool { if case .closing = state { true } else { false } }

        mutating func received(_ part: HTTPServerRequestPart) -> Action {
            switch (state, part) {
            case (.idle, .head(let head)): return received(head)
            case (.receiving(let head, let count), .body(let bytes)):
                let total = count + bytes.readableBytes
                guard total <= bodyBytesMax else { return refuse(.payloadTooLarge, bodyTooLarge) }
                state = .receiving(head, bodyBytes: total)
                return .nothing
            case (.receiving(let head, _), .end):
                // The decoder reads nothing behind a request that could change the protocol.
                let ends = head.method == .CONNECT || head.headers.contains(name: "upgrade")
                state = .answering(keepsAlive: head.isKeepAlive && !ends)
                return .answer(head)
            case (.closing, _): return .nothing
            case (.idle, _), (.receiving, .head), (.answering, _):
                preconditionFailure("the decoder delivered a part out of order")
            }
        }

        private var bodyTooLarge: String { "413 the body is larger than exporter.max_body_bytes = \(bodyBytesMax)" }

        private mutating func received(_ head: HTTPRequestHead) -> Action {
            if let problem = Self.framingProblem(head) { return refuse(.badRequest, "400 \(problem)") }
            if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > bodyBytesMax {
                return refuse(.payloadTooLarge, bodyTooLarge)
            }
            state = .receiving(head, bodyBytes: 0)
            let expects = head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
            return expects ? .sendContinue : .nothing
        }

        /// Ambiguous framing is how requests are smuggled past another proxy: RFC 9112, 6.1 and 6.3.
        private static func framingProblem(_ head: HTTPRequestHead) -> String? {
            let lengths = head.headers["content-length"]
            let codings = head.headers["transfer-encoding"]
            if lengths.count > 1 { return "more than one Content-Length" }
            if !lengths.isEmpty, !codings.isEmpty { return "Content-Length and Transfer-Encoding together" }
            if let coding = codings.first, codings.count > 1 || coding.lowercased() != "chunked" {
                return "a Transfer-Encoding other than chunked"
            }
            if head.version == .http1_1, head.headers["host"].count != 1 { return "HTTP/1.1 needs one Host header" }
            return nil
        }

        private mutating func refuse(_ status: HTTPResponseStatus, _ sentence: String) -> Action {
            state = .closing
            return .refuse(status, sentence)
        }

        /// The answer to the last request has been handed to the socket.
        mutating func answered(closes: Bool) -> Action {
            guard case .answering(let keepsAlive) = state else { return .nothing }
            if keepsAlive, !closes {
                state = .idle
                return .nothing
            }
            state = .closing
            return .close
        }

        var keepsAlive: Bool {
            if case .answering(let keepsAlive) = state { return keepsAlive }
            return false
        }

        /// The decoder could not read what came.
        mutating func receivedGarbage(_ status: HTTPResponseStatus, _ sentence: String) -> Action {
            if case .answering = state { return .close }
            if case .closing = state { return .nothing }
            return refuse(status, sentence)
        }
    }
}
