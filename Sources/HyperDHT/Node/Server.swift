/// A key pair that can be called here: where it is announced, and who is let in.
struct Server: Sendable {
    enum Phase: Equatable, Sendable {
        /// Until `dueAt`.
        case waiting
        case searching
        case announcing(left: Int)
        case announced
    }

    let identity: KeyPair
    let isAdmitted: @Sendable (PublicKey) -> Bool
    var phase = Phase.waiting
    /// The nodes that pass on handshakes for it.
    var nodes: [IPv4Address] = []
    /// Those that will, once the announcement under way is through.
    var freshNodes: [IPv4Address] = []
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
