import HyperDHT

@testable import ExporterProxy

/// A bridge, its two networks, and a clock that stands until the test moves it.
struct BridgeTalk {
    typealias Client = BridgeTestNetwork.Client

    static let second: Int64 = 1_000_000_000

    let identity = KeyPair.random()
    let secret = Secret([UInt8](repeating: 7, count: 32))
    var bridge: TunnelBridge
    var networks: TunnelNetworks<BridgeTestNetwork, BridgeTestNetwork>
    private(set) var now: Int64 = 1000 * Self.second
    private(set) var outcomes: [BridgeScrapeNumber: BridgeScrapeOutcome] = [:]
    private(set) var notes: [BridgeNote] = []

    /// With a long last pause, so that calls can be told apart.
    private static var settings: BridgeSettings {
        var settings = BridgeSettings()
        settings.callDelays.append(600 * second)
        return settings
    }

    init(_ settings: BridgeSettings = Self.settings, restoring targets: [AliasTarget] = []) {
        bridge = TunnelBridge(
            settings, as: identity, secret: secret, restoring: targets,
            numbers: Randomness(SeededGenerator(seed: 1)), at: now)
        let key = identity.publicKey
        networks = TunnelNetworks(dht: BridgeTestNetwork(bridge: key), streams: BridgeTestNetwork(bridge: key))
    }

    // MARK: Clients

    /// A client that can be called.
    mutating func client(_ manner: BridgeTestNetwork.Manner = .says("up 1\n")) -> KeyPair {
        let keys = KeyPair.random()
        networks.dht.clients[keys.publicKey] = Client(keys: keys, manner: manner)
        return keys
    }

    func request(_ alias: String, _ key: PublicKey, hostname: String = "host", service: String = "service")
        -> AliasProtocol.Request
    {
        AliasProtocol.Request(secret: secret, alias: alias, publicKey: key, hostname: hostname, service: service)
    }

    /// By a connection of its own, with a key of its own, which is ended behind the answer.
    @discardableResult
    mutating func register(_ request: AliasProtocol.Request, as caller: KeyPair = .random()) throws
        -> AliasProtocol.Reply?
    {
        guard case .success(let bytes)? = try ask(request.bytes, as: caller) else { return nil }
        return try AliasProtocol.Reply(bytes: Array(bytes))
    }

    @discardableResult
    mutating func register(_ alias: String, _ client: KeyPair, as caller: KeyPair = .random()) throws
        -> AliasProtocol.Reply?
    {
        try register(request(alias, client.publicKey), as: caller)
    }

    mutating func ask(
        _ body: [UInt8], method: String = AliasProtocol.method, as caller: KeyPair = .random(),
        from address: String = "192.0.2.1:1000"
    ) throws -> Result<ArraySlice<UInt8>, RPCFailure>? {
        let number = try networks.dht.call(identity, as: caller, from: address, at: now)
        try networks.dht.request(number, AliasProtocol.channel, method, body, at: now)
        settle()
        networks.dht.end(clientsSideOf: caller.publicKey, at: now)
        settle()
        return networks.dht.answers[number]?.last
    }

    /// Over a connection that stays.
    mutating func beginRegistering(_ alias: String, _ client: KeyPair) throws -> PeerNumber {
        let number = try networks.dht.call(identity, as: .random(), from: "192.0.2.1:1000", at: now)
        let body = request(alias, client.publicKey).bytes
        try networks.dht.request(number, AliasProtocol.channel, AliasProtocol.method, body, at: now)
        settle()
        return number
    }

    func reply(to number: PeerNumber) -> AliasProtocol.Reply? {
        guard case .success(let bytes)? = networks.dht.answers[number]?.last else { return nil }
        return try? AliasProtocol.Reply(bytes: Array(bytes))
    }

    /// What has become of the list that was taken last.
    mutating func written(_ isWritten: Bool) {
        bridge.targetsWritten(isWritten, in: &networks)
        settle()
    }

