import HyperDHT
import Testing

@testable import ExporterProxy

struct AliasRegistryTests {
    private static let keys = (0..<3).map { _ in KeyPair.random().publicKey }

    private static func target(_ alias: String, _ key: Int = 0, _ hostname: String = "h", _ service: String = "s")
        -> AliasTarget
    {
        AliasTarget(alias: alias, key: keys[key], hostname: hostname, service: service)
    }

    @Test(arguments: [
        ("a", nil), ("my-alias_1.example~", nil), ("mit leerzeichen", nil), ("ümläut 日本 😀", nil), ("\"\\%?#", nil),
        (String(repeating: "a", count: 200), nil), ("...", nil), ("", "is empty"),
        (String(repeating: "ä", count: 101), "has 202 bytes, of which 200 are allowed"), ("a:b", "has a ':'"),
        ("a/b", "has a '/'"), (".", "is '.', which no path keeps"), ("..", "is '..', which no path keeps"),
        ("a\nb", "has a character that cannot be seen"), ("\u{0}", "has a character that cannot be seen"),
        ("a\u{202e}b", "has a character that cannot be seen"), ("a\u{7f}", "has a character that cannot be seen"),
    ])
    func alias_IsALineAndASegment(alias: String, fault: String?) {
        #expect(AliasName.fault(of: alias) == fault)
    }

    @Test func registrations_SayWhatTheyHaveChanged() throws {
        var registry = AliasRegistry()
        #expect(try registry.register(Self.target("a"), at: 1) == .new)
        #expect(try registry.register(Self.target("a"), at: 2) == .renewed)
        #expect(try registry.register(Self.target("a", 0, "other"), at: 3) == .updated)
        #expect(try registry.register(Self.target("a", 0, "other", "t"), at: 4) == .updated)
        #expect(registry.entry("a", at: 4)?.registeredAt == 1 && registry.entry("a", at: 4)?.seenAt == 4)
        #expect(try registry.register(Self.target("a", 1), at: 5) == .takenOver(from: Self.keys[0]))
        #expect(registry.entry("a", at: 5)?.target == Self.target("a", 1))
        #expect(registry.entry("a", at: 5)?.registeredAt == 5 && registry.count == 1)
    }

    @Test func namesThatLookAlike_AreTwo() throws {
        var registry = AliasRegistry()
        _ = try registry.register(Self.target("\u{e9}"), at: 0)
        #expect(try registry.register(Self.target("e\u{301}", 1), at: 0) == .new)
    }

    @Test func order_IsThatOfTheFirstRegistration() throws {
        var registry = AliasRegistry()
        for alias in ["c", "a", "b"] { _ = try registry.register(Self.target(alias), at: 0) }
        _ = try registry.register(Self.target("a", 1), at: 1)
        #expect(registry.all.map(\.target.alias) == ["c", "a", "b"])
    }

    @Test func colons_AreReplacedWhereTheyDivide() {
        let target = Self.target("a", 0, "h:1", "a:b:c")
        #expect(target.hostname == "h-1" && target.service == "a-b-c")
    }

    @Test func alias_ExpiresAfterItsLastRegistration() throws {
        var rules = AliasRegistry.Rules()
        rules.expiry = 100
        var registry = AliasRegistry(rules)
        _ = try registry.register(Self.target("a"), at: 0)
        _ = try registry.register(Self.target("b"), at: 10)
        _ = try registry.register(Self.target("a"), at: 50)
        #expect(registry.nextExpiry == 110)
        #expect(registry.expire(at: 109).isEmpty)
        #expect(registry.entry("b", at: 110) == nil, "also before anybody has looked")
        #expect(registry.expire(at: 110).map(\.target.alias) == ["b"])
        #expect(registry.entry("a", at: 149) != nil && registry.nextExpiry == 150)
        #expect(registry.expire(at: 1000).map(\.target.alias) == ["a"] && registry.count == 0)
    }

    @Test func fullRegistry_KeepsThoseWhoAreThere() throws {
        var rules = AliasRegistry.Rules()
        rules.aliasesMax = 2
        var registry = AliasRegistry(rules)
        for alias in ["a", "b"] { _ = try registry.register(Self.target(alias), at: 0) }
        #expect(throws: AliasRefusal.full(aliases: 2)) { try registry.register(Self.target("c"), at: 1) }
        #expect(try registry.register(Self.target("a"), at: 1) == .renewed)
        #expect(try registry.register(Self.target("b", 1), at: 1) == .takenOver(from: Self.keys[0]))
    }

    @Test func pinnedAlias_IsForItsKeyOnly() throws {
        var rules = AliasRegistry.Rules()
        rules.pinned = [ExactText("a"): Self.keys[0]]
        var registry = AliasRegistry(rules)
        #expect(throws: AliasRefusal.pinned(Self.keys[0])) { try registry.register(Self.target("a", 1), at: 0) }
        #expect(try registry.register(Self.target("a"), at: 0) == .new)
        #expect(throws: AliasRefusal.pinned(Self.keys[0])) { try registry.register(Self.target("a", 1), at: 0) }
        #expect(registry.entry("a", at: 0)?.target == Self.target("a"))
    }

    @Test func namesOfHostAndService_AreShortAndVisible() {
        var registry = AliasRegistry()
        let long = String(repeating: "x", count: 201)
        #expect(throws: AliasRefusal.badHostname("has 201 bytes, of which 200 are allowed")) {
            try registry.register(Self.target("a", 0, long), at: 0)
        }
        #expect(throws: AliasRefusal.badService("has a character that cannot be seen")) {
            try registry.register(Self.target("a", 0, "h", "s\r\n"), at: 0)
        }
        #expect(throws: AliasRefusal.badAlias("has a ':'")) { try registry.register(Self.target("a:b"), at: 0) }
        #expect(registry.count == 0 && registry.nextExpiry == nil)
    }
}
