import Testing

@testable import HyperDHT

/// A thousand peers of one endpoint, in a time that costs nothing.
struct EndpointLoadTests {
    private static let seconds = EndpointNetwork.seconds
    private static let nat: UInt32 = 0x5001_0001

    @Test func thousandIdleConnections_AreLookedAtOnlyWhenTheyAreDue() {
        var network = EndpointNetwork.testnet(3, seed: 1)
        func generous(_ configuration: inout DHTConfiguration) {
            configuration.handshakes = RateLimitBounds(perSecond: 1_000, burst: 1_000)
            configuration.handshakesPerHost = configuration.handshakes
            configuration.handshakesPerRelay = configuration.handshakes
        }
        let (server, caller, identity) = (network.add(generous), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        for round in 1...20 {
            for _ in 0..<50 { _ = network.connect(caller, to: identity, asking: nil) }
            network.expect(within: 20) { $0.members[server].opened.count == 50 * round }
        }
        network.run(for: 5 * Self.seconds)
        let (polls, received) = (
            network.members[server].endpoint.counters.polls, network.members[server].endpoint.counters.datagramsReceived
        )
        network.run(for: 20 * Self.seconds)
        let counters = network.members[server].endpoint.counters
        // Every five seconds each side says that it is there, and hears that it was heard: one packet of each.
        #expect(760...840 ~= (counters.datagramsReceived - received) / 10)
        #expect((counters.polls - polls) / 20 < 700, "\(counters.polls - polls)")
        #expect(network.members[server].living.count == 1_000 && network.members[caller].living.count == 1_000)
    }

    /// What a bridge sees that begins anew: all its clients are behind one address, and come at the same time. They try
    /// again after 5, 15 and 60 seconds and up to half of it more.
    @Test func thousandClientsBehindOneAddress_GetThroughWithinAMinute() {
        var network = EndpointNetwork.testnet(6, seed: 2)
        let (server, identity) = (network.add { $0.isOpen = true }, KeyPair.random())
        network.listen(identity, at: server)
        let first = network.members.count
        for _ in 0..<1_000 { network.add(behind: Self.nat) }
        network.run(for: 10 * Self.seconds)
        var numbers = SeededNumbers(seed: 2)
        var waiting = Dictionary(uniqueKeysWithValues: (0..<1_000).map { (first + $0, network.now) })
        var attempts: [Int: Int] = [:]
        let end = network.now + 60 * Self.seconds
        var calls: [Int: PeerNumber] = [:]
        while network.now < end, network.members[server].opened.count < 1_000 {
            for (index, at) in waiting where at <= network.now {
                waiting[index] = nil
                calls[index] = network.connect(index, to: identity, asking: [1])
            }
            network.run(for: Self.seconds / 4)
            for (index, number) in calls where network.members[index].closed[number] != nil {
                calls[index] = nil
                let pause = [5, 15, 60][min(attempts[index, default: 0], 2)] * Self.seconds
                attempts[index, default: 0] += 1
                waiting[index] = network.now + pause + Int64.random(in: 0...(pause / 2), using: &numbers)
            }
        }
        let answered = network.members[first...].count { $0.right == 1 }
        let counters = network.members[server].endpoint
        #expect(network.members[server].opened.count == 1_000 && answered >= 990)
        #expect(network.now < end, "\(answered) \(counters.counters) \(counters.nodeCounters)")
    }
}
