/// A connection with a peer over datagrams: a ``UDXStream``, and a ``SecureChannel`` on it.
///
/// Decides; never reads, writes or waits. Datagrams of the peer go into ``receive(_:at:)``, what ``poll(at:into:)``
/// answers with goes out to it, and requests and answers are made in ``channel``. After any of it, or several,
/// ``poll(at:into:)`` is due; and then at ``nextDeadline``. Whoever owns the socket compares the source of each datagram
/// with the address of the peer first.
///
/// Beside what ``SecureChannel`` keeps, there are the buffers of the stream: see ``UDXConfiguration``.
package struct PeerConnection: Sendable {
    /// How much is read at once.
    private static let portionBytes = 64 * 1024

    package var channel: SecureChannel
    private var stream: UDXStream
    /// Nothing comes behind what there is to read.
    private var streamHasEnded = false
    /// What the peer had not acknowledged at the last look.
    private var unsentBytes = 0

    /// `stream` is of the same handshake. It may have received already, and need not know yet where to send to.
    package init(
        _ session: NoiseSession, over stream: UDXStream, serving methods: [ChannelName: Set<String>] = [:],
        limits: SecureChannel.Limits = .init(), at now: Int64
    ) {
        self.stream = stream
        channel = SecureChannel(serving: methods, limits: limits, at: now)
        channel.begin(session, at: now)
    }

    /// With a peer that is still being looked for: requests can be made, and go out when ``begin(_:over:at:)`` says so.
    package init(
        serving methods: [ChannelName: Set<String>], limits: SecureChannel.Limits = .init(), at now: Int64
    ) {
        stream = UDXStream(id: 0)
        channel = SecureChannel(serving: methods, limits: limits, at: now)
        // Whoever looks has a patience of its own.
        channel.confirmUntil = .max
    }

    /// The peer is found, and has from now on the time to show who it is. `stream` is of the same handshake.
    ///
    /// An empty message goes out at once: a peer that does likewise is confirmed after one round, whether or not anybody
    /// has something to say.
    package mutating func begin(_ session: NoiseSession, over stream: UDXStream, at now: Int64) {
        self.stream = stream
        channel.confirmUntil = now + channel.limits.confirmTimeout
        channel.begin(session, at: now)
        channel.sayNothing(at: now)
    }

    package var streamID: UInt32 { stream.id }
    package var streamCounters: UDXCounters { stream.counters }

    /// Whether it is to be forgotten: nothing will happen any more, and no peer is left to be answered.
    package var isFinished: Bool { channel.end != nil && stream.isFinished }

    /// What has come and not been looked at.
    var unreadBytes: Int { stream.unreadBytes }

    /// What its buffers hold on to.
    package var bufferBytes: Int { stream.bufferBytes + channel.waitingBytes }

    /// When to call ``poll(at:into:)`` if nothing else happens before; nil for never.
    package var nextDeadline: Int64? {
        guard let own = channel.nextDeadline else { return stream.nextDeadline }
        return stream.nextDeadline.map { min($0, own) } ?? own
    }

    /// From now on there is somebody to send to.
    package mutating func connect(to remoteID: UInt32) { stream.connect(to: remoteID) }

    /// Takes in a datagram of the peer. What is wrong with it is counted in ``streamCounters``, and changes nothing.
    package mutating func receive(_ datagram: ArraySlice<UInt8>, at now: Int64) { stream.receive(datagram, at: now) }

    /// Appends what is to be sent now to `batch`, and does what is due.
    package mutating func poll(at now: Int64, into batch: inout DatagramBatch) {
        read(at: now)
        channel.poll(at: now)
        write(at: now)
        if channel.isConfirmed { stream.peerIsConfirmed = true }
        stream.poll(at: now, into: &batch)
        heed(at: now)
    }

    private mutating func read(at now: Int64) {
        if stream.unreadBytes > 0, channel.isReading {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(min(stream.unreadBytes, Self.portionBytes))
            while channel.isReading, stream.read(to: &bytes, limit: Self.portionBytes) > 0 {
                channel.receive(bytes[...], at: now)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        heed(at: now)
    }

    /// What has become of the stream. Its end comes behind its bytes.
    private mutating func heed(at now: Int64) {
        while let event = stream.nextEvent() {
            switch event {
            case .readable, .writable: break
            case .ended: streamHasEnded = true
            case .closed(let reason): streamClosed(reason)
            }
        }
        if streamHasEnded, stream.unreadBytes == 0 {
            channel.receiveEnd(at: now)
            if !stream.isOpen { channel.close(.ended) }
        }
    }

    /// Where both have ended there may still be something to read.
    private mutating func streamClosed(_ reason: UDXCloseReason) {
        switch reason {
        case .ended: break
        case .reset: channel.close(.reset)
        case .destroyed: channel.close(.destroyed)
        case .timedOut: channel.close(.timedOut)
        }
    }

    private mutating func write(at now: Int64) {
        while true {
            let bytes = channel.nextBytes(at: now)
            guard !bytes.isEmpty else { break }
            let count = stream.write(bytes)
            channel.took(count, at: now)
            guard count == bytes.count else { break }
        }
        if channel.wantsEnd { stream.end() }
        if stream.unsentBytes < unsentBytes { channel.progressed(at: now) }
        unsentBytes = stream.unsentBytes
        if let end = channel.end, end != .ended { stream.destroy(at: now) }
    }
}
