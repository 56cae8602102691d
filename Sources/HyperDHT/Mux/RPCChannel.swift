/// Requests and answers on one channel, in both directions.
///
/// Decides; never reads, writes or waits. What comes on the channel goes into ``receive(type:body:)``; what
/// ``takeMessages()`` gives goes out on it. Requests made before the channel is open go out when it is.
package struct RPCChannel: Sendable {
    package struct Limits: Sendable {
        /// Own requests without an answer.
        package var pendingMax = 64
        /// Requests of the peer that are being answered.
        package var answeringMax = 16
        /// Of a request, the peer's and our own.
        package var requestBytesMax = 64 * 1024
        /// Of an answer, the peer's and our own.
        package var answerBytesMax = RPCChannel.bodyBytesMax

        package init() {}
    }

    package struct Message: Equatable, Sendable {
        package let type: UInt64
        package let head: [UInt8]
        package let body: ArraySlice<UInt8>
    }

    package enum Event: Equatable, Sendable {
        /// To be answered with ``answer(_:with:)``, once.
        case request(id: UInt64, method: String, body: ArraySlice<UInt8>)
        /// A request that wants no answer.
        case notice(method: String, body: ArraySlice<UInt8>)
        /// Of an own request.
        case answer(id: UInt64, Result<ArraySlice<UInt8>, RPCFailure>)
        /// Refused without being handed out: an unknown method, a long body, or too many at a time.
        case refused(method: String)
    }

    private enum State { case opening, open, closed }

    /// What fits into one message of the secret stream with all that stands around it.
    package static let bodyBytesMax = SecretStream.messageBytesMax - 16 * 1024

    package let limits: Limits
    private let methods: Set<String>
    private var state = State.opening
    private var nextID: UInt64 = 1
    private var pending: Set<UInt64> = []
    private var answering: Set<UInt64> = []
    private var messages: [Message] = []

    /// `methods` are those that are answered here.
    package init(answering methods: Set<String> = [], limits: Limits = Limits()) {
        self.methods = methods
        var limits = limits
        limits.requestBytesMax = min(limits.requestBytesMax, Self.bodyBytesMax)
        limits.answerBytesMax = min(limits.answerBytesMax, Self.bodyBytesMax)
        self.limits = limits
    }

    package var pendingCount: Int { pending.count }
    package var isOpen: Bool { state == .open }

    /// The messages to send, in order; none before the channel is open.
    package mutating func takeMessages() -> [Message] {
        guard state == .open else { return [] }
        defer { messages = [] }
        return messages
    }

    package mutating func opened() {
        if state == .opening { state = .open }
    }

    /// Own requests that will not be answered any more.
    package mutating func closed() -> [UInt64] {
        defer {
            state = .closed
            (pending, answering, messages) = ([], [], [])
        }
        return pending.sorted()
    }
}

// MARK: - Asking

extension RPCChannel {
    /// The number under which the answer will come.
    package mutating func request(_ method: String, _ body: [UInt8]) throws(RPCError) -> UInt64 {
        guard state != .closed else { throw .closed }
        guard pending.count < limits.pendingMax else { throw .tooManyPending(max: limits.pendingMax) }
        guard body.count <= limits.requestBytesMax else {
            throw .bodyTooLong(bytes: body.count, max: limits.requestBytesMax)
        }
        let id = nextID
        nextID += 1
        pending.insert(id)
        let request = RPCFrame.Request(id: id, method: method, body: body[...])
        messages.append(Message(type: RPCFrame.MessageType.request, head: request.head, body: request.body))
        return id
    }

    /// Its answer is not waited for any more. What comes of it later is dropped.
    package mutating func forget(_ id: UInt64) { pending.remove(id) }
}

// MARK: - Answering

extension RPCChannel {
    /// False where nobody waits for it: it is answered already, or the channel is closed.
    ///
    /// An answer that is too long is said to be so instead.
    @discardableResult
    package mutating func answer(_ id: UInt64, with result: Result<[UInt8], RPCFailure>) -> Bool {
        guard state == .open, answering.remove(id) != nil else { return false }
        switch result {
        case .success(let body) where body.count > limits.answerBytesMax:
            respond(id, .failure(RPCFailure("The answer of \(body.count) bytes is too long")))
        case .success(let body): respond(id, .success(body[...]))
        case .failure(let failure): respond(id, .failure(failure))
        }
        return true
    }

    private mutating func respond(_ id: UInt64, _ result: Result<ArraySlice<UInt8>, RPCFailure>) {
        let response = RPCFrame.Response(id: id, result: result)
        messages.append(Message(type: RPCFrame.MessageType.response, head: response.head, body: response.body))
    }
}

// MARK: - Receiving

extension RPCChannel {
    /// `nil` of what needs nothing done: late answers, and types of later versions.
    package mutating func receive(type: UInt64, body: ArraySlice<UInt8>) throws(WireError) -> Event? {
        guard state == .open else { return nil }
        switch type {
        case RPCFrame.MessageType.request: return received(try RPCFrame.Request(body))
        case RPCFrame.MessageType.response: return received(try RPCFrame.Response(body))
        default: return nil
        }
    }

    private mutating func received(_ request: RPCFrame.Request) -> Event? {
        guard let failure = refusal(of: request) else {
            guard request.id > 0 else { return .notice(method: request.method, body: request.body) }
            answering.insert(request.id)
            return .request(id: request.id, method: request.method, body: request.body)
        }
        if request.id > 0 { respond(request.id, .failure(failure)) }
        return .refused(method: request.method)
    }

    private func refusal(of request: RPCFrame.Request) -> RPCFailure? {
        guard methods.contains(request.method) else { return .unknownMethod(request.method) }
        guard request.body.count <= limits.requestBytesMax else {
            return RPCFailure("The request is longer than \(limits.requestBytesMax) bytes")
        }
        guard answering.count < limits.answeringMax else { return RPCFailure("Too many requests at a time") }
        guard !answering.contains(request.id) else {
            return RPCFailure("Request \(request.id) is being answered already")
        }
        return nil
    }

    private mutating func received(_ response: RPCFrame.Response) -> Event? {
        guard pending.remove(response.id) != nil else { return nil }
        if case .success(let body) = response.result, body.count > limits.answerBytesMax {
            let failure = RPCFailure("The answer is longer than \(limits.answerBytesMax) bytes", code: nil)
            return .answer(id: response.id, .failure(failure))
        }
        return .answer(id: response.id, response.result)
    }
}
