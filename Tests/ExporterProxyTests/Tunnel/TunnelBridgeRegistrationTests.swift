import HyperDHT
import Testing

@testable import ExporterProxy

struct TunnelBridgeRegistrationTests {
    @Test func registration_IsAnsweredAsTheOriginalDoes() throws {
        var talk = BridgeTalk()
        let (first, second) = (talk.client(), talk.client())
        let request = talk.request("a", first.publicKey)
        #expect(try talk.register(request) == .registered(isNew: true))
        #expect(try talk.register(request) == .registered(isNew: false))
        let moved = talk.request("a", first.publicKey, hostname: "elsewhere:1")
        #expect(try talk.register(moved) == .registered(isNew: false))
        #expect(talk.bridge.targets.map(\.hostname) == ["elsewhere-1"])
        #expect(try talk.register("a", second) == .registered(isNew: true))
        #expect(talk.bridge.targets.map(\.key) == [second.publicKey])
        #expect(talk.bridge.counters.registrations == ["new": 1, "renewed": 1, "updated": 1, "taken_over": 1])
        #expect(talk.bridge.counters.registrationsRefused.isEmpty && talk.bridge.counters.callers == 4)
    }

    @Test func takenOverAlias_IsSaidAndScrapedAnew() throws {
        var talk = BridgeTalk()
        let (old, new) = (talk.client(.says("old")), talk.client(.says("new")))
        try talk.register("a", old)
        #expect(talk.scrape("a")?.shown == "old")
        try talk.register("a", new)
        #expect(talk.scrape("a")?.shown == "new")
        talk.pass(11 * BridgeTalk.second)
        #expect(talk.networks.dht.numbers(of: old.publicKey).isEmpty, "nobody needs the old connection")
        let note = try #require(talk.notes.first { $0.message == "alias taken over by another key" })
        #expect(note.fields.first { $0.name == "before" }?.value == old.publicKey.description)
        #expect(note.fields.first { $0.name == "peer" }?.value == "192.0.2.1:1000")
    }

    @Test func scrapeOfAnAliasThatIsTakenOver_EndsAtOnce() throws {
        var talk = BridgeTalk()
        let (old, new) = (talk.client(.isSilent), talk.client())
        try talk.register("a", old)
        let number = talk.begin("a")
        try talk.register("a", new)
        #expect(talk.failure(number) == .givenUp)
    }

    @Test func keyThatLosesOneOfItsAliases_KeepsItsConnection() throws {
        var talk = BridgeTalk()
        let (shared, other) = (talk.client(.says("shared")), talk.client())
        try talk.register("a", shared)
        try talk.register("b", shared)
        try talk.register("a", other)
        #expect(talk.networks.dht.callsOfTheBridge == 2 + 1, "once for the second process that registers, too")
        #expect(talk.scrape("b")?.shown == "shared")
    }

    // MARK: Refused

    /// What is wrong with a request, and what is said of it.
    enum Wrong: String, CaseIterable, Sendable {
        case secret, alias, hostname, ownKey, pinned, full
    }

    @Test(arguments: [
        (Wrong.secret, "Unauthorised", "wrong_secret"),
        (.alias, "Failed to register alias: the alias has a ':'", "bad_alias"),
        (.hostname, "Failed to register alias: the host name has a character that cannot be seen", "bad_hostname"),
        (.ownKey, "Failed to register alias: the key is the bridge's own", "own_key"),
        (.pinned, "Failed to register alias: it is kept for another key", "pinned"),
        (.full, "Failed to register alias: there is no room for more", "full"),
    ])
    func refusal_IsSaidAndCounted(wrong: Wrong, sentence: String, reason: String) throws {
        var settings = BridgeSettings()
        settings.aliases.aliasesMax = 1
        settings.aliases.pinned = [ExactText("pinned"): KeyPair.random().publicKey]
        var talk = BridgeTalk(settings)
        if wrong == .full { try talk.register("taken", talk.client()) }
        var request = talk.request("a", KeyPair.random().publicKey)
        switch wrong {
        case .secret: request.secret = Secret([UInt8](repeating: 7, count: 31) + [8])
        case .alias: request.alias = "a:b"
        case .hostname: request.hostname = "a\nb"
        case .ownKey: request.publicKey = talk.identity.publicKey
        case .pinned: request.alias = "pinned"
        case .full: break
        }
        #expect(try talk.register(request) == .refused(sentence))
        #expect(talk.bridge.counters.registrationsRefused == [reason: 1])
        #expect(talk.bridge.targets.count == (wrong == .full ? 1 : 0))
        let note = try #require(talk.notes.last { $0.message == "alias not registered" })
        #expect(note.fields.contains { $0.name == "alias" })
    }

