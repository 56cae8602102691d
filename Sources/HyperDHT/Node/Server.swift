/// A key pair that can be called here: where it is announced, and who is let in.
struct Server: Sendable {
    enum Phase: Equatable, Sendable {
        /// Until `dueAt`.
        case waiting
        case searching
        case announcing(left: Int)
        case announced
    }

    /// Between announcements, whatever nodes say.
    private static let roundsMin = 5

    let identity: KeyPair
    let isAdmitted: @Sendable (PublicKey) -> Bool
    var phase = Phase.waiting
    /// The nodes that pass on handshakes for it.
    var nodes: [IPv4Address] = []
    /// Those that will, once the announcement under way is through.
    var freshNodes: [IPv4Address] = []
    /// How these nodes saw us when we were announced there.
    var seenAs: [IPv4Address: IPv4Address] = [:]
    /// How many there were when it was last announced.
    var nodesWanted = 0
    var rounds = 0
    var failures = 0
    var isStopping = false
    /// Of announcements at nodes that are not needed any more.
    var withdrawalsLeft = 0
    var dueAt: Int64

    init(identity: KeyPair, isAdmitted: @escaping @Sendable (PublicKey) -> Bool, at now: Int64) {
        (self.identity, self.isAdmitted, dueAt) = (identity, isAdmitted, now)
    }

    /// Whether it should be announced anew.
    var isStale: Bool {
        rounds >= DHTWire.keepAliveRounds || nodes.count < min(nodesWanted, DHTWire.announceNodes)
    }

    /// Whether handshakes come through it.
    func isRelay(_ node: IPv4Address) -> Bool { nodes.contains(node) || freshNodes.contains(node) }

    /// What callers are told of them.
    func relays(first: IPv4Address) -> [NoisePayload.Holepunch.Relay] {
        var relays: [IPv4Address] = []
        for node in [first] + freshNodes + nodes where isRelay(node) && !relays.contains(node) { relays.append(node) }
        return relays.compactMap { node in seenAs[node].map { .init(relay: node, peer: $0) } }
    }

    /// A node that sees us elsewhere than it did sends handshakes to where we are not any more.
    mutating func wasSeen(as address: IPv4Address, by node: IPv4Address, at now: Int64) {
        // Not at once again: a node may say anything.
        guard let known = seenAs[node], known != address, phase == .announced, rounds >= Self.roundsMin else { return }
        rounds = DHTWire.keepAliveRounds
        dueAt = now
    }

    mutating func forgetStrangers() { seenAs = seenAs.filter { isRelay($0.key) } }

    mutating func lost(_ node: IPv4Address, at now: Int64) {
        nodes.removeAll { $0 == node }
        if phase == .announced, isStale { dueAt = now }
    }

    /// After a while, a longer one each time.
    mutating func failed(at now: Int64, numbers: inout Randomness) {
        phase = .waiting
        let wait = min(Int64(1) << Int64(min(failures, 6)), 60) * DHTWire.second
        failures += 1
        dueAt = now + wait + Int64.random(in: 0...(wait / 4), using: &numbers)
    }
}