    /// A client that calls the bridge over a stream with the key of its metrics.
    @discardableResult
    mutating func callOverStream(_ client: KeyPair, says text: String) throws -> PeerNumber {
        let serving = [ScrapeProtocol.channel: Set([ScrapeProtocol.method])]
        networks.streams.clients[client.publicKey] = Client(keys: client, manner: .says(text))
        let number = try networks.streams.call(identity, as: client, serving: serving, at: now)
        // With its first words it has shown who it is.
        pass(5 * Self.second)
        return number
    }

    mutating func registerOverStream(_ alias: String, _ client: KeyPair, on number: PeerNumber) throws {
        let body = request(alias, client.publicKey).bytes
        try networks.streams.request(number, AliasProtocol.channel, AliasProtocol.method, body, at: now)
        settle()
    }

    // MARK: Scrapes

    /// Begins one, and does what can be done at once.
    mutating func begin(_ alias: String, deadline: Int64? = nil) -> BridgeScrapeNumber {
        let number = bridge.scrape(alias, deadline: deadline ?? .max, in: &networks, at: now)
        settle()
        return number
    }

    mutating func scrape(_ alias: String) -> BridgeScrapeOutcome? {
        let number = begin(alias)
        return outcomes[number]
    }

    mutating func finish(_ alias: String) -> BridgeScrapeOutcome? {
        let number = begin(alias)
        return finish(number)
    }

    /// What comes of it when time passes.
    mutating func finish(_ number: BridgeScrapeNumber, within seconds: Int64 = 5) -> BridgeScrapeOutcome? {
        pass(seconds * Self.second) { $0.outcomes[number] != nil }
        return outcomes[number]
    }

    /// Why a scrape fails at once; `nil` where it does not.
    mutating func failure(_ alias: String) -> BridgeScrapeFailure? {
        let number = begin(alias)
        return failure(number)
    }

    func failure(_ number: BridgeScrapeNumber) -> BridgeScrapeFailure? {
        if case .unavailable(let failure)? = outcomes[number] { failure } else { nil }
    }

    // MARK: Time

    mutating func pass(_ nanoseconds: Int64, _ isEnough: (BridgeTalk) -> Bool = { _ in false }) {
        let end = now + nanoseconds
        settle()
        while !isEnough(self) {
            let deadlines = [bridge.nextDeadline, networks.dht.nextDeadline, networks.streams.nextDeadline]
            guard let next = deadlines.compactMap({ $0 }).min(), next <= end else {
                now = max(now, end)
                return
            }
            now = max(now, next)
            settle()
        }
    }

    /// Until nothing more happens at this time.
    mutating func settle() {
        var isMoving = true
        while isMoving {
            isMoving = false
            networks.dht.move(at: now)
            networks.streams.move(at: now)
            while let (transport, event) = networks.nextEvent() {
                isMoving = true
                bridge.take(event, over: transport, in: &networks, at: now)
            }
            if let next = bridge.nextDeadline, next <= now {
                isMoving = true
                bridge.poll(in: &networks, at: now)
            }
        }
        for event in bridge.takeEvents() {
            switch event {
            case .finished(let number, let outcome): outcomes[number] = outcome
            case .note(let note): notes.append(note)
            }
        }
    }

    func state(_ alias: String) -> AliasReport? { bridge.aliases().first { $0.target.alias == alias } }
}

extension BridgeScrapeOutcome {
    /// Of the text; else what is answered.
    var shown: String {
        if case .text(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { "\(status) \(sentence)" }
    }
}

extension BridgeNote {
    /// What has happened, without the particulars.
    var message: String {
        switch self {
        case .registered(_, .new, _): "alias registered"
        case .registered(_, .renewed, _): "alias renewed"
        case .registered(_, .updated, _): "alias updated"
        case .registered(_, .takenOver, _): "alias taken over by another key"
        case .refused: "alias not registered"
        case .notRestored: "alias not taken from the list of targets"
        case .expired: "alias expired"
        case .connected: "connected with a client"
        case .disconnected: "no connection with a client any more"
        case .unreachable: "cannot reach a client"
        case .stranger: "caller not let in"
        case .scrapeFailed: "scrape through the tunnel failed"
        }
    }
}
