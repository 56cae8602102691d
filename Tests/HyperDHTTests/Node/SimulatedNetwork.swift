import Testing

@testable import HyperDHT

/// Many nodes, and what lies between them: delay, loss, duplication and NATs, all by a seed, in a time of its own.
struct SimulatedNetwork {
    struct Conditions: Sendable {
        var loss = 0.0
        var duplication = 0.0
        var delay: Int64 = 5_000_000
        var jitter: Int64 = 10_000_000
    }

    /// A shell: it sends what its node wants sent, and a first packet over every stream that begins.
    struct Member {
        var node: DHTNode
        /// In its own network.
        let address: IPv4Address
        let natHost: UInt32?
        var isUp = true
        var deadline: Int64 = 0
        var events: [DHTEvent] = []
        var streams: Set<UInt32> = []
        /// By the stream that they came over.
        var packets: [UInt32: IPv4Address] = [:]
    }

    private struct Passage: Comparable {
        var at: Int64
        var number: Int
        var from: IPv4Address
        var to: IPv4Address
        var bytes: [UInt8]

        static func < (left: Passage, right: Passage) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Passage, right: Passage) -> Bool { left.number == right.number }
    }

    let conditions: Conditions
    private(set) var now: Int64 = 1_000_000_000
    var members: [Member] = []
    private var numbers: SeededNumbers
    private var nats: [UInt32: SimulatedNAT] = [:]
    private var passages = MinimumHeap<Passage>()
    private var places: [IPv4Address: Int] = [:]
    private var sent = 0
    /// How often a stream's first packet is sent again.
    private let streamPackets = 8

    init(_ conditions: Conditions = Conditions(), seed: UInt64) {
        self.conditions = conditions
        numbers = SeededNumbers(seed: seed)
    }

    /// A network of nodes that keep each other, and have found each other; the first is everybody's way in.
    static func testnet(_ count: Int, _ conditions: Conditions = Conditions(), seed: UInt64) -> SimulatedNetwork {
        var network = SimulatedNetwork(conditions, seed: seed)
        for _ in 0..<count {
            network.add { $0.isEphemeral = false }
            network.run(for: 300_000_000)
        }
        network.run(for: 5_000_000_000)
        return network
    }

    /// With a public address of its own, or behind the NAT of `natHost`.
    @discardableResult
    mutating func add(behind natHost: UInt32? = nil, _ configure: (inout DHTConfiguration) -> Void = { _ in }) -> Int {
        let index = members.count
        let address = IPv4Address(
            host: natHost == nil ? 0x2D01_0000 + UInt32(index) : 0xC0A8_0100 + UInt32(index), port: 49737)
        var configuration = DHTConfiguration()
        if let first = members.first { configuration.bootstrap = [first.address] }
        configure(&configuration)
        let random = Randomness(SeededNumbers(seed: numbers.next()))
        members.append(
            Member(
                node: DHTNode(configuration, at: now, numbers: random), address: address, natHost: natHost,
                deadline: now))
        places[address] = index
        return index
    }

    // MARK: Time

    mutating func run(for duration: Int64) { _ = run(within: duration) { _ in false } }

    /// Whether `condition` came true within the time.
    mutating func run(within duration: Int64, until condition: (SimulatedNetwork) -> Bool) -> Bool {
        let end = now + duration
        while true {
            if condition(self) { return true }
            let next = min(members.lazy.filter(\.isUp).map(\.deadline).min() ?? .max, passages.first?.at ?? .max)
            guard next <= end else { break }
            now = max(now, next)
            if let first = passages.first, first.at <= now, let passage = passages.removeFirst() { deliver(passage) }
            for index in members.indices where members[index].isUp && members[index].deadline <= now { poll(index) }
        }
        now = end
        return condition(self)
    }

    /// Lets a member do something, and does what follows from it.
    @discardableResult
    mutating func at<R>(_ index: Int, _ body: (inout DHTNode, Int64) -> R) -> R {
        let result = body(&members[index].node, now)
        poll(index)
        return result
    }

    /// From anywhere, as an attacker does.
    mutating func inject(_ bytes: [UInt8], from: IPv4Address, to index: Int) -> [DHTOutgoing] {
        members[index].node.received(bytes[...], from: from, at: now)
        var outgoing: [DHTOutgoing] = []
        members[index].node.poll(at: now, into: &outgoing)
        return outgoing
    }

    /// What the NAT of `host` does; without it, what most do.
    mutating func setNAT(_ host: UInt32, _ kind: SimulatedNAT.Kind, hairpins: Bool = false) {
        nats[host] = SimulatedNAT(kind, hairpins: hairpins)
    }

    /// It forgets everything, as after a restart, and gives out other ports.
    mutating func restartNAT(_ host: UInt32) { nats[host]?.restart() }

    private mutating func poll(_ index: Int) {
        var outgoing: [DHTOutgoing] = []
        members[index].node.poll(at: now, into: &outgoing)
        for datagram in outgoing { send(datagram, by: index, after: 0) }
        while let event = members[index].node.nextEvent() {
            members[index].events.append(event)
            if let connection = event.connection { open(connection, by: index) }
        }
        members[index].deadline = members[index].node.nextDeadline(after: now)
        // What is due now has just been done; a node that says otherwise would stop the time.
        if members[index].deadline <= now { members[index].deadline = now + 1_000 }
    }

    private mutating func open(_ connection: DHTConnection, by index: Int) {
        members[index].streams.insert(connection.streamID)
        let packet = UDXPacket(.heartbeat, streamID: connection.remoteStreamID, window: 0, sequence: 0, next: 0)
        var bytes: [UInt8] = []
        packet.write(to: &bytes)
        for round in 0..<streamPackets {
            let outgoing = DHTOutgoing(to: connection.remoteAddress, bytes: bytes)
            send(outgoing, by: index, after: Int64(round) * 250_000_000)
        }
    }

    // MARK: Ways

    private mutating func send(_ datagram: DHTOutgoing, by index: Int, after wait: Int64) {
        let (member, to) = (members[index], datagram.to)
        var from = member.address
        if let nat = member.natHost, to.scope != .local {
            from = nats[nat, default: SimulatedNAT(.portRestricted)].outside(of: from, at: nat, to: to, now: now)
        }
        // It gets no further than out of the own network.
        guard datagram.timeToLive == nil || to.scope == .local else { return }
        guard numbers.share() >= conditions.loss else { return }
        for _ in 0..<(numbers.share() < conditions.duplication ? 2 : 1) {
            sent += 1
            let late = conditions.jitter == 0 ? 0 : Int64.random(in: 0...conditions.jitter, using: &numbers)
            passages.insert(
                Passage(
                    at: now + wait + conditions.delay + late, number: sent, from: from, to: to,
                    bytes: datagram.bytes))
        }
    }

    /// An address of a local network means something within that network alone.
    private func isNear(_ passage: Passage, _ member: Member) -> Bool {
        guard passage.to.scope == .local else { return true }
        return places[passage.from].map { members[$0].natHost == member.natHost } ?? false
    }

    private mutating func deliver(_ passage: Passage) {
        var to = passage.to
        if nats[to.host] != nil {
            guard let inside = nats[to.host]?.inside(of: to, from: passage.from, now: now) else { return }
            to = inside
        }
        guard let index = places[to], members[index].isUp, isNear(passage, members[index]) else { return }
        members[index].node.received(passage.bytes[...], from: passage.from, at: now)
        poll(index)
        if let id = UDXPacket.streamID(of: passage.bytes[...]), members[index].streams.contains(id) {
            members[index].packets[id] = passage.from
        }
    }
}

