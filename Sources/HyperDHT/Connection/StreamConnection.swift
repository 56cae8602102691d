/// A connection with a peer over a reliable, ordered stream of bytes, such as TLS over TCP: a ``StreamHandshake``, and a
/// ``SecureChannel`` behind it.
///
/// Decides; never reads, writes or waits. What comes goes into ``receive(_:at:)`` while ``isReading``, what
/// ``nextBytes(at:)`` gives goes out, and requests and answers are made in ``channel``, from the beginning on. After any
/// of it, or several, ``poll(at:)`` is due, and to send; and then at ``nextDeadline``.
///
/// A handshake costs the called side two scalar multiplications before it knows who calls, and two more for those who
/// are admitted: whoever accepts connections bounds how many are in it, and how often an address comes.
package struct StreamConnection: Sendable {
    package var channel: SecureChannel
    /// `nil` when it is through.
    private var handshake: StreamHandshake?
    /// Of the handshake, and goes first.
    private var greeting: ArraySlice<UInt8>

    /// The limits that suit a stream, in which nothing else notices that a peer is gone.
    package static var limits: SecureChannel.Limits {
        var limits = SecureChannel.Limits()
        limits.silenceTimeout = 30_000_000_000
        return limits
    }

    /// Calls `remote`. Throws `badKey` where that is no key.
    package init(
        calling remote: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>] = [:],
        limits: SecureChannel.Limits = Self.limits, at now: Int64
    ) throws(NoiseError) {
        let (handshake, greeting) = try StreamHandshake.calling(remote, as: identity)
        (self.handshake, self.greeting) = (handshake, greeting[...])
        channel = SecureChannel(serving: methods, limits: limits, at: now)
    }

    /// Is called. Who is not admitted gets no answer: ``ConnectionEnd/noise(_:)`` ends the connection.
    package init(
        calledAs identity: KeyPair, serving methods: [ChannelName: Set<String>] = [:],
        limits: SecureChannel.Limits = Self.limits, at now: Int64, isAdmitted: @escaping @Sendable (PublicKey) -> Bool
    ) {
        (handshake, greeting) = (StreamHandshake.called(as: identity, isAdmitted: isAdmitted), [])
        channel = SecureChannel(serving: methods, limits: limits, at: now)
    }

    /// False while bytes are to be left where they are. What is received all the same is not lost.
    package var isReading: Bool { channel.end == nil && (handshake != nil || channel.isReading) }

    /// Whether this side has nothing more to send: that direction of the stream is to be ended.
    package var wantsEnd: Bool { channel.wantsEnd && greeting.isEmpty }

    /// When to call ``poll(at:)`` if nothing else happens before; nil for never.
    package var nextDeadline: Int64? { channel.nextDeadline }

    /// The next bytes of the peer, however they are cut.
    package mutating func receive(_ bytes: ArraySlice<UInt8>, at now: Int64) {
        guard channel.end == nil else { return }
        guard handshake != nil else {
            channel.receive(bytes, at: now)
            return
        }
        do throws(ConnectionEnd) {
            guard let outcome = try handshake?.receive(bytes) else { return }
            handshake = nil
            if !outcome.answer.isEmpty { greeting = outcome.answer[...] }
            channel.begin(outcome.session, at: now)
            channel.sayNothing(at: now)
            channel.receive(outcome.rest, at: now)
        } catch {
            handshake = nil
            channel.close(error)
        }
    }

    /// The peer sends nothing more.
    package mutating func receiveEnd(at now: Int64) {
        channel.receiveEnd(at: now)
        closeIfBothEnded()
    }

    /// The stream is no more: nothing can be sent or received.
    package mutating func lost() { channel.close(.reset) }

    /// The bytes that are to go next; empty where none are. ``took(_:at:)`` says how many of them have gone.
    package mutating func nextBytes(at now: Int64) -> ArraySlice<UInt8> {
        guard channel.end == nil else { return [] }
        return greeting.isEmpty ? channel.nextBytes(at: now) : greeting
    }

    package mutating func took(_ count: Int, at now: Int64) {
        guard !greeting.isEmpty else {
            channel.took(count, at: now)
            closeIfBothEnded()
            return
        }
        greeting = greeting.dropFirst(max(count, 0))
        if greeting.isEmpty { greeting = [] }
    }

    /// Does what is due. When ``SecureChannel/end`` is not nil after it, the stream is to be closed.
    package mutating func poll(at now: Int64) {
        channel.poll(at: now)
        closeIfBothEnded()
    }

    private mutating func closeIfBothEnded() {
        if channel.peerHasEnded, wantsEnd { channel.close(.ended) }
    }
}
