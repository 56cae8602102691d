import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// What a bridge gets that scrapes a client.
struct TunnelClientScrapeTests {
    private static let second = TunnelClientScene.second

    private static func scene(_ change: (inout TunnelClient.Settings) -> Void = { _ in }) -> TunnelClientScene {
        var scene = TunnelClientScene(.listening, change)
        scene.announce()
        return scene
    }

    @Test func scrape_IsAnsweredWithTheText() throws {
        var scene = Self.scene()
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        try scene.scrape(peer, channel)
        #expect(try scene.replies(on: peer) == ["up 1\n", "up 1\n"])
        #expect(scene.client.counters.scrapes == 2 && scene.client.counters.scrapesAnswered == 2)
        #expect(scene.client.counters.bytesAnswered == 10)
        #expect(scene.client.status.connections.map(\.scrapes) == [2])
        #expect(scene.client.status.connections.map(\.role) == [.scraper])
        #expect(scene.client.status.lastScrapeAt == 0 && scene.client.status.lastScrapeFailure == nil)
        let number = try #require(scene.scrapes.last)
        #expect(scene.events.last == .scrapeAnswered(number, bytes: 5, took: 0))
    }

    @Test func longText_GoesThroughWhole() throws {
        var scene = Self.scene()
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: TunnelClient.textBytesMax)
        scene.text = .success(text[...])
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        guard case .success(let body) = try #require(scene.answers(on: peer).first) else {
            Issue.record("\(scene.events)")
            return
        }
        #expect(try ScrapeProtocol.Reply(bytes: body, textBytesMax: 1 << 24) == .init(.success(text[...])))
    }

    /// The scraper gets a number to look for in our log, and not the reason.
    @Test(arguments: [
        (TunnelClient.ScrapeFailure.failed("no source is called 'db'"), "no source is called 'db'"),
        (.tooLong(bytes: TunnelClient.textBytesMax + 1, max: TunnelClient.textBytesMax), "the metrics have"),
        (.timedOut, "the metrics were not there in time"),
    ])
    func scrapeThatFails_IsSaidWithANumber(failure: TunnelClient.ScrapeFailure, reason: String) throws {
        var scene = Self.scene()
        switch failure {
        case .failed: scene.text = .failure(failure)
        case .tooLong(let bytes, _): scene.text = .success([UInt8](repeating: 10, count: bytes)[...])
        default: scene.text = nil
        }
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        scene.run(for: 11 * Self.second)
        let reply = try #require(try scene.replies(on: peer).first)
        let match = try #require(
            reply.wholeMatch(of: /Failed to obtain metrics \(uid ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\)/))
        let number = try #require(scene.scrapes.first)
        #expect(scene.events.contains(.scrapeFailed(number, uid: String(match.1), failure)))
        #expect(failure.description.hasPrefix(reason))
        #expect(scene.client.counters.scrapesFailed == 1 && scene.client.counters.scrapesAnswered == 0)
        #expect(scene.client.counters.scrapesTimedOut == (failure == .timedOut ? 1 : 0))
        #expect(scene.client.status.lastScrapeFailure == failure)
        scene.answer(number, with: .success([]))
        #expect(try scene.replies(on: peer).count == 1, "answered once")
    }

    @Test func numbersOfFailures_AreAllDifferent() throws {
        var scene = Self.scene()
        scene.text = .failure(.failed(""))
        let (peer, channel) = try scene.scraperCalls()
        for _ in 0..<10 { try scene.scrape(peer, channel) }
        #expect(Set(try scene.replies(on: peer)).count == 10)
    }

    @Test(arguments: [
        ([2, 1], TunnelClient.ScrapeRefusal.version(ProtocolVersion(major: 2, minor: 1))),
        ([1, 2], .version(ProtocolVersion(major: 1, minor: 2))),
        ([0, 0], .version(ProtocolVersion(major: 0, minor: 0))),
        ([], .malformed(.truncated)), ([1], .malformed(.truncated)),
    ])
    func requestThatIsNotUnderstood_IsADecodeError(body: [UInt8], refusal: TunnelClient.ScrapeRefusal) throws {
        var scene = Self.scene()
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel, body)
        #expect(scene.answers(on: peer) == [.failure(.decodeError)])
        #expect(scene.scrapes.isEmpty && scene.client.counters.scrapesRefused == 1)
        #expect(scene.events.last == .scrapeRefused(refusal, address: "192.0.2.2:\(peer.value)"))
        try scene.scrape(peer, channel)
        #expect(scene.client.counters.scrapesAnswered == 1, "the connection goes on")
    }

    /// Of later minor versions the first fields are ours.
    @Test(arguments: [[1, 0], [1, 1], [1, 1, 9, 9]] as [[UInt8]])
    func requestOfOurVersion_IsAnswered(body: [UInt8]) throws {
        var scene = Self.scene()
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel, body)
        #expect(scene.client.counters.scrapesAnswered == 1)
    }

    @Test func scrapesBeyondTheBound_AreToldSo() throws {
        var scene = Self.scene { $0.scrapesMax = 3 }
        scene.text = nil
        let (peer, channel) = try scene.scraperCalls()
        for _ in 0..<5 { try scene.scrape(peer, channel) }
        #expect(scene.scrapes.count == 3)
        #expect(try scene.replies(on: peer) == ["Too many scrapes at a time", "Too many scrapes at a time"])
        #expect(scene.client.counters.scrapes == 3 && scene.client.counters.scrapesRefused == 2)
        for number in scene.scrapes { scene.answer(number, with: .success(Array("a 1\n".utf8)[...])) }
        scene.text = .success([])
        try scene.scrape(peer, channel)
        #expect(try scene.replies(on: peer).dropFirst(2) == ["a 1\n", "a 1\n", "a 1\n", ""])
    }

    @Test func answersMayComeInAnyOrder() throws {
        var scene = Self.scene()
        scene.text = nil
        let (peer, channel) = try scene.scraperCalls()
        let ids = [try scene.scrape(peer, channel), try scene.scrape(peer, channel)]
        for (number, text) in zip(scene.scrapes, ["first 1\n", "second 1\n"]).reversed() {
            scene.answer(number, with: .success(Array(text.utf8)[...]))
        }
        #expect(try scene.replies(on: peer) == ["second 1\n", "first 1\n"])
        let answered = scene.network.farEvents(of: peer).compactMap { event in
            if case .rpc(.answer(_, let id, _)) = event { id } else { nil }
        }
        #expect(answered == ids.reversed())
    }

    // MARK: Who scrapes

    @Test func anybodyElse_IsRefusedAndCounted() throws {
        var scene = Self.scene()
        let other = KeyPair.random()
        let (peer, _) = try scene.scraperCalls(as: other)
        #expect(scene.events.last == .blocked(other.publicKey, address: "192.0.2.2:\(peer.value)"))
        #expect(scene.client.counters.blocked == 1 && scene.network.lines.isEmpty)
        #expect(scene.client.status.connections.isEmpty)
    }

    /// The endpoint was to let in the scraper alone: where it did not, the client does.
    @Test func strangerThatWasLetIn_IsShownOut() throws {
        var scene = Self.scene()
        let other = KeyPair.random()
        let (peer, channel) = try scene.scraperCalls(as: other, admitsAll: true)
        scene.run(for: 11 * Self.second)
        #expect(scene.client.counters.blocked == 1 && scene.network.lines.isEmpty)
        #expect(throws: TunnelClientNetwork.NoSuchLine.self) { try scene.scrape(peer, channel) }
        #expect(scene.scrapes.isEmpty)
    }

    @Test func otherChannelsAndMethods_AreRefused_AndTheScraperGoesOn() throws {
        var scene = Self.scene()
        let (peer, channel) = try scene.scraperCalls()
        let now = scene.now
        try scene.network.withFar(of: peer) { far in
            _ = try far.channel.open(AliasProtocol.channel)
            _ = try far.channel.request(channel, "other", [], at: now)
        }
        scene.settle()
        #expect(scene.answers(on: peer) == [.failure(.unknownMethod("other"))])
        try scene.scrape(peer, channel)
        #expect(scene.client.counters.scrapesAnswered == 1)
    }

    // MARK: The end

    @Test func channelThatTheScraperCloses_EndsTheConnection() throws {
        var scene = Self.scene()
        scene.text = nil
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        try scene.network.withFar(of: peer) { _ = $0.channel.close(channel) }
        scene.settle()
        #expect(scene.network.lines.isEmpty)
        #expect(scene.client.counters.connectionsClosed == 2 && scene.client.counters.connectionsBroken == 0)
        let number = try #require(scene.scrapes.first)
        #expect(scene.events.contains(.scrapeFailed(number, uid: nil, .unwanted)))
        scene.answer(number, with: .success([]))
        #expect(scene.client.counters.scrapesAnswered == 0 && scene.client.counters.scrapesFailed == 1)
    }

    @Test func scraperThatIsLostInMidScrape_TakesItsScrapesWithIt() throws {
        var scene = Self.scene()
        scene.text = nil
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        scene.network.lose(peer)
        scene.settle()
        let number = try #require(scene.scrapes.first)
        #expect(scene.events.contains(.scrapeFailed(number, uid: nil, .unwanted)))
        #expect(scene.client.scrapes.isEmpty)
    }

    @Test func scraperThatVanishesInMidScrape_IsForgottenWithItsScrapes() throws {
        var scene = Self.scene()
        scene.text = nil
        let (peer, channel) = try scene.scraperCalls()
        try scene.scrape(peer, channel)
        scene.network.cut(peer)
        scene.run(for: 35 * Self.second)
        #expect(scene.client.status.connections.isEmpty && scene.network.lines.isEmpty)
        #expect(scene.client.counters.connectionsBroken == 1 && scene.client.counters.scrapesFailed == 1)
        guard case .disconnected(.scraper, _, .over(.timedOut), let lasted) = scene.events.last else {
            Issue.record("\(scene.events)")
            return
        }
        #expect(25 * Self.second...35 * Self.second ~= lasted)
    }

    /// With whatever bytes.
    @Test func bodiesAtRandom_AreAnsweredOrRefused() throws {
        for seed in 1...200 as ClosedRange<UInt64> {
            var numbers = SeededGenerator(seed: seed)
            var scene = Self.scene()
            let (peer, channel) = try scene.scraperCalls()
            let body = numbers.bytes(Int.random(in: 0...20, using: &numbers))
            try scene.scrape(peer, channel, body)
            let counters = scene.client.counters
            #expect(counters.scrapesAnswered + counters.scrapesRefused == 1, "seed \(seed)")
            #expect(scene.answers(on: peer).count == 1, "seed \(seed)")
        }
    }
}
