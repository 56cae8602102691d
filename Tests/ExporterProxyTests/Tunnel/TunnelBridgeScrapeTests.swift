import HyperDHT
import Testing

@testable import ExporterProxy

struct TunnelBridgeScrapeTests {
    @Test(arguments: [
        (BridgeTestNetwork.Manner.says("up 1\n"), "up 1\n", "ok"), (.says(""), "", "ok"),
        (
            .fails("Failed to obtain metrics (uid 7)"), "502 Upstream error: Failed to obtain metrics (uid 7)",
            "upstream_error"
        ),
        (.fails("two\nlines"), "502 Upstream error: two\\nlines", "upstream_error"),
        (.raw([]), "502 Upstream unavailable", "malformed"),
        (.raw([9, 1, 0]), "502 Upstream unavailable", "malformed"),
        (.raw([0, 1, 5, 1]), "502 Upstream unavailable", "malformed"),
        (.raw([UInt8](repeating: 0xFF, count: 100)), "502 Upstream unavailable", "malformed"),
        (.says(String(repeating: "x", count: 1001)), "502 Upstream unavailable", "malformed"),
        (.says(String(repeating: "x", count: 1000)), String(repeating: "x", count: 1000), "ok"),
        (.refuses(.decodeError), "502 Upstream unavailable", "refused"),
        (.refuses(.unknownMethod("metrics")), "502 Upstream unavailable", "refused"),
        (.closesTheChannel, "502 Upstream unavailable", "cut_off"),
    ])
    func answer_IsWhatTheClientSays(manner: BridgeTestNetwork.Manner, shown: String, name: String) throws {
        var settings = BridgeSettings()
        settings.scrapeBytesMax = 1000
        var talk = BridgeTalk(settings)
        let client = talk.client(manner)
        try talk.register("a", client)
        #expect(talk.scrape("a")?.shown == shown)
        #expect(talk.bridge.counters.scrapes == [name: 1])
        let failed = talk.notes.filter { $0.message == "scrape through the tunnel failed" }
        #expect(failed.count == (name == "ok" ? 0 : 1))
        #expect((talk.state("a")?.lastError == nil) == (name == "ok") && talk.state("a")?.lastScrapeAt == talk.now)
    }

    @Test func longSentenceOfAClient_IsCut() throws {
        var talk = BridgeTalk()
        try talk.register("a", talk.client(.fails(String(repeating: "ä", count: 5000))))
        guard case .upstream(let message)? = talk.scrape("a") else {
            Issue.record("no upstream error")
            return
        }
        #expect(message.utf8.count < 1100 && message.hasPrefix("ää") && message.hasSuffix("…"))
    }

    @Test func unknownAlias_IsSaidAtOnce() {
        var talk = BridgeTalk()
        #expect(talk.scrape("nobody")?.shown == "404 Unknown alias")
        #expect(talk.bridge.counters.scrapes == ["unknown_alias": 1])
    }

    @Test func silentClient_IsGivenUpInTime() throws {
        var talk = BridgeTalk()
        try talk.register("a", talk.client(.isSilent))
        let number = talk.begin("a")
        let began = talk.now
        #expect(talk.finish(number) == .unavailable(.timedOut(isAsked: true)))
        #expect(talk.now == began + 5 * BridgeTalk.second)
        let hasty = talk.begin("a", deadline: talk.now + BridgeTalk.second)
        #expect(talk.finish(hasty, within: 1) == .unavailable(.timedOut(isAsked: true)))
    }

