/// How far a caller has come with meeting a server behind a NAT.
struct CallersHole: Sendable {
    enum Step: Equatable, Sendable {
        /// Round 0: the server is asked for a punch.
        case asking
        /// That punch is waited for.
        case listening(until: Int64)
        /// Round 1: both send punches.
        case punching
    }

    /// Whom to ask, and where that one should pass it on to.
    typealias Way = NoisePayload.Holepunch.Relay

    /// Under which the server knows this.
    let id: UInt64
    let key: Secret
    /// Of our tokens.
    let secret: Bytes32
    /// The node that has passed on the handshake, and where it saw the server.
    let handshakeWay: Way
    /// Those of the server.
    let ways: [Way]
    var step = Step.asking
    var asks = 0
    /// The server's, to be given back to it.
    var remoteToken: Bytes32?
    var isRandom: Bool
    var punches = PunchSchedule()
    /// Hosts from which a punch may come.
    var hosts: Set<UInt32>
    /// A punch came from the server's host and another port. It counts if no better one comes until then.
    var candidate: (address: IPv4Address, at: Int64)?

    /// Where the server is, as the relay of the handshake says.
    var server: IPv4Address { handshakeWay.peer }

    var round: UInt64 { step == .punching ? 1 : 0 }

    /// What is to be asked through next. In round 1 the relay is ours, so that both relays have told our address.
    var way: Way? {
        guard asks < Punch.asksMax else { return nil }
        return step == .punching || ways.isEmpty ? handshakeWay : ways[asks % ways.count]
    }

    var token: Bytes32 { RoundTripToken.make(for: server, secret: secret) }

    /// Whether a punch from there is surely the server's.
    func isKnown(_ address: IPv4Address) -> Bool { address == server || punches.addresses.contains(address) }

    var dueAt: Int64 {
        let step =
            switch step {
            case .asking: Int64.max
            case .listening(let until): until
            case .punching: punches.dueAt
            }
        return min(step, candidate?.at ?? .max)
    }

    /// What is said to the server now.
    func payload(firewall: NoisePayload.Firewall, addresses: [IPv4Address]?) -> HolepunchPayload {
        var payload = HolepunchPayload()
        (payload.firewall, payload.round) = (firewall, round)
        guard step == .punching else {
            payload.remoteAddress = server
            return payload
        }
        (payload.isPunching, payload.addresses) = (true, addresses)
        (payload.token, payload.remoteToken) = (token, remoteToken)
        return payload
    }
}
