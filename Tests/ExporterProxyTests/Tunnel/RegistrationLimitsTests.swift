import HyperDHT
import Testing

@testable import ExporterProxy

struct RegistrationLimitsTests {
    private static let second: Int64 = 1_000_000_000

    private static func rules(caller: Double = 1000, host: Double = 1000, all: Double = 1000)
        -> RegistrationLimits.Rules
    {
        var rules = RegistrationLimits.Rules()
        rules.caller = RateLimitBounds(perSecond: 1, burst: caller)
        rules.host = RateLimitBounds(perSecond: 1, burst: host)
        rules.all = RateLimitBounds(perSecond: 1, burst: all)
        return rules
    }

    private static func peer(_ key: PublicKey = KeyPair.random().publicKey, _ address: String = "192.0.2.1:1")
        -> HyperDHT.Peer
    {
        HyperDHT.Peer(key: key, server: nil, address: address)
    }

    @Test func caller_IsLimitedWhereverItIs() {
        var limits = RegistrationLimits(Self.rules(caller: 2))
        let key = KeyPair.random().publicKey
        let peers = (1...3).map { Self.peer(key, "192.0.2.\($0):1") }
        #expect(peers.map { limits.exceeded(byRegistrationOf: $0, at: 0) } == [nil, nil, .caller])
        #expect(limits.exceeded(byRegistrationOf: Self.peer(), at: 0) == nil)
        #expect(limits.exceeded(byRegistrationOf: Self.peer(key), at: Self.second) == nil)
    }

    @Test func host_IsLimitedWhateverItsKeysAndPorts() {
        var limits = RegistrationLimits(Self.rules(host: 2))
        let peers = (0..<3).map { Self.peer(KeyPair.random().publicKey, "192.0.2.1:\($0)") }
        #expect(peers.map { limits.exceeded(byRequestOf: $0, at: 0) } == [nil, nil, .host])
        #expect(limits.exceeded(byRequestOf: Self.peer(KeyPair.random().publicKey, "192.0.2.9:1"), at: 0) == nil)
    }

    @Test func all_AreLimitedTogether() {
        var limits = RegistrationLimits(Self.rules(all: 2))
        let peers = (0..<3).map { Self.peer(KeyPair.random().publicKey, "192.0.2.\($0):1") }
        #expect(peers.map { limits.exceeded(byRegistrationOf: $0, at: 0) } == [nil, nil, .all])
    }

    @Test func requestsWithoutTheSecret_TakeNothingFromOthers() {
        var limits = RegistrationLimits(Self.rules(caller: 2, host: 1000, all: 2))
        let key = KeyPair.random().publicKey
        for _ in 0..<100 { _ = limits.exceeded(byRequestOf: Self.peer(key), at: 0) }
        #expect(limits.exceeded(byRegistrationOf: Self.peer(key), at: 0) == nil)
    }

    @Test func wrongSecret_CountsAsMany() {
        var limits = RegistrationLimits(Self.rules(host: 100))
        var attempts = 0
        while limits.exceeded(byRequestOf: Self.peer(), at: 0) == nil {
            attempts += 1
            limits.noteWrongSecret(of: Self.peer(), at: 0)
        }
        #expect(attempts == 2)
        #expect(limits.exceeded(byRequestOf: Self.peer(KeyPair.random().publicKey, "192.0.2.9:1"), at: 0) == nil)
    }

    @Test(arguments: [
        ("192.0.2.1:4711", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"), ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("unix", "unix"), ("", ""), ("[", "["),
    ])
    func host_IsTheAddressWithoutItsPort(address: String, host: String) {
        #expect(RegistrationLimits.host(of: address) == host)
    }
}