extension DHTEvent {
    var connection: DHTConnection? {
        switch self {
        case .accepted(_, let connection), .connected(_, let connection): connection
        default: nil
        }
    }

    var failure: ConnectFailure? { if case .connectFailed(_, let failure) = self { failure } else { nil } }
    var announcedAt: [IPv4Address]? { if case .announced(_, let nodes) = self { nodes } else { nil } }
    var refusedCaller: PublicKey? { if case .refused(_, let caller, _) = self { caller } else { nil } }
    var isReady: Bool { if case .ready = self { true } else { false } }
    var isUnannounced: Bool { if case .unannounced = self { true } else { false } }
}

extension SimulatedNetwork.Member {
    var connections: [DHTConnection] { events.compactMap(\.connection) }
    var failures: [ConnectFailure] { events.compactMap(\.failure) }
    var isAnnounced: Bool { events.contains { $0.announcedAt != nil } }
}

extension SimulatedNetwork {
    static let seconds: Int64 = 1_000_000_000

    /// Lets `index` listen, and waits until it is announced.
    mutating func announce(
        _ identity: KeyPair, at index: Int, sourceLocation: SourceLocation = #_sourceLocation,
        admits: @escaping @Sendable (PublicKey) -> Bool = { _ in true }
    ) {
        at(index) { node, now in node.listen(identity, at: now, isAdmitted: admits) }
        expect(within: 60, sourceLocation: sourceLocation) { $0.members[index].isAnnounced }
    }

    mutating func connect(_ index: Int, to identity: KeyPair, as caller: KeyPair = .random()) {
        at(index) { node, now in _ = node.connect(to: identity.publicKey, as: caller, at: now) }
    }

    /// That `condition` comes true within so many seconds.
    mutating func expect(
        within seconds: Int64, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (SimulatedNetwork) -> Bool
    ) {
        let isTrue = run(within: seconds * Self.seconds, until: condition)
        #expect(isTrue, comment, sourceLocation: sourceLocation)
    }

    /// Whether packets of both ends' streams have come, over one session.
    func isThrough(_ client: Int, _ server: Int) -> Bool {
        guard let one = members[client].connections.last, let other = members[server].connections.last else {
            return false
        }
        return members[client].packets[one.streamID] != nil && members[server].packets[other.streamID] != nil
            && one.session.streamID(of: .initiator) == other.session.streamID(of: .initiator)
            && one.streamID == other.remoteStreamID && other.streamID == one.remoteStreamID
    }
}
