import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// A client whose network and bridge do at random what networks and bridges do.
struct TunnelClientPropertyTests {
    private static let second = TunnelClientScene.second
    private static let manners: [TunnelClientNetwork.Manner] = [
        .registers, .refuses("no"), .answers([7, 7]), .fails(.decodeError), .isSilent, .servesNothing, .isDead,
        .cannotBeReached,
    ]

    @Test(arguments: [TunnelClient.Way.listening, .dialling])
    func afterAnything_ItIsRegisteredAgain_AndEveryScrapeHasAnEnd(way: TunnelClient.Way) throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var numbers = SeededGenerator(seed: seed)
            var scene = TunnelClientScene(way, seed: seed) { $0.registerInterval = 120 * Self.second }
            scene.settle()
            for _ in 0..<60 {
                try Self.step(&scene, &numbers)
                Self.check(scene, seed)
            }
            scene.network.manner = .registers
            scene.network.isSlowToFind = false
            scene.text = .success([])
            let healedAt = scene.now
            scene.run(for: 1000 * Self.second)
            guard case .registered(let at) = scene.client.status.registration else {
                Issue.record("seed \(seed): \(scene.client.status)")
                continue
            }
            #expect(at > healedAt, "seed \(seed)")
            let counters = scene.client.counters
            #expect(counters.scrapes == counters.scrapesAnswered + counters.scrapesFailed, "seed \(seed)")
            #expect(counters.scrapes == scene.scrapes.count, "seed \(seed)")
        }
    }

    private static func step(_ scene: inout TunnelClientScene, _ numbers: inout SeededGenerator) throws {
        let lines = scene.network.lines.keys.sorted { $0.value < $1.value }
        switch Int.random(in: 0..<12, using: &numbers) {
        case 0...2: scene.run(for: Int64.random(in: 0...100 * second, using: &numbers))
        case 3: scene.announce()
        case 4: scene.network.manner = manners.randomElement(using: &numbers) ?? .registers
        case 5: scene.network.isSlowToFind.toggle()
        case 6: if let line = lines.randomElement(using: &numbers) { scene.network.lose(line) }
        case 7: if let line = lines.randomElement(using: &numbers) { scene.network.cut(line) }
        case 8: if scene.client.settings.way == .listening { _ = try scene.scraperCalls() }
        case 9: scene.text = Bool.random(using: &numbers) ? .success([]) : nil
        case 10: if let line = lines.randomElement(using: &numbers) { try scrape(line, &scene) }
        default:
            guard let number = scene.scrapes.randomElement(using: &numbers) else { return }
            scene.answer(number, with: .failure(.failed("")))
        }
        scene.settle()
    }

    /// Over a channel of its own; nothing where the connection takes none.
    private static func scrape(_ line: PeerNumber, _ scene: inout TunnelClientScene) throws {
        let now = scene.now
        try scene.network.withFar(of: line) { far in
            guard let channel = try? far.channel.open(ScrapeProtocol.channel) else { return }
            _ = try? far.channel.request(channel, ScrapeProtocol.method, ScrapeProtocol.Request().bytes, at: now)
        }
        scene.settle()
    }

    private static func check(_ scene: TunnelClientScene, _ seed: UInt64) {
        let (client, counters) = (scene.client, scene.client.counters)
        // Without a deadline it waits for the end of a connection.
        let isWaiting = client.dial?.peer != nil && client.registration.attempt == nil
        #expect(client.nextDeadline.map { $0 > scene.now } ?? isWaiting, "seed \(seed)")
        if let d = client.nextDeadline, d <= scene.now {
            print(
                "DBG", seed, d, scene.now, client.dial as Any, client.registration, client.links, client.scrapes.count)
        }
        #expect(client.scrapes.count <= client.settings.scrapesMax, "seed \(seed)")
        let ended = counters.scrapesAnswered + counters.scrapesFailed
        #expect(counters.scrapes == ended + client.scrapes.count, "seed \(seed)")
        let finished = counters.registrations + counters.registrationsFailed
        let isGoingOn = client.registration.attempt != nil
        #expect(counters.registrationsBegun == finished + (isGoingOn ? 1 : 0), "seed \(seed)")
        #expect(Set(client.links.keys).isSubset(of: scene.network.lines.keys), "seed \(seed): a link without a line")
    }
}
