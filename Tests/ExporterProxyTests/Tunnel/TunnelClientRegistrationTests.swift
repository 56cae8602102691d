import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// A client that is called by its bridge, and calls it to register.
struct TunnelClientRegistrationTests {
    private static let second = TunnelClientScene.second

    private static func failures(_ scene: TunnelClientScene) -> [TunnelClient.RegistrationFailure] {
        scene.events.compactMap { if case .registrationFailed(let failure, _) = $0 { failure } else { nil } }
    }

    @Test func announcedClient_RegistersAtOnce_AndEndsTheConnection() throws {
        var scene = TunnelClientScene()
        scene.settle()
        #expect(scene.network.calls.isEmpty && scene.client.status.registration == .none)
        scene.announce()
        let request = try #require(scene.network.registrations.first)
        #expect(request.alias == "db1" && request.hostname == "host" && request.service == "exporter-proxy")
        #expect(
            request.publicKey == scene.identity.publicKey && scene.secret.isEqual(to: [UInt8](repeating: 7, count: 32)))
        #expect(request.secret.withBytes { scene.secret.isEqual(to: $0) })
        #expect(scene.network.calls.map(\.identity) == [scene.caller.publicKey])
        #expect(scene.network.lines.isEmpty, "the connection is over")
        #expect(scene.client.status.registration == .registered(at: 0) && !scene.client.status.isRegistering)
        guard case .registered(isNew: true, took: 0, let next) = scene.events.dropFirst().first else {
            Issue.record("\(scene.events)")
            return
        }
        #expect(3240 * Self.second...3600 * Self.second ~= next)
        let early = try #require(scene.client.status.nextRegistrationAt)
        #expect(600 * Self.second...900 * Self.second ~= early, "sooner, while there is no scraper")
        let bridge = Peer(key: scene.bridge.publicKey, server: nil, address: TunnelClientNetwork.bridgeAddress)
        #expect(scene.events.first == .connected(.registration, bridge))
        #expect(scene.events.last == .disconnected(.registration, bridge, .over(.ended), lasted: 0))
        _ = try scene.scraperCalls()
        #expect(scene.client.status.nextRegistrationAt == next)
    }

    /// The identity that calls the bridge is another one than that of the metrics, and a new one each time.
    @Test func identityOfTheCaller_IsItsOwn() throws {
        let scene = TunnelClientScene()
        let clients = (0..<2).map { _ in TunnelClient(scene.client.settings, identity: scene.identity, at: 0) }
        let callers = clients.map(\.caller.publicKey) + [scene.identity.publicKey]
        #expect(Set(callers).count == 3)
    }

    @Test func withoutAnAnnouncement_ItRegistersAfterAWhile() {
        var scene = TunnelClientScene()
        scene.run(to: 9 * Self.second)
        #expect(scene.network.calls.isEmpty)
        scene.run(to: 10 * Self.second)
        #expect(scene.network.registrations.count == 1)
        scene.announce()
        #expect(scene.network.registrations.count == 1, "it has begun already")
    }

    @Test func registration_ComesAgainEachInterval() {
        var scene = TunnelClientScene { $0.registerInterval = 100 * Self.second }
        scene.announce()
        scene.run(to: 1000 * Self.second)
        let times = scene.network.calls.map(\.at)
        #expect(10...12 ~= times.count)
        #expect(zip(times, times.dropFirst()).allSatisfy { 90 * Self.second...100 * Self.second ~= $1 - $0 })
        #expect(Set(zip(times, times.dropFirst()).map { $1 - $0 }).count > 5, "they are spread")
        #expect(scene.client.counters.registrations == times.count)
    }

    @Test(arguments: [
        (TunnelClientNetwork.Manner.refuses("Unauthorised"), TunnelClient.RegistrationFailure.refused("Unauthorised")),
        (.fails(.decodeError), .failed(.decodeError)),
        (.answers([1]), .malformed(.truncated)),
        (.answers([2, 1, 1, 1]), .malformed(.unknownValue(field: "version", value: 2))),
        (.isSilent, .timedOut),
        (.servesNothing, .notServed),
        (.cannotBeReached, .noConnection(.unreachable(.notFound))),
        (.isDead, .noConnection(.over(.notConfirmed))),
    ])
    func failure_IsSaid_AndTriedAgain(
        manner: TunnelClientNetwork.Manner, failure: TunnelClient.RegistrationFailure
    ) throws {
        var scene = TunnelClientScene(manner: manner)
        scene.announce()
        scene.run(to: 38 * Self.second)
        #expect(Self.failures(scene).first == failure)
        guard case .failed(failure, _) = scene.client.status.registration else {
            Issue.record("\(scene.client.status)")
            return
        }
        #expect(scene.client.counters.registrationsFailed >= 1 && scene.client.counters.registrations == 0)
        scene.network.manner = .registers
        scene.run(for: 100 * Self.second)
        #expect(scene.client.counters.registrations == 1)
        #expect(scene.network.lines.isEmpty, "no connection is left behind")
    }

    /// What a bridge says comes from outside.
    @Test func sentenceOfTheBridge_IsShortAndSafe() {
        let failure = TunnelClient.RegistrationFailure.refused("\u{1b}[2J" + String(repeating: "x", count: 60_000))
        #expect(failure.description.hasPrefix("refused: \\u{1b}[2Jxxx") && failure.description.utf8.count < 120)
    }

    @Test func pausesAfterFailures_GrowAndAreSpread() {
        var pauses: [[Int64]] = []
        for seed in 1...20 as ClosedRange<UInt64> {
            var scene = TunnelClientScene(manner: .cannotBeReached, seed: seed)
            scene.announce()
            scene.run(to: 1500 * Self.second)
            let times = scene.network.calls.map(\.at)
            pauses.append(zip(times, times.dropFirst()).map { ($1 - $0) / (Self.second / 10) })
        }
        for (index, range) in ([50...75, 150...225, 600...900, 1200...1800, 1200...1800] as [ClosedRange<Int64>])
            .enumerated()
        {
            #expect(pauses.allSatisfy { range ~= $0[index] }, "\(pauses)")
            #expect(Set(pauses.map { $0[index] }).count > 5, "\(pauses)")
        }
    }

    @Test func success_MakesThePausesShortAgain() {
        var scene = TunnelClientScene(manner: .cannotBeReached) { $0.registerInterval = 100 * Self.second }
        scene.announce()
        scene.run(to: 500 * Self.second)
        scene.network.manner = .registers
        scene.run(for: 500 * Self.second)
        scene.network.manner = .cannotBeReached
        let before = scene.network.calls.count
        scene.run(for: 110 * Self.second)
        let times = scene.network.calls.dropFirst(before).map(\.at)
        #expect(times.count >= 2 && times[1] - times[0] <= 15 * Self.second / 2, "\(times)")
    }

    /// Over the DHT there is no channel before the connection is found.
    @Test func bridgeThatIsFoundLate_IsAskedThen() {
        var scene = TunnelClientScene()
        scene.network.isSlowToFind = true
        scene.announce()
        #expect(scene.network.registrations.isEmpty && scene.client.status.isRegistering)
        scene.network.isSlowToFind = false
        scene.settle()
        #expect(scene.network.registrations.count == 1)
        #expect(scene.client.status.registration == .registered(at: 0))
    }

    // MARK: The scraper that is gone

    @Test func scraperThatIsGone_MakesItRegister_AndAgainInAWhile() throws {
        var scene = TunnelClientScene()
        scene.announce()
        let (peer, _) = try scene.scraperCalls()
        scene.run(to: 1000 * Self.second)
        scene.network.lose(peer)
        scene.settle()
        scene.run(for: 59 * Self.second)
        #expect(scene.client.counters.registrations == 1)
        scene.run(for: 31 * Self.second)
        #expect(scene.client.counters.registrations == 2 && scene.client.counters.registrationsEarly == 1)
        scene.run(for: 590 * Self.second)
        #expect(scene.client.counters.registrations == 2)
        scene.run(for: 310 * Self.second)
        #expect(scene.client.counters.registrations == 3, "the bridge may not have found it")
    }

    @Test func scraperThatComesBack_ChangesNothing() throws {
        var scene = TunnelClientScene()
        scene.announce()
        let (peer, _) = try scene.scraperCalls()
        scene.run(to: 1000 * Self.second)
        scene.network.lose(peer)
        scene.run(for: 30 * Self.second)
        _ = try scene.scraperCalls()
        scene.run(for: 500 * Self.second)
        #expect(scene.client.counters.registrations == 1)
    }

    /// Bridges of the second generation go after each minute without a scrape.
    @Test func scraperThatComesAndGoes_IsNotFloodedWithRegistrations() throws {
        var scene = TunnelClientScene()
        scene.announce()
        for _ in 0..<20 {
            let (peer, _) = try scene.scraperCalls()
            scene.run(for: Self.second)
            scene.network.lose(peer)
            scene.run(for: 99 * Self.second)
        }
        #expect(4...7 ~= scene.client.counters.registrations, "\(scene.client.counters)")
    }

    @Test func oneOfTwoScrapers_MayGo() throws {
        var scene = TunnelClientScene()
        scene.announce()
        let (first, _) = try scene.scraperCalls()
        let (_, _) = try scene.scraperCalls()
        scene.run(to: 1000 * Self.second)
        scene.network.lose(first)
        scene.run(for: 500 * Self.second)
        #expect(scene.client.counters.registrations == 1)
    }

    // MARK: The end

    @Test func stoppedClient_EndsItsConnections_AndDoesNothingMore() throws {
        var scene = TunnelClientScene()
        scene.announce()
        let (peer, channel) = try scene.scraperCalls()
        scene.text = nil
        try scene.scrape(peer, channel)
        scene.stop()
        #expect(scene.network.lines.isEmpty)
        #expect(scene.client.nextDeadline == nil)
        let calls = scene.network.calls.count
        scene.run(for: 10_000 * Self.second)
        #expect(scene.network.calls.count == calls)
        let number = try #require(scene.scrapes.first)
        scene.answer(number, with: .success([]))
    }

    /// The network may be shared with others.
    @Test func connectionsOfOthers_AreLeftAside() throws {
        var scene = TunnelClientScene()
        scene.announce()
        let before = scene.client.counters
        let other = Peer(key: scene.bridge.publicKey, server: KeyPair.random().publicKey, address: "")
        scene.report(.opened(PeerNumber(500), other))
        scene.report(.opened(PeerNumber(501), Peer(key: other.key, server: nil, address: "")))
        scene.report(.closed(PeerNumber(500), .over(.ended)))
        scene.report(.refused(server: KeyPair.random().publicKey, caller: other.key, address: ""))
        #expect(scene.client.counters == before)
        #expect(scene.client.status.connections.isEmpty)
    }
}
