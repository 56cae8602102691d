/// When a node looks after what it knows.
struct Upkeep: Sendable {
    /// Nodes that are looked at before they are kept.
    static let newcomersMax = 32
    private static let pingsPerRound = 5

    enum Phase: Sendable {
        case searching
        /// Searching again, under the name that it has found itself to have.
        case introducing
        case ready
    }

    var phase = Phase.searching
    /// So many hosts have to see a node that has a name elsewhere before it takes another, and more than see it
    /// anywhere else.
    static let witnessesOfNewName = 3

    /// The address that we have our name of; with one, others may keep us, and every datagram has our id.
    var namedAfter: IPv4Address?
    var tickAt: Int64
    var ticks = 0
    var toldAddress: IPv4Address?

    init(at now: Int64, namedAfter: IPv4Address?) { (tickAt, self.namedAfter) = (now + DHTWire.tick, namedAfter) }

    var isNamed: Bool { namedAfter != nil }

    static func pings(of table: RoutingTable, at now: Int64) -> [RoutingTable.Node] {
        table.oldest(pingsPerRound, notSince: now - Int64(DHTWire.ticksBetweenPings) * DHTWire.tick)
    }
}

extension DHTNode {
    mutating func bootstrap() {
        if startQuery(table.ownID, .internal(.findNode), for: .upkeep) == nil { bootstrapped() }
    }

    mutating func bootstrapped() {
        switch upkeep.phase {
        case .searching where !configuration.isEphemeral && upkeep.isNamed:
            upkeep.phase = .introducing
            _ = startQuery(table.ownID, .internal(.findNode), for: .upkeep)
        case .searching, .introducing:
            upkeep.phase = .ready
            events.append(.ready)
        case .ready: break
        }
    }

    /// `from` sees us as `address`.
    mutating func learned(_ address: IPv4Address, from: IPv4Address) {
        reflexive.add(address, from: from, isFixed: configuration.isOpen || !configuration.isEphemeral)
        guard let known = publicAddress else { return }
        if known != upkeep.toldAddress {
            upkeep.toldAddress = known
            events.append(.publicAddress(known))
        }
        takeName(of: known)
    }

    private mutating func takeName(of address: IPv4Address) {
        guard !configuration.isEphemeral, upkeep.namedAfter != address else { return }
        let (here, elsewhere) = reflexive.witnesses(of: address)
        guard !upkeep.isNamed || here >= Upkeep.witnessesOfNewName && here > elsewhere else { return }
        upkeep.namedAfter = address
        table.move(to: NodeID.of(address))
    }

    /// Keeps a node that has just answered under its true name.
    mutating func keep(_ address: IPv4Address, at now: Int64) {
        guard case .full(let old) = table.insert(address, at: now),
            old.pingedAt < now - Int64(DHTWire.ticksBetweenPings) * DHTWire.tick
        else { return }
        ping(old.address, .veteran(replacement: address), retries: 1, isForOthers: true, at: now)
    }

    /// Looks whether a node is there before it is kept: anybody can write any address on a datagram.
    mutating func verify(_ address: IPv4Address) {
        if !table.contains(address) { look(at: address, .newcomer) }
    }

    /// Few at a time, whoever asks for it.
    mutating func look(at address: IPv4Address, _ purpose: PendingRequests.Purpose) {
        guard pending.mayAskForOthers(purpose, address, max: Upkeep.newcomersMax) else { return }
        pending.ask(.init(to: address, command: .internal(.ping), retries: 1, purpose: purpose, isForOthers: true))
    }

    mutating func ping(
        _ address: IPv4Address, _ purpose: PendingRequests.Purpose, retries: Int = DHTWire.retries,
        isForOthers: Bool = false, at now: Int64
    ) {
        table.pinged(address, at: now)
        pending.ask(
            .init(
                to: address, command: .internal(.ping), retries: retries, purpose: purpose, isForOthers: isForOthers))
    }

    mutating func keepUp(at now: Int64) {
        guard upkeep.tickAt <= now else { return }
        upkeep.tickAt = now + DHTWire.tick
        upkeep.ticks &+= 1
        guard upkeep.ticks % DHTWire.ticksBetweenPings == 0 else { return }
        for node in Upkeep.pings(of: table, at: now) { ping(node.address, .veteran(replacement: nil), at: now) }
        let isLonely = table.count == 0 && !configuration.bootstrap.isEmpty
        guard isLonely || upkeep.ticks % DHTWire.ticksBetweenRefreshes < DHTWire.ticksBetweenPings else { return }
        let target = isLonely ? table.ownID : table.all.randomElement(using: &numbers)?.id ?? table.ownID
        _ = startQuery(target, .internal(.findNode), for: .upkeep)
    }
}