    @Test func answerThatComesTooLate_IsLeftAside() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        #expect(talk.finish("a") == .unavailable(.timedOut(isAsked: true)))
        talk.networks.dht.clients[client.publicKey]?.manner = .says("later")
        #expect(talk.scrape("a")?.shown == "later")
        #expect(talk.networks.dht.callsOfTheBridge == 1)
    }

    @Test func connectionThatAnswersNothingAnyMore_IsMadeAnew() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        for _ in 0..<2 { #expect(talk.finish("a") == .unavailable(.timedOut(isAsked: true))) }
        #expect(talk.state("a")?.state == .waiting)
        talk.networks.dht.clients[client.publicKey]?.manner = .says("back")
        talk.pass(2 * BridgeTalk.second)
        #expect(talk.scrape("a")?.shown == "back" && talk.networks.dht.callsOfTheBridge == 2)
    }

    @Test func clientThatAnswersNowAndThen_KeepsItsConnection() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        for _ in 0..<3 {
            talk.networks.dht.clients[client.publicKey]?.manner = .isSilent
            #expect(talk.finish("a") == .unavailable(.timedOut(isAsked: true)))
            talk.networks.dht.clients[client.publicKey]?.manner = .says("slowly")
            #expect(talk.scrape("a")?.shown == "slowly")
        }
        #expect(talk.networks.dht.callsOfTheBridge == 1)
    }

    @Test func scrapesAtATime_DoNotCountAsManyInARow() throws {
        var talk = BridgeTalk()
        try talk.register("a", talk.client(.isSilent))
        let numbers = (0..<4).map { _ in talk.begin("a") }
        for number in numbers { #expect(talk.finish(number) == .unavailable(.timedOut(isAsked: true))) }
        #expect(talk.state("a")?.state == .connected)
    }

    @Test func scrapesOfOneClient_AreBounded() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        try talk.register("b", talk.client())
        let numbers = (0..<5).map { _ in talk.begin("a") }
        #expect(talk.failure(numbers[4]) == .busy(scrapes: 4))
        #expect(talk.scrape("b")?.shown == "up 1\n", "of others there may be more")
        talk.pass(6 * BridgeTalk.second)
        #expect(talk.bridge.counters.scrapes == ["busy": 1, "ok": 1, "timed_out": 4])
    }

    @Test func scrapesOfAll_AreBounded() throws {
        var settings = BridgeSettings()
        settings.scrapesMax = 2
        var talk = BridgeTalk(settings)
        for alias in ["a", "b", "c"] { try talk.register(alias, talk.client(.isSilent)) }
        let numbers = ["a", "b", "c"].map { talk.begin($0) }
        #expect(talk.failure(numbers[2]) == .busy(scrapes: 2))
    }

    @Test func scrapesAtATime_GetTheirOwnAnswers() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        let first = talk.begin("a")
        talk.networks.dht.clients[client.publicKey]?.manner = .says("second")
        #expect(talk.scrape("a")?.shown == "second" && talk.outcomes[first] == nil)
        #expect(talk.finish(first) == .unavailable(.timedOut(isAsked: true)))
    }

    @Test func largeText_ComesWhole() throws {
        var talk = BridgeTalk()
        let text = String(repeating: "metric{a=\"b\"} 1\n", count: 125_000)
        try talk.register("a", talk.client(.says(text)))
        #expect(talk.scrape("a")?.shown == text)
        #expect(talk.bridge.counters.scrapeBytes == 2_000_000)
    }

    // MARK: A client that goes

    @Test(arguments: [0, 1, 100, 100_000])
    func clientThatIsKilledInTheMiddleOfItsAnswer_IsA502InTime(bytes: Int) throws {
        var talk = BridgeTalk()
        let client = talk.client(.says(String(repeating: "x", count: 1_000_000)))
        try talk.register("a", client)
        talk.networks.dht.bytesUntilCut = max(bytes, 1)
        let number = talk.begin("a")
        #expect(talk.outcomes[number] == nil)
        // Nobody says that it is gone.
        #expect(talk.finish(number) == .unavailable(.timedOut(isAsked: true)))
        talk.networks.dht.bytesUntilCut = nil
        let began = talk.now
        talk.pass(60 * BridgeTalk.second) { $0.bridge.counters.connections[.dht] == 2 }
        #expect(talk.networks.dht.callsOfTheBridge == 2 && talk.now < began + 40 * BridgeTalk.second)
        #expect(talk.scrape("a")?.status == 200)
    }

    @Test func clientWhoseEndIsHeard_FailsItsScrapesAtOnce() throws {
        var talk = BridgeTalk()
        let client = talk.client(.isSilent)
        try talk.register("a", client)
        let numbers = (0..<3).map { _ in talk.begin("a") }
        talk.networks.dht.kill(client.publicKey, isHeard: true)
        talk.settle()
        for number in numbers {
            #expect(talk.failure(number) == .cutOff("the peer has ended"))
        }
        #expect(talk.state("a")?.state == .waiting && talk.bridge.counters.disconnections == 1)
        talk.networks.dht.clients[client.publicKey]?.manner = .says("again")
        talk.pass(BridgeTalk.second * 3 / 2)
        #expect(talk.scrape("a")?.shown == "again")
    }

    @Test func stop_EndsAllScrapesAndConnections() throws {
        var talk = BridgeTalk()
        try talk.register("a", talk.client(.isSilent))
        let number = talk.begin("a")
        talk.bridge.stop(in: &talk.networks, at: talk.now)
        talk.pass(11 * BridgeTalk.second)
        #expect(talk.failure(number) == .givenUp && talk.networks.dht.openConnections == 0)
    }
}
