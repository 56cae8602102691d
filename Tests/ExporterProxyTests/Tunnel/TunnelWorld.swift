import HyperDHT
import Testing

@testable import ExporterProxy

/// Hosts with their networks, and what lies between them: delay, loss and NATs, by a seed, in a time of its own.
struct TunnelWorld {
    static let second: Int64 = 1_000_000_000
    private static let delay: Int64 = 20_000_000
    private static let jitter: Int64 = 20_000_000

    /// A host where it stands. Networks behind NATs number theirs alike.
    private struct Place: Hashable {
        /// Nil for the network of all.
        var nat: Int?
        var address: IPv4Address
    }

    private struct Passage {
        var at: Int64
        var from: IPv4Address
        var to: Place
        var bytes: [UInt8]
    }

    let loss: Double
    private(set) var now: Int64 = 1_000_000_000
    var hosts: [TunnelHost] = []
    var nats: [TunnelNAT] = []
    private var places: [Place] = []
    private var indices: [Place: Int] = [:]
    private var bootstrap: [IPv4Address] = []
    /// The next one last.
    private var passages: [Passage] = []
    private var generator: SeededGenerator

    /// With so many nodes that keep each other and have found each other; the first is everybody's way in.
    init(nodes: Int, loss: Double = 0, seed: UInt64) {
        self.loss = loss
        generator = SeededGenerator(seed: seed)
        for _ in 0..<nodes {
            let node = add { $0.isEphemeral = false }
            if bootstrap.isEmpty { bootstrap = [places[node].address] }
            run(for: Self.second / 4)
        }
        run(for: 5 * Self.second)
    }

    mutating func numbers() -> Randomness { Randomness(SeededGenerator(seed: generator.next())) }

    mutating func addNAT(_ kind: TunnelNAT.Kind) -> Int {
        nats.append(TunnelNAT(kind, host: 0x5001_0001 + UInt32(nats.count)))
        return nats.count - 1
    }

    /// With a public address of its own, or behind a NAT.
    mutating func add(behind nat: Int? = nil, _ configure: (inout DHTConfiguration) -> Void = { _ in }) -> Int {
        let neighbours = UInt32(places.filter { $0.nat == nat }.count)
        let host = (nat == nil ? 0x2D01_0000 : 0xC0A8_0000) + 2 + neighbours
        let place = Place(nat: nat, address: IPv4Address(host: host, port: 49_737))
        indices[place] = hosts.count
        places.append(place)
        hosts.append(newHost(at: place, configure))
        return hosts.count - 1
    }

    /// In the place of a process that has ended.
    mutating func replace(_ index: Int, _ configure: (inout DHTConfiguration) -> Void = { _ in }) {
        hosts[index] = newHost(at: places[index], configure)
    }

    private mutating func newHost(
        at place: Place, _ configure: (inout DHTConfiguration) -> Void
    ) -> TunnelHost {
        var configuration = DHTConfiguration()
        configuration.bootstrap = bootstrap
        configuration.localAddresses = [place.address]
        configure(&configuration)
        return TunnelHost(configuration, at: now, numbers: numbers())
    }

    // MARK: Time

    mutating func run(for duration: Int64) { _ = run(within: duration) { _ in false } }

    /// Whether `condition` came true within the time.
    mutating func run(within duration: Int64, until condition: (borrowing TunnelWorld) -> Bool) -> Bool {
        let end = now + duration
        while !condition(self) {
            let next = min(hosts.lazy.map(\.deadline).min() ?? .max, passages.last?.at ?? .max)
            guard next <= end else {
                now = end
                return condition(self)
            }
            now = max(now, next)
            while let passage = passages.last, passage.at <= now {
                passages.removeLast()
                deliver(passage)
            }
            for index in hosts.indices where hosts[index].deadline <= now { work(index) }
        }
        return true
    }

    /// That `condition` comes true within so many seconds.
    mutating func expect(
        within seconds: Int64, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (borrowing TunnelWorld) -> Bool
    ) {
        let isTrue = run(within: seconds * Self.second, until: condition)
        #expect(isTrue, comment, sourceLocation: sourceLocation)
    }

    /// Lets a host do something, and does what follows from it.
    @discardableResult
    mutating func at<Value>(_ index: Int, _ body: (inout TunnelHost, Int64) -> Value) -> Value {
        let value = body(&hosts[index], now)
        work(index)
        return value
    }

    private mutating func work(_ index: Int) {
        for datagram in hosts[index].work(at: now) { send(datagram, from: places[index]) }
    }

    // MARK: Ways

    private mutating func send(_ datagram: OutgoingDatagrams.Datagram, from: Place) {
        var passage = Passage(
            at: now + Self.delay + Int64.random(in: 0...Self.jitter, using: &generator), from: from.address,
            to: Place(nat: from.nat, address: datagram.to), bytes: Array(datagram.bytes))
        if let nat = from.nat, datagram.to.scope != .local {
            passage.from = nats[nat].outside(of: from.address, to: datagram.to, at: now)
            passage.to.nat = nil
            // Gone no further than out of its own network.
            if datagram.timeToLive != nil { return }
        }
        guard Double.random(in: 0..<1, using: &generator) >= loss else { return }
        let place = passages.lastIndex { $0.at > passage.at }.map { $0 + 1 } ?? 0
        passages.insert(passage, at: place)
    }

    private mutating func deliver(_ passage: Passage) {
        var to = passage.to
        if to.nat == nil, let nat = nats.firstIndex(where: { $0.host == passage.to.address.host }) {
            guard let inside = nats[nat].inside(of: to.address.port, from: passage.from, at: now) else { return }
            to = Place(nat: nat, address: inside)
        }
        if let index = indices[to] { hosts[index].received(passage.bytes, from: passage.from, at: now) }
    }
}
