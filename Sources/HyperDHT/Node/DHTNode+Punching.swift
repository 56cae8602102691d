/// What both sides have to do to meet through their NATs; docs/tunnel.md, Holepunching.
extension DHTNode {
    /// What stands between us and others, as far as that is known.
    var firewall: NoisePayload.Firewall {
        if configuration.isOpen { return .open }
        let seen = reflexive.firewall
        // In a network of one or two nodes there is nobody else to ask.
        guard seen == .unknown, reflexive.address != nil else { return seen }
        let hosts = Set(table.all.lazy.map(\.address.host)).count
        return reflexive.count >= hosts ? .consistent : .unknown
    }

    /// Where peers may send punches to.
    var punchAddresses: [IPv4Address]? { publicAddress.map { [$0] } }

    /// Asks a few nodes how they see us, where too few have said so.
    mutating func sampleOwnAddress() {
        guard firewall == .unknown else { return }
        for node in table.closest(to: table.ownID, limit: 4) where !pending.contains(.mirror, to: node.address) {
            pending.ask(.init(to: node.address, command: .internal(.ping), retries: 1, purpose: .mirror))
        }
    }

    mutating func punch(_ address: IPv4Address, timeToLive: UInt8? = nil) {
        counters.punchesSent += 1
        outgoing.append(DHTOutgoing(to: address, bytes: Punch.bytes, timeToLive: timeToLive))
    }

    /// A punch has come. Anybody can send one, and it says nothing; so it counts only from a host that somebody here is
    /// trying to meet, and is answered a limited number of times.
    mutating func punched(from: IPv4Address, at now: Int64) {
        counters.punchesReceived += 1
        let parties = from.scope == nil ? [] : expectedPunches.from(from.host)
        var (isOfUse, isAnswered) = (false, false)
        for party in parties {
            switch party {
            case .connect(let number): isOfUse = punched(from, forConnect: number, at: now) || isOfUse
            case .visitor(let streamID): isAnswered = isAnswered || answerPunch(from, ofVisitor: streamID)
            }
        }
        if !isOfUse, !isAnswered { counters.drop(.punch) }
    }

    /// Whether two NATs of these kinds never let a hole be made.
    static func isHopeless(_ one: NoisePayload.Firewall, _ other: NoisePayload.Firewall) -> Bool {
        one == .random && other == .random
    }

    /// Of the addresses that a peer says it has: those that we may send to.
    static func plausible(_ addresses: [IPv4Address]?, from teller: IPv4Address) -> [IPv4Address] {
        (addresses ?? []).filter { $0.isPlausible(from: teller) }
    }
}
