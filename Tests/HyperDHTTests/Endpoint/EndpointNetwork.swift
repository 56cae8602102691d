import Testing

@testable import HyperDHT

/// Many endpoints, and what lies between them: delay, loss, duplication and NATs, all by a seed, in a time of its own.
struct EndpointNetwork {
    struct Passage: Comparable {
        var at: Int64
        var number: Int
        var from: IPv4Address
        var to: IPv4Address
        var bytes: [UInt8]

        static func < (left: Passage, right: Passage) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Passage, right: Passage) -> Bool { left.number == right.number }
    }

    static let seconds: Int64 = 1_000_000_000

    let conditions: SimulatedNetwork.Conditions
    private(set) var now: Int64 = 1_000_000_000
    var members: [EndpointMember] = []
    var nats: [UInt32: PlainNAT] = [:]
    /// What has been sent, while it is asked for.
    var recorded: [Passage]?
    /// What comes out of the network instead of what has gone in.
    var onTheWay: (@Sendable (Passage) -> [[UInt8]])?
    private var numbers: SeededNumbers
    private var passages = MinimumHeap<Passage>()
    private var deadlines = DueTimes<Int>()
    private var places: [IPv4Address: Int] = [:]
    private var sent = 0

    init(_ conditions: SimulatedNetwork.Conditions = .init(), seed: UInt64) {
        self.conditions = conditions
        numbers = SeededNumbers(seed: seed)
    }

    /// A network of nodes that keep each other, and have found each other; the first is everybody's way in.
    static func testnet(
        _ count: Int = 6, _ conditions: SimulatedNetwork.Conditions = .init(), seed: UInt64
    ) -> EndpointNetwork {
        var network = EndpointNetwork(conditions, seed: seed)
        for _ in 0..<count {
            network.add { $0.isEphemeral = false }
            network.run(for: seconds / 4)
        }
        network.run(for: 5 * seconds)
        return network
    }

    /// With a public address of its own, or behind the NAT of `natHost`.
    @discardableResult
    mutating func add(
        behind natHost: UInt32? = nil, limits: EndpointLimits = .init(),
        _ configure: (inout DHTConfiguration) -> Void = { _ in }
    ) -> Int {
        let index = members.count
        let address = IPv4Address(
            host: (natHost == nil ? 0x2D01_0000 : 0xC0A8_0000) + UInt32(index), port: 49_737)
        var configuration = DHTConfiguration()
        if let first = members.first { configuration.bootstrap = [first.address] }
        configure(&configuration)
        if let natHost, nats[natHost] == nil { nats[natHost] = PlainNAT(host: natHost) }
        let random = Randomness(SeededNumbers(seed: numbers.next()))
        let endpoint = DHTEndpoint(configuration, limits: limits, at: now, numbers: random)
        members.append(EndpointMember(endpoint, address: address, natHost: natHost))
        places[address] = index
        deadlines.set(index, at: now)
        return index
    }

    // MARK: Time

    mutating func run(for duration: Int64) { _ = run(within: duration) { _ in false } }

    /// Whether `condition` came true within the time.
    mutating func run(within duration: Int64, until condition: (borrowing EndpointNetwork) -> Bool) -> Bool {
        let end = now + duration
        while !condition(self) {
            let next = min(deadlines.next ?? .max, passages.first?.at ?? .max)
            guard next <= end else {
                now = end
                return condition(self)
            }
            now = max(now, next)
            if let first = passages.first, first.at <= now, let passage = passages.removeFirst() { deliver(passage) }
            while let index = deadlines.popDue(at: now) { work(index) }
        }
        return true
    }

    /// That `condition` comes true within so many seconds.
    mutating func expect(
        within limit: Int64, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (borrowing EndpointNetwork) -> Bool
    ) {
        let isTrue = run(within: limit * Self.seconds, until: condition)
        #expect(isTrue, comment, sourceLocation: sourceLocation)
    }

    /// Lets a member do something, and does what follows from it.
    @discardableResult
    mutating func at<R>(_ index: Int, _ body: (inout EndpointMember, Int64) -> R) -> R {
        let result = body(&members[index], now)
        work(index)
        return result
    }

    /// From anywhere, as an attacker does.
    mutating func inject(_ bytes: [UInt8], from: IPv4Address, to index: Int) {
        members[index].endpoint.received(bytes[...], from: from, at: now)
        work(index)
    }

    private mutating func work(_ index: Int) {
        guard members[index].isUp else { return deadlines.remove(index) }
        for datagram in members[index].work(at: now) { send(Array(datagram.bytes), to: datagram.to, by: index) }
        deadlines.set(index, at: max(members[index].endpoint.nextDeadline(after: now), now + 1_000))
    }

    // MARK: Ways

    private mutating func send(_ bytes: [UInt8], to: IPv4Address, by index: Int) {
        let member = members[index]
        let from = member.natHost.flatMap { nats[$0]?.outside(of: member.address, to: to) } ?? member.address
        let late = conditions.jitter == 0 ? 0 : Int64.random(in: 0...conditions.jitter, using: &numbers)
        sent += 1
        let passage = Passage(at: now + conditions.delay + late, number: sent, from: from, to: to, bytes: bytes)
        recorded?.append(passage)
        guard numbers.share() >= conditions.loss else { return }
        passages.insert(passage)
        guard numbers.share() < conditions.duplication else { return }
        sent += 1
        passages.insert(Passage(at: passage.at + late, number: sent, from: from, to: to, bytes: bytes))
    }

    private mutating func deliver(_ passage: Passage) {
        var to = passage.to
        if let nat = nats[to.host] {
            guard let inside = nat.inside(of: to.port, from: passage.from) else { return }
            to = inside
        }
        guard let index = places[to], members[index].isUp else { return }
        for bytes in onTheWay?(passage) ?? [passage.bytes] {
            members[index].endpoint.received(bytes[...], from: passage.from, at: now)
            work(index)
        }
    }
}

/// One address to the outside for all behind it, where nobody gets in who has not been sent to.
struct PlainNAT {
    private struct Way: Hashable {
        var inside: IPv4Address
        var peer: IPv4Address?
    }

    let host: UInt32
    /// Whether a host has another port for each peer, as is usual for none of those that a tunnel gets through.
    var mapsForEachPeer = false
    private var ports: [Way: UInt16] = [:]
    private var insides: [UInt16: IPv4Address] = [:]
    private var opened: [UInt16: Set<IPv4Address>] = [:]

    init(host: UInt32) { self.host = host }

    mutating func outside(of inside: IPv4Address, to peer: IPv4Address) -> IPv4Address {
        let way = Way(inside: inside, peer: mapsForEachPeer ? peer : nil)
        let port = ports[way] ?? UInt16(10_000 + insides.count)
        ports[way] = port
        insides[port] = inside
        opened[port, default: []].insert(peer)
        return IPv4Address(host: host, port: port)
    }

    func inside(of port: UInt16, from peer: IPv4Address) -> IPv4Address? {
        opened[port]?.contains(peer) == true ? insides[port] : nil
    }

    /// It begins anew: whoever is behind it has another port from now on.
    mutating func forget() {
        ports = [:]
        opened = [:]
    }
}
