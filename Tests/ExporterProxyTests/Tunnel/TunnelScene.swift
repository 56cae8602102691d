import HyperDHT
import Testing

@testable import ExporterProxy

/// A client and a bridge, each in its place in the world.
struct TunnelScene {
    enum Place: Sendable {
        /// It has a public address. Of a bridge its configuration says so.
        case open
        case behind(TunnelNAT.Kind)
        /// Where the client is.
        case besideTheClient
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var client: Place
        var bridge: Place
        var nodes = 3
        var loss = 0.0
        var seed: UInt64 = 1
        /// Seconds in which they come together again.
        var recovery: Int64 = 120

        /// Whether what they say to each other goes through a NAT.
        var isApart: Bool {
            switch (client, bridge) {
            case (.open, .open), (_, .besideTheClient): false
            default: true
            }
        }
    }

    static let alias = "db1"
    private static let secret = Secret([UInt8](repeating: 7, count: 32))

    var world: TunnelWorld
    let client: Int
    let bridge: Int
    let identity: KeyPair
    let bridgeIdentity: KeyPair
    /// Of several packets.
    let text: [UInt8]
    private let bridgeIsOpen: Bool
    private let pauses: [Int64]?

    /// Where the bridge `knows` the client, that is among its targets from the beginning. `pauses` are those of both
    /// after failures, if not the usual ones.
    init(_ setting: Setting, knows: Bool = false, pauses: [Int64]? = nil) throws {
        self.pauses = pauses
        var generator = SeededGenerator(seed: setting.seed)
        identity = try #require(KeyPair(seed: Secret(generator.bytes(32))))
        bridgeIdentity = try #require(KeyPair(seed: Secret(generator.bytes(32))))
        text = Array("up 1\n".utf8) + [UInt8](repeating: UInt8(ascii: "#"), count: 10_000)
        if case .open = setting.bridge { bridgeIsOpen = true } else { bridgeIsOpen = false }
        var world = TunnelWorld(nodes: setting.nodes, loss: setting.loss, seed: setting.seed)
        let home = Self.nat(of: setting.client, besides: nil, in: &world)
        client = world.add(behind: home)
        let isOpen = bridgeIsOpen
        bridge = world.add(behind: Self.nat(of: setting.bridge, besides: home, in: &world)) { $0.isOpen = isOpen }
        self.world = world
        let target = AliasTarget(alias: Self.alias, key: identity.publicKey, hostname: "host", service: "service")
        beginBridge(restoring: knows ? [target] : [])
        beginClient()
    }

    private static func nat(of place: Place, besides home: Int?, in world: inout TunnelWorld) -> Int? {
        switch place {
        case .open: nil
        case .behind(let kind): world.addNAT(kind)
        case .besideTheClient: home
        }
    }

    private mutating func beginBridge(restoring targets: [AliasTarget]) {
        let (identity, numbers) = (bridgeIdentity, world.numbers())
        var settings = BridgeSettings()
        settings.callDelays = pauses ?? settings.callDelays
        world.at(bridge) { [settings] host, now in
            host.begin(
                TunnelBridge(
                    settings, as: identity, secret: Self.secret, restoring: targets, numbers: numbers, at: now),
                as: identity, at: now)
        }
    }

    private mutating func beginClient() {
        var settings = TunnelClient.Settings(
            bridge: bridgeIdentity.publicKey, secret: Self.secret, alias: Self.alias, service: "service",
            hostname: "host", way: .listening)
        settings.registrationPauses = pauses ?? settings.registrationPauses
        let (identity, text, numbers) = (identity, text, world.numbers())
        world.at(client) { [settings] host, now in
            host.text = text
            host.begin(TunnelClient(settings, identity: identity, at: now, numbers: numbers), at: now)
        }
    }

    // MARK: What is done

    /// The bridge ends, orderly or in the middle of everything, and another one begins with its file.
    mutating func restartBridge(orderly: Bool) {
        if orderly { stop(bridge) }
        let (targets, isOpen) = (world.hosts[bridge].targets, bridgeIsOpen)
        world.replace(bridge) { $0.isOpen = isOpen }
        beginBridge(restoring: targets)
    }

    mutating func restartClient(orderly: Bool) {
        if orderly { stop(client) }
        world.replace(client)
        beginClient()
    }

    private mutating func stop(_ index: Int) {
        world.at(index) { $0.stop(at: $1) }
        _ = world.run(within: 3 * TunnelWorld.second / 2) { $0.hosts[index].networks.dht.isDown }
    }

    /// What a scrape brings.
    mutating func scrape() -> BridgeScrapeOutcome? {
        guard let number = world.at(bridge, { $0.scrape(Self.alias, at: $1) }) else { return nil }
        _ = world.run(within: 10 * TunnelWorld.second) { [bridge] in $0.hosts[bridge].outcomes[number] != nil }
        return world.hosts[bridge].outcomes[number]
    }

    // MARK: What is seen

    var clientCounters: TunnelClientCounters { world.hosts[client].client?.counters ?? TunnelClientCounters() }
    var bridgeCounters: BridgeCounters { world.hosts[bridge].bridge?.counters ?? BridgeCounters() }
    var report: AliasReport? { world.hosts[bridge].bridge?.aliases().first }

    mutating func expectScraped(sourceLocation: SourceLocation = #_sourceLocation) {
        let outcome = scrape()
        #expect(outcome == .text(text[...]), "\(Self.short(outcome))", sourceLocation: sourceLocation)
    }

    private static func short(_ outcome: BridgeScrapeOutcome?) -> String {
        if case .text(let text)? = outcome { "\(text.count) bytes" } else { "\(String(describing: outcome))" }
    }

    /// That it is connected within so many seconds, and can be scraped then.
    mutating func expectConnected(within seconds: Int64, sourceLocation: SourceLocation = #_sourceLocation) {
        let isConnected = world.run(within: seconds * TunnelWorld.second) { [bridge] world in
            world.hosts[bridge].bridge?.aliases().first?.state == .connected
        }
        #expect(isConnected, "\(said)", sourceLocation: sourceLocation)
        if isConnected { expectScraped(sourceLocation: sourceLocation) }
    }

    /// What both have said of late, for who reads a failure.
    var said: String {
        "\(world.hosts[client].clientEvents.suffix(8)), \(world.hosts[bridge].notes.suffix(8))"
    }
}
