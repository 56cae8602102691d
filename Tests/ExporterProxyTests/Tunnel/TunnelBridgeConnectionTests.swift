import HyperDHT
import Testing

@testable import ExporterProxy

struct TunnelBridgeConnectionTests {
    private static let second = BridgeTalk.second

    @Test func client_IsCalledWhenItRegisters() throws {
        var talk = BridgeTalk()
        try talk.register("a", talk.client())
        let report = try #require(talk.state("a"))
        #expect(report.state == .connected && report.transport == .dht && report.address == "10.0.0.1:2")
        #expect(report.since == talk.now && report.lastError == nil && report.lastScrapeAt == nil)
        #expect(talk.bridge.counters.connections == [.dht: 1] && talk.bridge.counters.calls == 1)
        #expect(talk.notes.map(\.message) == ["alias registered", "connected with a client"])
        talk.pass(3600 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == 1, "one connection is kept")
    }

    // MARK: Clients that are not there

    @Test func clientThatIsNotThere_IsCalledEverMoreSeldom() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        try talk.register("a", client)
        var calls = 1
        var waits: [Int64] = []
        var last = talk.now
        while waits.count < 7 {
            talk.pass(2000 * Self.second) { $0.networks.dht.callsOfTheBridge > calls }
            waits.append(talk.now - last)
            (calls, last) = (talk.networks.dht.callsOfTheBridge, talk.now)
        }
        for (wait, expected) in zip(waits, [1, 5, 15, 60, 600, 600, 600] as [Int64]) {
            #expect((expected * Self.second...expected * Self.second * 3 / 2).contains(wait), "\(waits)")
        }
        #expect(waits[4] != waits[5], "not all clients at the same time")
        #expect(talk.state("a")?.state == .waiting && talk.state("a")?.lastError == "no node knows of it")
        #expect(talk.bridge.counters.callsFailed == 8)
    }

    @Test func scrape_HastensTheNextCallOnce() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        try talk.register("a", client)
        talk.pass(200 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == 5)
        #expect(talk.failure("a") == .notConnected("no node knows of it"))
        #expect(talk.networks.dht.callsOfTheBridge == 6, "for the scrape")
        for _ in 0..<10 {
            talk.pass(15 * Self.second)
            #expect(talk.failure("a") == .notConnected("no node knows of it"))
        }
        #expect(talk.networks.dht.callsOfTheBridge == 6, "not for each of them")
        talk.pass(900 * Self.second) { $0.networks.dht.callsOfTheBridge == 7 }
        talk.networks.dht.clients[client.publicKey]?.isThere = true
        #expect(talk.scrape("a")?.shown == "up 1\n", "a scrape after the call that was due may hasten again")
    }

    @Test func registration_EndsTheWait() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        try talk.register("a", client)
        talk.pass(300 * Self.second)
        talk.networks.dht.clients[client.publicKey]?.isThere = true
        try talk.register("a", client)
        #expect(talk.state("a")?.state == .connected)
    }

    @Test func registration_BeginsWithShortWaitsAgain() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        try talk.register("a", client)
        talk.pass(300 * Self.second)
        _ = talk.scrape("a")
        #expect(talk.networks.dht.callsOfTheBridge == 6)
        try talk.register("a", client)
        #expect(talk.networks.dht.callsOfTheBridge == 7)
        _ = talk.scrape("a")
        #expect(talk.networks.dht.callsOfTheBridge == 8, "which may be hastened again")
        talk.pass(8 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == 9)
    }

    @Test func scrapeThatWaitsForAConnection_IsAskedWhenThereIsOne() throws {
        let client = KeyPair.random()
        var settings = BridgeSettings()
        settings.restoredCallInterval = 100 * Self.second
        let targets = ["a", "b"].map { AliasTarget(alias: $0, key: client.publicKey, hostname: "", service: "") }
        var talk = BridgeTalk(settings, restoring: targets)
        talk.networks.dht.clients[client.publicKey] = .init(keys: client, manner: .says("here"))
        #expect(talk.scrape("b")?.shown == "here")
    }

    @Test func callThatLeadsNowhere_IsGivenUp() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        try talk.register("a", client)
        talk.networks.dht.kill(client.publicKey, isHeard: true)
        talk.networks.dht.bytesUntilCut = 1
        talk.settle()
        talk.pass(2 * Self.second)
        #expect(talk.state("a")?.state == .connecting)
        let number = talk.begin("a")
        #expect(talk.finish(number) == .unavailable(.timedOut(isAsked: false)))
        talk.networks.dht.bytesUntilCut = nil
        talk.pass(60 * Self.second) { $0.state("a")?.state == .connected }
        #expect(talk.state("a")?.state == .connected && talk.bridge.counters.callsFailed == 1)
        #expect(talk.bridge.counters.calls == 3)
    }

    @Test func clientThatServesNoMetrics_IsNotConnected() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.serving = [:]
        try talk.register("a", client)
        #expect(talk.state("a")?.state == .waiting && talk.state("a")?.lastError == "it serves no metrics")
        talk.pass(600 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == 5, "it is called again, more and more seldom")
        #expect(talk.networks.dht.openConnections == 0 && talk.bridge.counters.disconnections == 0)
    }

    @Test func callsAtATime_AreBounded() throws {
        var settings = BridgeSettings()
        settings.callsMax = 2
        settings.restoredCallInterval = 0
        let clients = (0..<5).map { _ in KeyPair.random() }
        var talk = BridgeTalk(
            settings,
            restoring: clients.enumerated().map {
                AliasTarget(alias: "a\($0)", key: $1.publicKey, hostname: "", service: "")
            })
        for client in clients { talk.networks.dht.clients[client.publicKey] = .init(keys: client, manner: .isSilent) }
        talk.bridge.poll(in: &talk.networks, at: talk.now)
        #expect(talk.networks.dht.callsOfTheBridge == 2)
        talk.pass(10 * Self.second)
        #expect(talk.bridge.aliases().allSatisfy { $0.state == .connected } && talk.bridge.counters.calls == 5)
    }

    // MARK: Clients that go and come

    @Test func clientThatEnds_IsCalledAgainAfterASecond() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        try talk.register("a", client)
        talk.pass(100 * Self.second)
        talk.networks.dht.end(clientsSideOf: client.publicKey, at: talk.now)
        talk.settle()
        #expect(talk.state("a")?.state == .waiting && talk.state("a")?.lastError == "both sides have ended")
        talk.pass(Self.second * 3 / 2)
        #expect(talk.state("a")?.state == .connected)
        let messages = ["no connection with a client any more", "connected with a client"]
        #expect(talk.notes.map(\.message).suffix(2) == messages)
    }

    @Test func clientThatTakesEachCallAndEndsIt_IsNotCalledWithoutEnd() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        try talk.register("a", client)
        for _ in 0..<600 {
            talk.networks.dht.end(clientsSideOf: client.publicKey, at: talk.now)
            talk.pass(Self.second)
        }
        #expect((5...9).contains(talk.networks.dht.callsOfTheBridge), "\(talk.networks.dht.callsOfTheBridge)")
    }

    @Test func clientThatWasStartedAnew_IsCalledAtOnce() throws {
        var talk = BridgeTalk()
        let (client, process) = (talk.client(), KeyPair.random())
        try talk.register("a", client, as: process)
        try talk.register("a", client, as: process)
        #expect(talk.networks.dht.callsOfTheBridge == 1)
        talk.networks.dht.kill(client.publicKey, isHeard: false)
        try talk.register("a", client, as: .random())
        #expect(talk.networks.dht.callsOfTheBridge == 2)
        #expect(talk.scrape("a")?.shown == "up 1\n", "over the new connection, though nothing was heard of the old one")
    }

    // MARK: Clients that call

    @Test func clientThatHasCalled_IsScrapedOverItsConnection() throws {
        var talk = BridgeTalk()
        let client = KeyPair.random()
        let number = try talk.callOverStream(client, says: "over a stream")
        #expect(talk.bridge.aliases().isEmpty)
        try talk.registerOverStream("a", client, on: number)
        let report = try #require(talk.state("a"))
        #expect(report.state == .connected && report.transport == .stream && report.address == "192.0.2.1:1000")
        #expect(talk.scrape("a")?.shown == "over a stream")
        talk.pass(3600 * Self.second)
        try talk.registerOverStream("a", client, on: number)
        #expect(talk.scrape("a")?.shown == "over a stream")
        #expect(talk.networks.dht.callsOfTheBridge == 0 && talk.bridge.counters.connections == [.stream: 1])
    }

    @Test func clientThatHasCalled_IsWaitedForWhenItIsGone() throws {
        var talk = BridgeTalk()
        let client = KeyPair.random()
        try talk.registerOverStream("a", client, on: try talk.callOverStream(client, says: "1"))
        talk.networks.streams.kill(client.publicKey, isHeard: true)
        talk.settle()
        #expect(talk.state("a")?.state == .waiting)
        #expect(talk.failure("a") == .notConnected("reset by the peer"))
        talk.pass(900 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == 0)
        try talk.callOverStream(client, says: "2")
        #expect(talk.scrape("a")?.shown == "2", "before it has registered again")
    }

    @Test func newerConnection_IsUsedAndTheOlderOneEnded() throws {
        var talk = BridgeTalk()
        let client = KeyPair.random()
        let first = try talk.callOverStream(client, says: "1")
        try talk.registerOverStream("a", client, on: first)
        let second = try talk.callOverStream(client, says: "2")
        #expect(talk.scrape("a")?.shown == "2")
        talk.pass(11 * Self.second)
        #expect(talk.networks.streams.numbers(of: client.publicKey) == [second])
        #expect(talk.state("a")?.state == .connected && talk.bridge.counters.disconnections == 0)
    }

    @Test func clientThatOpensManyConnections_KeepsFew() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        talk.networks.streams.isDeafToChannels = true
        try talk.register("a", client)
        for _ in 0..<10 {
            _ = try talk.networks.streams.call(talk.identity, as: client, at: talk.now)
        }
        talk.pass(6 * Self.second)
        #expect(talk.bridge.clients[client.publicKey]?.lines.count == BridgeClient.linesMax)
        talk.pass(11 * Self.second)
        #expect(talk.networks.streams.numbers(of: client.publicKey).count == BridgeClient.linesMax)
    }

    @Test func clientThatCallsAndNeverOpensItsChannel_IsCalled() throws {
        var settings = BridgeSettings()
        // Sooner than the client, which hears nothing, gives up.
        settings.callTimeout = 10 * Self.second
        var talk = BridgeTalk(settings)
        let client = talk.client(.says("called"))
        try talk.registerOverStream("a", client, on: try talk.callOverStream(client, says: "1"))
        talk.networks.streams.kill(client.publicKey, isHeard: true)
        talk.settle()
        // What it is told of channels gets lost.
        talk.networks.streams.isDeafToChannels = true
        let deaf = try talk.networks.streams.call(talk.identity, as: client, at: talk.now)
        talk.pass(6 * Self.second)
        #expect(talk.state("a")?.state == .connecting && talk.networks.dht.callsOfTheBridge == 0)
        talk.pass(60 * Self.second)
        #expect(talk.state("a")?.state == .connected && talk.state("a")?.transport == .dht)
        #expect(!talk.networks.streams.numbers(of: client.publicKey).contains(deaf))
    }

    @Test func clientThatHasCalledAfterARestart_IsNotCalledWhenItIsGone() throws {
        let client = KeyPair.random()
        var talk = BridgeTalk(
            restoring: [AliasTarget(alias: "a", key: client.publicKey, hostname: "", service: "")])
        talk.settle()
        #expect(talk.networks.dht.callsOfTheBridge == 1)
        try talk.callOverStream(client, says: "1")
        let calls = talk.networks.dht.callsOfTheBridge
        talk.pass(900 * Self.second)
        talk.networks.streams.kill(client.publicKey, isHeard: true)
        talk.pass(900 * Self.second)
        #expect(talk.networks.dht.callsOfTheBridge == calls && talk.state("a")?.state == .waiting)
    }

    @Test func connectionThatIsOverAlready_IsNone() throws {
        var talk = BridgeTalk()
        let client = talk.client()
        talk.networks.dht.clients[client.publicKey]?.isThere = false
        try talk.register("a", client)
        talk.bridge.take(
            .opened(
                PeerNumber(500), HyperDHT.Peer(key: client.publicKey, server: talk.identity.publicKey, address: "x")),
            over: .stream, in: &talk.networks, at: talk.now)
        #expect(talk.state("a")?.state == .waiting)
    }

    @Test func clientThatRegistersWithItsMetricsKeyAndServesNothingThere_IsCalled() throws {
        var talk = BridgeTalk()
        let client = talk.client(.says("called"))
        try talk.register("a", client, as: client)
        talk.pass(2 * Self.second)
        #expect(talk.scrape("a")?.shown == "called" && talk.state("a")?.transport == .dht)
    }

    @Test func callersThatSayNothing_AreEnded() throws {
        var talk = BridgeTalk()
        _ = try talk.networks.dht.call(talk.identity, as: .random(), at: talk.now)
        let caller = KeyPair.random()
        let number = try talk.networks.dht.call(talk.identity, as: caller, at: talk.now)
        // Of strangers sooner than of who has registered.
        talk.pass(20 * Self.second)
        #expect(talk.networks.dht.openConnections == 2)
        let body = talk.request("a", talk.client().publicKey).bytes
        try talk.networks.dht.request(number, AliasProtocol.channel, AliasProtocol.method, body, at: talk.now)
        talk.pass(60 * Self.second)
        #expect(talk.networks.dht.numbers(of: caller.publicKey) == [number] && talk.networks.dht.openConnections == 2)
        talk.pass(100 * Self.second)
        #expect(talk.networks.dht.openConnections == 1, "that with the client")
    }

    @Test func whatIsForOthers_IsLeftAside() throws {
        var talk = BridgeTalk()
        let other = KeyPair.random()
        let caller = KeyPair.random()
        let number = try talk.networks.dht.call(other, as: caller, at: talk.now)
        let body = talk.request("a", caller.publicKey).bytes
        try talk.networks.dht.request(number, AliasProtocol.channel, AliasProtocol.method, body, at: talk.now)
        talk.pass(200 * Self.second)
        #expect(talk.networks.dht.answers[number] == nil && talk.networks.dht.numbers(of: caller.publicKey) == [number])
        let (ours, key) = (talk.identity.publicKey, caller.publicKey)
        for server in [other.publicKey, ours] {
            talk.bridge.take(
                .refused(server: server, caller: key, address: "x"), over: .dht, in: &talk.networks, at: talk.now)
        }
        talk.settle()
        #expect(talk.bridge.counters == counters { $0.callersNotLetIn = 1 })
        #expect(talk.notes == [.stranger(key, address: "x")])
    }

    private func counters(_ change: (inout BridgeCounters) -> Void) -> BridgeCounters {
        var counters = BridgeCounters()
        change(&counters)
        return counters
    }

    // MARK: Many

    @Test func thousandAliases_AreRestoredConnectedAndScraped() throws {
        let clients = (0..<1000).map { _ in KeyPair.random() }
        let targets = clients.enumerated().map {
            AliasTarget(alias: "client-\($0)", key: $1.publicKey, hostname: "host", service: "service")
        }
        var talk = BridgeTalk(restoring: TargetsFile.read(TargetsFile.bytes(of: targets)).targets)
        for (index, client) in clients.enumerated() {
            talk.networks.dht.clients[client.publicKey] = .init(keys: client, manner: .says("number \(index)"))
        }
        talk.pass(10 * Self.second)
        #expect(talk.bridge.aliases().count { $0.state == .connected } == 1000)
        #expect(talk.networks.dht.callsOfTheBridge == 1000)
        for index in 0..<1000 where talk.scrape("client-\(index)")?.shown != "number \(index)" {
            Issue.record("client-\(index)")
        }
        #expect(talk.bridge.targets == targets)
    }
}
