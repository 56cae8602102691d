/// A peer that is being called.
struct Connect: Sendable {
    /// How long a peer that should send first is waited for before it is sent to.
    static let patience: Int64 = DHTWire.second

    /// What the peer's answer says.
    struct Answer: Sendable {
        var session: NoiseSession
        var remoteStreamID: UInt32
        /// Where to send if nothing better is found; `nil` if that is of no use without a hole.
        var fallback: IPv4Address?
    }

    enum Phase: Sendable {
        case calling
        /// The peer sends first.
        case waiting(Answer, until: Int64)
        /// It is looked for in our own network, a hole to it is being made, or both.
        case meeting(Answer)
        /// The stream has begun, with where a node says that the peer is. Others are still asked until it is heard.
        case begun
    }

    /// So many places of a peer are believed in at once.
    static let placesMax = 4

    let target: Bytes32
    let initiator: NoiseInitiator
    let streamID: UInt32
    let giveUpAt: Int64
    var phase = Phase.calling
    /// Nodes that pass on handshakes for the peer.
    var untried: [IPv4Address]
    var tried: Set<IPv4Address> = []
    var inFlight = 0
    /// Of these: who has said, or seems to have said, that it does not know the peer.
    var doubted: Set<IPv4Address> = []
    /// Where it has been said to be.
    var places: [IPv4Address] = []
    var isSearching = true
    /// Where a packet of the peer has come from already.
    var heardFrom: IPv4Address?
    var isProbing = false
    var hole: CallersHole?
    /// Why there is no hole.
    var failure = ConnectFailure.unreachable

    /// Whether handshakes still go out.
    var isAsking: Bool { if case .calling = phase { true } else { hasBegun } }
    var hasBegun: Bool { if case .begun = phase { true } else { false } }

    mutating func isDone(with node: IPv4Address) {
        inFlight -= 1
        doubted.remove(node)
    }

    /// For the time when the stream begins.
    mutating func remember(_ place: IPv4Address) {
        if places.count < Self.placesMax, !places.contains(place) { places.append(place) }
    }

    var dueAt: Int64 {
        switch phase {
        case .calling: giveUpAt
        case .waiting(_, let until): min(until, giveUpAt)
        case .meeting, .begun: min(hole?.dueAt ?? .max, giveUpAt)
        }
    }
}
