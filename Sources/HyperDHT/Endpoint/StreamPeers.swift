/// Connections with peers over streams of bytes, such as TLS over TCP: for networks that let no datagrams through.
///
/// Decides; never reads, writes, dials or waits. Its shell owns the streams, each under the number of its peer: of
/// those that come by ``accept(as:serving:host:at:isAdmitted:)``, of those that go by ``StreamAction/dial(_:_:)``. What
/// happens to a stream is told by number; of a number that is closed, anything may still be told, and nothing comes of
/// it. After any of it, or several, ``poll(at:)`` is due, and then what ``nextAction()`` says; and then again at
/// ``nextDeadline``.
///
/// A call costs what the peers cost that it is about, and not what others do that are only there.
package struct StreamPeers: PeerNetwork {
    package let bounds: Bounds
    package internal(set) var counters = Counters()
    let limits: SecureChannel.Limits
    var entries: [PeerNumber: Entry] = [:]
    private var numbersUsed = 0
    /// To be looked at by ``poll(at:)``; each is in it once.
    var touched: [PeerNumber] = []
    /// Those whose channels have events; each is in it once.
    var eventful = RingQueue<PeerNumber>()
    /// Events of those that have no channel.
    var events = RingQueue<PeerEvent>()
    var actions = RingQueue<StreamAction>()
    var deadlines = DueTimes<PeerNumber>()
    var places = Places()
    var handshakeRates: RateLimit<String>

    /// `limits` are those of each connection.
    package init(bounds: Bounds = .init(), limits: SecureChannel.Limits = StreamConnection.limits) {
        (self.bounds, self.limits) = (bounds, limits)
        handshakeRates = RateLimit(bounds.handshakeRate)
    }

    package var count: Int { entries.count }

    /// Of those that have come and have not shown yet who they are.
    package var handshakeCount: Int { places.handshakes }

    mutating func nextNumber() -> PeerNumber {
        numbersUsed += 1
        return PeerNumber(numbersUsed)
    }

    /// Something has happened to the connection of `peer`: it is to be looked at.
    mutating func touch(_ peer: PeerNumber) {
        guard entries[peer]?.isTouched == false else { return mark(peer) }
        entries[peer]?.isTouched = true
        touched.append(peer)
        mark(peer)
    }

    /// Takes note of what has become of the connection of `peer`.
    mutating func mark(_ peer: PeerNumber) {
        if entries[peer]?.becomesEventful() == true { eventful.append(peer) }
        if entries[peer]?.leavesHandshake() == true, let host = entries[peer]?.host {
            places.handshakeIsOver(of: host)
        }
    }
}

extension StreamPeers {
    /// One connection, and what its stream was told.
    struct Entry: Sendable {
        var connection: StreamConnection
        /// The key that was called, where we were called.
        let server: PublicKey?
        /// Where it came from, where it came to us.
        let host: String?
        /// For people to read.
        var address: String
        /// False while it is being dialled.
        var hasStream: Bool
        var isInHandshake = true
        var isReading = true
        var hasEnded = false
        var isClosed = false
        /// Handed over to be written, and not gone.
        var bytesInFlight = 0
        var isTouched = false
        var isEventful = false
        /// Why there was no stream to be had.
        var failure: String?

        init(_ connection: StreamConnection, server: PublicKey?, host: String?) {
            (self.connection, self.server, self.host) = (connection, server, host)
            (address, hasStream) = (host ?? "", host != nil)
        }

        /// In place: a copy of a channel would be a copy of all that waits in it.
        mutating func withChannel<Value>(_ use: (inout SecureChannel) -> Value) -> Value { use(&connection.channel) }

        /// Whether it has events and is not yet among those that have.
        mutating func becomesEventful() -> Bool {
            guard !isEventful, !connection.channel.events.isEmpty else { return false }
            isEventful = true
            return true
        }

        /// Whether its handshake is over and was not before.
        mutating func leavesHandshake() -> Bool {
            guard isInHandshake, connection.channel.isConfirmed || connection.channel.end != nil else { return false }
            isInHandshake = false
            return true
        }
    }

    /// How many of those that have come there are, of each host and of all.
    struct Places: Sendable {
        private var byHost: [String: (peers: Int, handshakes: Int)] = [:]
        private(set) var handshakes = 0

        func peers(of host: String) -> Int { byHost[host]?.peers ?? 0 }
        func handshakes(of host: String) -> Int { byHost[host]?.handshakes ?? 0 }

        mutating func begin(_ host: String) {
            handshakes += 1
            let own = byHost[host] ?? (0, 0)
            byHost[host] = (own.peers + 1, own.handshakes + 1)
        }

        mutating func handshakeIsOver(of host: String) {
            handshakes -= 1
            byHost[host]?.handshakes -= 1
        }

        /// When its handshake is over.
        mutating func end(_ host: String) {
            byHost[host]?.peers -= 1
            if byHost[host]?.peers == 0 { byHost[host] = nil }
        }
    }
}
