/// One end of a reliable, ordered stream of bytes in both directions over datagrams.
///
/// It decides and never acts: the shell hands in datagrams and the time, and sends what ``poll(at:into:)`` answers
/// with. After any other call, or several, ``poll(at:into:)`` is due; and then at ``nextDeadline``. The time never goes
/// backwards; where it begins does not matter.
///
/// A packet is known by the number of its stream only. Whoever owns the socket compares the source of each datagram
/// with the address of the peer first: else anybody who learns the number can end the stream.
package struct UDXStream: Sendable {
    package let id: UInt32
    /// The number that the peer has chosen. Until it is known nothing is sent, but what the peer sends is taken in.
    package private(set) var remoteID: UInt32?
    package let configuration: UDXConfiguration
    package internal(set) var counters = UDXCounters()
    /// Whether the peer has shown who it is, where it has called. Until then acknowledgments have no ranges, so that
    /// none is longer than what it answers: anybody can call, and write any address on a packet.
    package var peerIsConfirmed: Bool

    var sender: UDXSender
    var receiver: UDXReceiver
    var state = State.open
    var events = PendingEvents()
    /// Packets that may go out before the peer is confirmed: some before the first one of it, and for each that comes
    /// in its name a few more.
    var unheardPacketsLeft: Int?
    /// When the last packet of the peer came.
    var heardAt: Int64?
    /// When the last packet with bytes came or went.
    var busyAt: Int64 = .min
    var heartbeatAt: Int64 = .min
    /// When to call ``poll(at:into:)`` if nothing else happens before; nil for never.
    package internal(set) var nextDeadline: Int64?

    enum State {
        case open
        /// Answers a peer that has missed the end.
        case lingering(Linger)
        case finished
    }

    package init(id: UInt32, remoteID: UInt32? = nil, configuration: UDXConfiguration = UDXConfiguration()) {
        self.id = id
        self.remoteID = remoteID
        let configuration = configuration.valid
        self.configuration = configuration
        unheardPacketsLeft = configuration.unheardPacketsMax
        peerIsConfirmed = configuration.unheardPacketsMax == nil
        sender = UDXSender(configuration)
        receiver = UDXReceiver(configuration)
    }
}

extension UDXStream {
    /// From now on there is somebody to send to.
    package mutating func connect(to remoteID: UInt32) {
        if self.remoteID == nil { self.remoteID = remoteID }
    }

    /// Takes bytes to be sent; answers with how many there was room for. ``UDXEvent/writable`` says when there is more.
    /// After ``end()``, and once the stream is closed, it takes none.
    package mutating func write(_ bytes: ArraySlice<UInt8>) -> Int {
        guard isOpen else { return 0 }
        let accepted = sender.write(bytes)
        if accepted < bytes.count { events.wantsRoom = sender.isOpen }
        return accepted
    }

    /// Nothing follows what has been written. The peer may go on.
    package mutating func end() {
        guard isOpen else { return }
        events.wantsRoom = false
        sender.finish()
    }

    /// How much there is to read.
    package var unreadBytes: Int { receiver.unreadBytes }

    /// Appends up to `limit` bytes that the peer has sent to `bytes`, and makes room for more of them.
    @discardableResult
    package mutating func read(to bytes: inout [UInt8], limit: Int = .max) -> Int {
        receiver.read(to: &bytes, limit: limit)
    }

    /// What has happened, one at a time, until nil.
    package mutating func nextEvent() -> UDXEvent? { events.next() }

    /// Whether it is to be forgotten: nothing will happen any more, and no peer is left to be answered.
    package var isFinished: Bool { if case .finished = state { true } else { false } }

    package var isOpen: Bool { if case .open = state { true } else { false } }

    /// How many bytes are written and not yet acknowledged.
    package var unsentBytes: Int { sender.bytes.count }

    /// What its buffers hold on to.
    package var bufferBytes: Int { sender.capacity + receiver.capacity }
}

extension UDXStream {
    /// Whether the peer has yet to show that it is where packets go to, and as much has gone there as may.
    var isMute: Bool { !peerIsConfirmed && unheardPacketsLeft.map { $0 <= 0 } ?? false }

    /// A packet has come; anybody can write its sender's address.
    mutating func hearsPeer() { unheardPacketsLeft = unheardPacketsLeft.map { min($0 + 2, 10) } }

    /// Each kind of event at most once; the order is that of ``UDXEvent``.
    struct PendingEvents {
        var isReadable = false
        var isWritable = false
        var hasEnded = false
        var closed: UDXCloseReason?
        /// Somebody was refused room, and is to hear of it.
        var wantsRoom = false

        mutating func next() -> UDXEvent? {
            if isReadable {
                isReadable = false
                return .readable
            }
            if isWritable {
                isWritable = false
                return .writable
            }
            if hasEnded {
                hasEnded = false
                return .ended
            }
            guard let reason = closed else { return nil }
            closed = nil
            return .closed(reason)
        }
    }
}