    @Test func secret_IsNeverShown() throws {
        var talk = BridgeTalk()
        var request = talk.request("a", KeyPair.random().publicKey)
        request.secret = Secret([UInt8](repeating: 0x41, count: 32))
        try talk.register(request)
        var shown = ""
        dump(talk.bridge, to: &shown)
        dump(talk.notes, to: &shown)
        #expect(!shown.contains("AAAA") && !shown.contains("- 65\n") && !shown.contains("- 7\n"))
    }

    @Test(arguments: [
        ("", "malformed"), ("01", "malformed"), ("0101", "malformed"), ("0102", "version"), ("0201", "version"),
        ("0101" + String(repeating: "07", count: 32) + "ff", "malformed"),
        ("0101" + String(repeating: "07", count: 32) + "0180", "malformed"),
    ])
    func requestThatCannotBeRead_IsAnsweredWithDecodeError(hex: String, reason: String) throws {
        var talk = BridgeTalk()
        let bytes = stride(from: 0, to: hex.utf8.count, by: 2).compactMap {
            UInt8(String(decoding: Array(hex.utf8)[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        #expect(try talk.ask(bytes) == .failure(.decodeError))
        #expect(talk.bridge.counters.registrationsRefused == [reason: 1])
    }

    @Test func earlierMinorVersion_IsUnderstood() throws {
        var talk = BridgeTalk()
        var request = talk.request("a", talk.client().publicKey)
        request.version = ProtocolVersion(major: 1, minor: 0)
        #expect(try talk.register(request) == .registered(isNew: true))
    }

    @Test func unknownMethodsAndChannels_AreRefusedAndCounted() throws {
        var talk = BridgeTalk()
        #expect(try talk.ask([], method: "other") == .failure(.unknownMethod("other")))
        let number = try talk.networks.dht.call(talk.identity, as: .random(), at: talk.now)
        try talk.networks.dht.request(number, ChannelName("other"), "alias", [], at: talk.now)
        talk.settle()
        #expect(talk.bridge.counters.requestsRefused == 1 && talk.bridge.counters.channelsRefused == 1)
    }

    @Test func guessesOfTheSecret_AreSlowedDownForTheirHost() throws {
        var settings = BridgeSettings()
        settings.registrations.host = RateLimitBounds(perSecond: 1, burst: 100)
        var talk = BridgeTalk(settings)
        var wrong = talk.request("a", KeyPair.random().publicKey)
        wrong.secret = .random(32)
        let right = talk.request("a", talk.client().publicKey)
        for _ in 0..<2 { #expect(try talk.register(wrong) == .unauthorised) }
        #expect(try talk.register(wrong) == .refused("Failed to register alias: too many registrations from one host"))
        guard case .success(let elsewhere)? = try talk.ask(right.bytes, from: "198.51.100.1:1") else {
            Issue.record("no answer for another host")
            return
        }
        #expect(try AliasProtocol.Reply(bytes: Array(elsewhere)) == .registered(isNew: true))
        #expect(talk.bridge.counters.registrationsRefused == ["wrong_secret": 2, "too_often": 1])
        talk.pass(60 * BridgeTalk.second)
        #expect(try talk.register(right) == .registered(isNew: false))
    }

    @Test func registrationThatWantsNoAnswer_IsNone() throws {
        var talk = BridgeTalk()
        let request = talk.request("a", KeyPair.random().publicKey)
        talk.bridge.take(
            .opened(PeerNumber(1000), HyperDHT.Peer(key: .init(.zero), server: talk.identity.publicKey, address: "")),
            over: .dht, in: &talk.networks, at: talk.now)
        var mux = Mux(serving: [])
        let channel = try mux.open(AliasProtocol.channel)
        talk.bridge.take(
            .rpc(PeerNumber(1000), .notice(channel, method: "alias", body: request.bytes[...])), over: .dht,
            in: &talk.networks, at: talk.now)
        #expect(talk.bridge.targets.isEmpty && talk.bridge.counters.requestsRefused == 1)
    }

    // MARK: The list

    @Test func list_IsGivenWhereItHasChanged() throws {
        var settings = BridgeSettings()
        settings.aliases.expiry = 100 * BridgeTalk.second
        var talk = BridgeTalk(settings)
        #expect(talk.bridge.takeTargets() == nil)
        let client = talk.client()
        try talk.register("a", client)
        #expect(talk.bridge.takeTargets()?.map(\.alias) == ["a"])
        talk.pass(50 * BridgeTalk.second)
        try talk.register("a", client)
        #expect(talk.bridge.takeTargets() == nil, "a renewal changes nothing")
        talk.pass(99 * BridgeTalk.second)
        #expect(talk.bridge.takeTargets() == nil)
        talk.pass(BridgeTalk.second)
        #expect(talk.bridge.takeTargets() == [] && talk.scrape("a") == .unknownAlias)
        #expect(talk.bridge.counters.aliasesExpired == 1 && talk.notes.contains { $0.message == "alias expired" })
        talk.pass(11 * BridgeTalk.second)
        #expect(talk.networks.dht.openConnections == 0 && talk.bridge.nextDeadline == nil)
    }

    /// What is acknowledged outlives a crash: the answer waits for the disk.
    @Test func registration_IsAnsweredWhenItsListIsWritten() throws {
        var talk = try Self.keeping()
        let (first, second) = (talk.client(), talk.client())
        let a = try talk.beginRegistering("a", first)
        #expect(talk.bridge.takeTargets()?.count == 1 && talk.reply(to: a) == nil)
        let b = try talk.beginRegistering("b", second)
        let again = try talk.beginRegistering("a", first)
        #expect(talk.bridge.targets.count == 2 && talk.state("b")?.state == .connected, "it holds all the same")
        talk.written(true)
        #expect(talk.reply(to: a) == .registered(isNew: true))
        #expect(talk.reply(to: b) == nil, "the list of the first has it not")
        #expect(talk.reply(to: again) == .registered(isNew: false))
        #expect(talk.bridge.takeTargets()?.count == 2)
        let renewal = try talk.beginRegistering("b", second)
        #expect(talk.bridge.takeTargets() == nil && talk.reply(to: renewal) == nil)
        talk.written(true)
        #expect(talk.reply(to: b) == .registered(isNew: true))
        #expect(talk.reply(to: renewal) == .registered(isNew: false))
        #expect(try talk.register("b", second) == .registered(isNew: false), "nothing is to be written")
    }

    @Test func registrationWhoseListCannotBeWritten_IsRefused_AndHoldsAsLongAsTheBridgeRuns() throws {
        var talk = try Self.keeping()
        let client = talk.client()
        let first = try talk.beginRegistering("a", client)
        #expect(talk.bridge.takeTargets() != nil)
        talk.written(false)
        #expect(
            talk.reply(to: first)
                == .refused("Failed to register alias: the list of aliases cannot be written to disk"))
        #expect(talk.scrape("a")?.shown == "up 1\n" && talk.bridge.counters.registrationsRefused == ["not_kept": 1])
        let second = try talk.beginRegistering("a", client)
        #expect(talk.reply(to: second) == talk.reply(to: first), "nobody waits for a disk that fails")
        #expect(talk.notes.count { $0.message == "alias not registered" } == 2)
        #expect(talk.bridge.takeTargets()?.map(\.alias) == ["a"])
        talk.written(true)
        #expect(talk.bridge.takeTargets() == nil)
        #expect(try talk.register("a", client) == .registered(isNew: false))
    }

    @Test func renewalOfWhatIsInTheFile_WaitsForNoWrite() throws {
        var talk = try Self.keeping()
        let client = talk.client()
        _ = try talk.beginRegistering("a", client)
        #expect(talk.bridge.takeTargets() != nil)
        talk.written(true)
        _ = try talk.beginRegistering("b", talk.client())
        #expect(talk.bridge.takeTargets()?.count == 2)
        #expect(try talk.register("a", client) == .registered(isNew: false))
        talk.written(false)
        #expect(try talk.register("a", client) == .registered(isNew: false))
    }

    @Test func refusals_WaitForNothing() throws {
        var talk = try Self.keeping()
        _ = try talk.beginRegistering("a", talk.client())
        let number = try talk.beginRegistering("a:b", talk.client())
        #expect(talk.reply(to: number) == .refused("Failed to register alias: the alias has a ':'"))
    }

    private static func keeping() throws -> BridgeTalk {
        var settings = BridgeSettings()
        settings.keepsTargets = true
        return BridgeTalk(settings)
    }

    @Test func restart_KeepsAliases() throws {
        var before = BridgeTalk()
        let client = before.client(.says("still here"))
        try before.register("a", client)
        let contents = TargetsFile.read(TargetsFile.bytes(of: before.bridge.targets))
        var after = BridgeTalk(restoring: contents.targets)
        after.networks.dht.clients = before.networks.dht.clients
        #expect(after.state("a")?.state == .never && after.bridge.takeTargets() == nil)
        after.pass(1)
        #expect(after.state("a")?.state == .connected)
        #expect(after.scrape("a")?.shown == "still here")
        after.pass(3 * 3600 * BridgeTalk.second)
        #expect(after.scrape("a") == .unknownAlias, "its expiry begins anew with the start")
    }

    @Test func restart_LeavesOutWhatIsNotAllowedAnyMore() throws {
        let keys = (0..<3).map { _ in KeyPair.random().publicKey }
        var settings = BridgeSettings()
        settings.aliases.aliasesMax = 1
        settings.aliases.pinned = [ExactText("a"): keys[2]]
        let targets = zip(["a", "b", "c"], keys).map { AliasTarget(alias: $0, key: $1, hostname: "", service: "") }
        var talk = BridgeTalk(settings, restoring: targets)
        talk.settle()
        #expect(talk.bridge.takeTargets()?.map(\.alias) == ["b"])
        #expect(talk.notes.count { $0.message == "alias not taken from the list of targets" } == 2)
    }
}
