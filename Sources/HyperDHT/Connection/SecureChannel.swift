/// Requests and answers with a peer that is known for certain, over any transport that keeps bytes in order.
///
/// Decides; never reads, writes or waits. The connection that owns it (``PeerConnection`` over datagrams,
/// ``StreamConnection`` over a stream) moves the bytes; whoever uses the connection opens channels, asks and answers
/// here. After any call of a user a `poll` of the connection is due. Time is in nanoseconds of a clock that only goes
/// forward.
///
/// What is kept of a peer has bounds, all in ``Limits``. Of an answer of n bytes the sender keeps n, and n more while it
/// is encrypted; the receiver keeps what has come of it, and n more while it is decrypted. Whoever takes an event has
/// the bytes, and nothing of them stays here.
package struct SecureChannel: Sendable {
    package struct Limits: Sendable {
        package var stream = SecretStream.Limits()
        package var mux = Mux.Limits()
        package var rpc = RPCChannel.Limits()
        /// What may wait to be sent: two of the longest answers. The peer hears of an answer beyond it that it is
        /// refused; once nothing but such sentences makes more of it, the peer reads nothing and is given up.
        package var waitingBytesMax = 2 << 24
        /// While more than this waits, and no answer of the peer is waited for, nothing is read: a peer that asks and
        /// does not read is not heard.
        package var readingBytesMax = 256 * 1024
        /// Events that nobody has taken: while there are more, nothing is read. What was read before may add some.
        package var eventsMax = 1024
        /// How long after the end of the last own request a message may still be as long as an answer. While no answer is
        /// waited for, none may be longer than a request and ``aroundRequestBytes``.
        package var lateAnswerTime: Int64 = 30_000_000_000
        /// From the beginning to the first message of the peer that is authentic.
        package var confirmTimeout: Int64 = 20_000_000_000
        /// From the end of this side, or the last bytes of it that have gone, to the end of the peer.
        package var endTimeout: Int64 = 10_000_000_000
        /// How long the transport may take none of the bytes that wait.
        package var unreadTimeout: Int64 = 120_000_000_000
        /// How long the peer may say nothing; nil where the transport notices by itself that a peer is gone.
        package var silenceTimeout: Int64?

        package init() {}
    }

    package enum Event: Equatable, Sendable {
        /// The peer has shown that it has the keys of the handshake. Whatever it says comes behind it.
        case confirmed(PublicKey)
        /// A channel was opened or closed, a request or an answer has come.
        case rpc(RPCConnection.Event)
        /// There will be no answer: it took too long, or the peer has ended.
        case unanswered(Mux.Channel, id: UInt64)
        /// The last event.
        case closed(ConnectionEnd)
    }

    struct Request: Hashable {
        let channel: Mux.Channel
        let id: UInt64
    }

    enum Phase: Equatable {
        case open
        /// This side says nothing new; the peer has so long.
        case ending(until: Int64)
        case closed(ConnectionEnd)
    }

    /// What may stand around a request in a message: its head, and short messages that are sent with it.
    package static let aroundRequestBytes = 16 * 1024

    package let limits: Limits
    package internal(set) var counters = SecureChannelCounters()
    /// `nil` until the handshake is through, and when all is over.
    var stream: SecretStream?
    var rpc: RPCConnection
    var phase = Phase.open
    var events = RingQueue<Event>()
    var outgoing = OutgoingMessages()
    /// Own requests, and until when an answer is waited for.
    var requests: [Request: Int64] = [:]
    /// Until when answers may come, if there are no more requests; nil before the first request.
    var answersUntil: Int64?
    var confirmUntil: Int64
    var isConfirmed = false
    var peerHasEnded = false
    var heardAt: Int64
    /// Since when the transport has taken nothing of what waits.
    var unreadSince: Int64?

    /// `methods` are those that are answered here, by the channel that the peer may open for them.
    init(serving methods: [ChannelName: Set<String>], limits: Limits, at now: Int64) {
        self.limits = limits
        rpc = RPCConnection(serving: methods, limits: limits.rpc, muxLimits: limits.mux)
        confirmUntil = now + limits.confirmTimeout
        heardAt = now
    }
}

// MARK: - For its users

extension SecureChannel {
    /// Whether requests can be made. They go out when the handshake is through and the peer has opened the channel.
    package var isOpen: Bool { phase == .open && !peerHasEnded }

    /// Why it is over; nil while it is not.
    package var end: ConnectionEnd? { if case .closed(let end) = phase { end } else { nil } }

    /// Own requests without an answer.
    package var pendingCount: Int { requests.count }

    /// What waits to be sent, in bytes.
    package var waitingBytes: Int { outgoing.bytes }

    /// What has happened, one at a time, until nil.
    package mutating func nextEvent() -> Event? {
        guard !events.isEmpty else { return nil }
        let event = events.removeFirst()
        if events.isEmpty { events.removeAll() }
        return event
    }

    package mutating func open(_ name: ChannelName) throws(MuxError) -> Mux.Channel {
        let channel = try rpc.open(name)
        collect()
        return channel
    }

    /// Gives the own requests that came to nothing.
    @discardableResult
    package mutating func close(_ channel: Mux.Channel) -> [UInt64] {
        let unanswered = rpc.close(channel)
        for id in unanswered { requests[Request(channel: channel, id: id)] = nil }
        collect()
        return unanswered
    }

    /// The number under which the answer will come, or ``Event/unanswered(_:id:)`` after `timeout`.
    package mutating func request(
        _ channel: Mux.Channel, _ method: String, _ body: [UInt8], timeout: Int64? = nil, at now: Int64
    ) throws(RPCError) -> UInt64 {
        guard isOpen else { throw .closed }
        let id = try rpc.request(channel, method, body)
        requests[Request(channel: channel, id: id)] = timeout.map { now + $0 } ?? .max
        counters.requestsSent += 1
        expectAnswers(at: now)
        collect()
        return id
    }

    /// Its answer is not waited for any more.
    package mutating func forget(_ id: UInt64, on channel: Mux.Channel) {
        rpc.forget(id, on: channel)
        requests[Request(channel: channel, id: id)] = nil
    }

    /// False where nobody waits for the answer any more, or where too much waits already: the peer is told so.
    @discardableResult
    package mutating func answer(
        _ id: UInt64, on channel: Mux.Channel, with result: Result<[UInt8], RPCFailure>
    ) -> Bool {
        guard phase == .open else { return false }
        if case .success(let body) = result, outgoing.bytes + body.count > limits.waitingBytesMax {
            counters.answersRefused += 1
            rpc.answer(id, on: channel, with: .failure(RPCFailure("Too much waits to be sent")))
            collect()
            return false
        }
        let isWaitedFor = rpc.answer(id, on: channel, with: result)
        collect()
        return isWaitedFor
    }

    /// Nothing new is said; what was said before is still sent, and what the peer says until it ends too is heard.
    package mutating func end(at now: Int64) {
        if phase == .open { phase = .ending(until: now + limits.endTimeout) }
    }

    /// All is over at once; what was not yet sent is lost.
    package mutating func destroy() { close(.destroyed) }

    /// Puts the messages that were made where they wait to be sent.
    mutating func collect() {
        let messages = rpc.takeFrames()
        guard phase == .open else { return }
        for message in messages { outgoing.append(message) }
        let bytes = outgoing.bytes
        if bytes > limits.waitingBytesMax + SecretStream.messageBytesMax { close(.unread(bytes: bytes)) }
    }
}
