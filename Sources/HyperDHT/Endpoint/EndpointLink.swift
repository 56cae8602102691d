/// One connection of an endpoint, from the call to the last answer to a peer that has missed the end.
struct EndpointLink: Sendable {
    /// Who is at both ends of it: of these there is one connection that a peer has made.
    struct Ends: Hashable, Sendable {
        let server: PublicKey
        let caller: PublicKey
    }

    struct OtherPlace: Sendable {
        /// The first ones and their repeats; all others follow when the peer is heard.
        static let (packetsMax, packetsAtOnce) = (12, 2)

        let address: IPv4Address
        var packetsLeft = packetsMax
        /// In one poll.
        var copiesLeft: Int { min(packetsLeft, Self.packetsAtOnce) }
    }

    let number: PeerNumber
    let key: PublicKey
    /// The key pair of ours that was called; nil where we have called.
    let server: PublicKey?
    var connection: PeerConnection
    /// While the node looks for the peer, and until that is heard.
    var connect: Int?
    /// Where packets go, and where they have to come from.
    var address: IPv4Address?
    /// Where else the peer is said to be, until it is heard.
    private(set) var otherPlaces: [OtherPlace] = []
    /// Whether a packet has come from there.
    var hasHeard = false
    /// The host that a caller has come from, and is counted under.
    var countedHost: UInt32?
    /// Whose stream id it is; 0 while there is none.
    var streamID: UInt32 = 0

    /// Whether the peer has shown who it is.
    var isOpened = false
    var isOver = false
    /// Whether nobody will hear more of it: its number is gone.
    var isTold = false
    /// What is told of its end where the connection itself does not know.
    var failure: PeerEnd?

    /// Whether it is to be polled, and whether it has events to be taken.
    var isTouched = false
    var hasEvents = false

    init(
        _ number: PeerNumber, to key: PublicKey, calledAs server: PublicKey? = nil,
        serving methods: [ChannelName: Set<String>], limits: SecureChannel.Limits, at now: Int64
    ) {
        (self.number, self.key, self.server) = (number, key, server)
        connection = PeerConnection(serving: methods, limits: limits, at: now)
    }

    /// Both ends, where it is the peer that has called.
    var ends: Ends? { server.map { Ends(server: $0, caller: key) } }
    /// Whether the node is still looking for the peer, and there is no stream.
    var isCalling: Bool { connect != nil && address == nil }
    /// Whether a peer has called and not yet shown that it has the keys.
    var isUnconfirmed: Bool { server != nil && !isOpened && !isOver }
    /// Whether nothing will happen any more. Who has never shown who it is, is told of the end once.
    var isForgettable: Bool { isTold && (connection.isFinished || server != nil && !isOpened) }
    var peer: Peer { Peer(key: key, server: server, address: address?.description ?? "") }

    mutating func begin(_ found: DHTConnection, _ configuration: UDXConfiguration, at now: Int64) {
        (address, streamID) = (found.remoteAddress, found.streamID)
        var configuration = configuration
        if server != nil { configuration.unheardPacketsMax = DHTConnection.unheardPackets }
        let stream = UDXStream(id: found.streamID, remoteID: found.remoteStreamID, configuration: configuration)
        connection.begin(found.session, over: stream, at: now)
    }

    /// Whether a packet may come from there. Its number, which nobody else has been told, shows that the first one is the
    /// peer's, wherever a relay has seen it; from then on the address stays.
    mutating func comes(from source: IPv4Address) -> Bool {
        if address != source {
            guard !hasHeard, source.scope != nil else { return false }
            address = source
        }
        if !hasHeard { (hasHeard, otherPlaces) = (true, []) }
        return true
    }

    /// From now on packets go there too.
    mutating func isAlso(at address: IPv4Address) {
        if !hasHeard { otherPlaces.append(OtherPlace(address: address)) }
    }

    /// What a poll has shown.
    struct Outcome {
        var deadline: Int64?
        var isConfirmed = false
        var end: ConnectionEnd?
        var hasEvents = false
    }

    mutating func poll(at now: Int64, into datagrams: inout OutgoingDatagrams) -> Outcome {
        isTouched = false
        let start = datagrams.count
        datagrams.append(to: address) { connection.poll(at: now, into: &$0) }
        let end = datagrams.count
        for index in otherPlaces.indices {
            let copied = start..<min(end, start + otherPlaces[index].copiesLeft)
            datagrams.append(copiesOf: copied, to: otherPlaces[index].address)
            otherPlaces[index].packetsLeft -= copied.count
        }
        return Outcome(
            deadline: connection.nextDeadline, isConfirmed: connection.channel.isConfirmed,
            end: connection.channel.end, hasEvents: !connection.channel.events.isEmpty)
    }

    mutating func withChannel<Value>(_ use: (inout SecureChannel) -> Value) -> Value { use(&connection.channel) }

    /// The next of those that were there when it was last polled.
    mutating func takeEvent() -> PeerEvent? {
        guard hasEvents, let event = connection.channel.nextEvent() else {
            hasEvents = false
            return nil
        }
        switch event {
        case .confirmed: return .opened(number, peer)
        case .rpc(let event): return .rpc(number, event)
        case .unanswered(let channel, let id): return .unanswered(number, channel, id: id)
        case .closed(let end): return .closed(number, failure ?? .over(end))
        }
    }
}
