import Testing

@testable import HyperDHT

/// How connections come to their end, and what becomes of them.
struct EndpointLifeTests {
    private static let seconds = EndpointNetwork.seconds
    private static let nat: UInt32 = 0x5001_0001

    /// A network, a server in it and a caller that has had an answer.
    private struct Talk {
        var network: EndpointNetwork
        let identity = KeyPair.random()
        let own = KeyPair.random()
        let server: Int
        let caller: Int
        var number = PeerNumber(0)

        init(_ conditions: SimulatedNetwork.Conditions = .init(), behind nat: UInt32? = nil, isOpen: Bool = false) {
            network = EndpointNetwork.testnet(3, conditions, seed: 1)
            (server, caller) = (network.add(), network.add(behind: nat) { $0.isOpen = isOpen })
            network.listen(identity, at: server)
            number = network.connect(caller, to: identity, as: own, asking: [9])
            network.expect(within: 30) { [caller] in $0.members[caller].right == 1 }
        }

        var called: PeerNumber { network.members[server].opened.last ?? PeerNumber(0) }
    }

    @Test(arguments: [true, false]) func peerThatIsKilledWhileAnswering_IsGivenUpInTime(serverIsKilled: Bool) {
        var talk = Talk(.init(delay: 20_000_000))
        let (killed, left) = serverIsKilled ? (talk.server, talk.caller) : (talk.caller, talk.server)
        talk.network.at(talk.caller) { [talk] in $0.ask([2_000_000], of: talk.number, at: $1) }
        let sent = talk.network.members[talk.server].endpoint.counters.datagramsSent
        talk.network.expect(within: 10) { [talk] in
            $0.members[talk.server].endpoint.counters.datagramsSent > sent + 100
        }
        #expect(talk.network.members[talk.caller].answered == 1)
        talk.network.members[killed].isUp = false
        talk.network.expect(within: 40) { $0.members[left].closed.count == 1 }
        #expect(Array(talk.network.members[left].closed.values) == [[.over(.timedOut)]])
        #expect(talk.network.members[left].unanswered == (serverIsKilled ? 1 : 0))
        #expect(!talk.network.members[left].isOutOfOrder)
        // It answers late packets for a while, and is forgotten then.
        talk.network.run(for: 70 * Self.seconds)
        #expect(talk.network.members[left].endpoint.slotsByStream.isEmpty)
        #expect(talk.network.members[left].endpoint.links.allSatisfy { $0 == nil })
    }

    @Test func peerThatDestroysItsConnection_IsHeardOfAtOnce() {
        var talk = Talk()
        talk.network.at(talk.server) { [called = talk.called] member, _ in
            member.endpoint.withChannel(of: called) { $0.destroy() }
        }
        talk.network.expect(within: 1) { [talk] in $0.members[talk.caller].closed[talk.number] == [.over(.reset)] }
        #expect(talk.network.members[talk.server].closed[talk.called] == [.over(.destroyed)])
    }

    @Test func newerConnectionOfTheSameKey_TakesThePlaceOfTheOlder() {
        var talk = Talk()
        let first = talk.called
        let number = talk.network.connect(talk.caller, to: talk.identity, as: talk.own, asking: [10])
        talk.network.expect(within: 10) { [talk] in $0.members[talk.caller].right == 2 }
        talk.network.run(for: 2 * Self.seconds)
        let (server, caller) = (talk.network.members[talk.server], talk.network.members[talk.caller])
        #expect(server.closed == [first: [.over(.ended)]] && caller.closed == [talk.number: [.over(.ended)]])
        #expect(server.living == [talk.called] && caller.living == [number])
        #expect(server.endpoint.counters.superseded == 1 && server.endpoint.counters.opened == 2)
        // Another key is another peer, from wherever it comes.
        let other = talk.network.connect(talk.caller, to: talk.identity, asking: [11])
        talk.network.expect(within: 10) { [talk] in $0.members[talk.caller].right == 3 }
        #expect(talk.network.members[talk.caller].living == [number, other])
        #expect(talk.network.members[talk.server].endpoint.counters.superseded == 1)
    }

    @Test func peerThatHasBegunAnew_TakesThePlaceOfItsFormerLife() {
        var talk = Talk()
        talk.network.members[talk.caller].isUp = false
        let (first, again) = (talk.called, talk.network.add())
        _ = talk.network.connect(again, to: talk.identity, as: talk.own, asking: [10])
        talk.network.expect(within: 10) { $0.members[again].right == 1 }
        // Sooner than the silence of the former one would have shown.
        talk.network.expect(within: 15) { [talk] in $0.members[talk.server].closed[first] != nil }
        #expect(talk.network.members[talk.server].living == [talk.called] && talk.called != first)
    }

    @Test func repeatedHandshake_DoesNotEndTheConnectionOfWhoMadeIt() throws {
        var talk = Talk(isOpen: true)
        // What anybody on the way could have seen, and says again when the server has forgotten it.
        talk.network.recorded = []
        _ = talk.network.connect(talk.caller, to: talk.identity, as: talk.own, asking: [10])
        talk.network.expect(within: 10) { [talk] in $0.members[talk.caller].right == 2 }
        let recorded = try #require(talk.network.recorded)
        talk.network.recorded = nil
        talk.network.run(for: 30 * Self.seconds)
        let address = talk.network.members[talk.server].address
        let relayed = recorded.filter { passage in
            guard passage.to == address, case .request(let request) = try? DHTDatagram(passage.bytes[...]) else {
                return false
            }
            return request.command == .external(.peerHandshake)
        }
        let handshake = try #require(relayed.first)
        let living = talk.network.members[talk.server].living
        talk.network.inject(handshake.bytes, from: handshake.from, to: talk.server)
        #expect(talk.network.members[talk.server].endpoint.nodeCounters.handshakesAnswered == 3)
        #expect(talk.network.members[talk.server].endpoint.unconfirmedCount == 1)
        talk.network.run(for: 60 * Self.seconds)
        #expect(talk.network.members[talk.server].living == living && living.count == 1)
        talk.network.at(talk.caller) { $0.ask([10], of: $0.living[0], at: $1) }
        talk.network.expect(within: 10) { [talk] in $0.members[talk.caller].right == 3 }
    }

    @Test func callerWithAnotherAddress_IsLeftAsideAndComesAgain() {
        var talk = Talk(behind: Self.nat)
        talk.network.nats[Self.nat]?.forget()
        talk.network.at(talk.caller) { [talk] in $0.ask([12], of: talk.number, at: $1) }
        talk.network.expect(within: 60) { [talk] in $0.members[talk.caller].closed[talk.number] != nil }
        #expect(talk.network.members[talk.caller].closed[talk.number] == [.over(.timedOut)])
        #expect(talk.network.members[talk.server].endpoint.counters.wrongSource > 3)
        _ = talk.network.connect(talk.caller, to: talk.identity, as: talk.own, asking: [13])
        talk.network.expect(within: 20) { [talk] in $0.members[talk.caller].right == 2 }
    }

    /// A relay sees another port of it than the server does.
    @Test func firstPacket_ShowsWhereAPeerIs() {
        var network = EndpointNetwork.testnet(seed: 9)
        let (server, identity) = (network.add(), KeyPair.random())
        let caller = network.add(behind: Self.nat) { $0.isOpen = true }
        network.nats[Self.nat]?.mapsForEachPeer = true
        network.listen(identity, at: server)
        _ = network.connect(caller, to: identity, asking: [20_000])
        network.expect(within: 20) { $0.members[caller].right == 1 }
    }

    // MARK: Shutdown

    @Test func shutdown_SaysWhatWasAskedForAndThenTheEnd() {
        var talk = Talk(.init(delay: 20_000_000))
        talk.network.at(talk.caller) { [talk] in $0.ask([500_000], of: talk.number, at: $1) }
        talk.network.expect(within: 1) { [talk] in $0.members[talk.server].requests == 2 }
        let late = talk.network.connect(talk.server, to: .random(), asking: nil)
        talk.network.at(talk.server) { $0.endpoint.shutDown(at: $1) }
        let started = talk.network.now
        talk.network.expect(within: 10) { [talk] in $0.members[talk.server].endpoint.isDown }
        #expect(talk.network.now - started < 4 * Self.seconds)
        talk.network.expect(within: 1) { [talk] in $0.members[talk.caller].closed[talk.number] != nil }
        let (server, caller) = (talk.network.members[talk.server], talk.network.members[talk.caller])
        #expect(caller.right == 2 && caller.closed == [talk.number: [.over(.ended)]])
        #expect(server.closed == [talk.called: [.over(.ended)], late: [.over(.destroyed)]])
        #expect(server.nodeEvents.last == .unannounced(server: talk.identity.publicKey))
        // Nothing begins any more.
        let refused = talk.network.connect(talk.server, to: .random(), asking: nil)
        #expect(talk.network.members[talk.server].closed[refused] == [.tooMany])
        talk.network.members[talk.server].listen(as: .random(), at: talk.network.now)
        #expect(talk.network.members[talk.server].endpoint.serving.isEmpty)
    }

    @Test func shutdown_DoesNotWaitForThoseWhoAreGone() {
        var talk = Talk()
        for index in talk.network.members.indices where index != talk.server {
            talk.network.members[index].isUp = false
        }
        talk.network.at(talk.server) { $0.endpoint.shutDown(at: $1) }
        let started = talk.network.now
        talk.network.expect(within: 60) { [talk] in $0.members[talk.server].endpoint.isDown }
        #expect(talk.network.now - started <= EndpointLimits().shutdownTime + Self.seconds / 10)
        #expect(talk.network.members[talk.server].closed == [talk.called: [.over(.destroyed)]])
    }

    // MARK: By chance

    /// Whatever happens to them, each number is opened once at most, then used, then closed once.
    @Test(arguments: 0..<25) func connections_BeginAndEndOnce(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        let conditions = SimulatedNetwork.Conditions(
            loss: numbers.share() * 0.2, duplication: 0.3, delay: 10_000_000, jitter: 40_000_000)
        var network = EndpointNetwork.testnet(3, conditions, seed: seed)
        let keys = (0..<4).map { _ in KeyPair.random() }
        let first = network.members.count
        for key in keys {
            let index = network.add()
            network.at(index) { $0.listen(as: key, at: $1) }
        }
        network.run(for: 5 * Self.seconds)
        for _ in 0..<60 {
            let (one, other) = (Int.random(in: 0..<4, using: &numbers), Int.random(in: 0..<4, using: &numbers))
            let living = network.members[first + one].living
            let some = living.randomElement(using: &numbers)
            switch (Int.random(in: 0..<8, using: &numbers), some) {
            case (0...2, _): _ = network.connect(first + one, to: keys[other], as: keys[one], asking: [50, 3_000])
            case (3...4, let some?): network.at(first + one) { $0.ask([1, 100_000], of: some, at: $1) }
            case (5, let some?): network.at(first + one) { $0.endpoint.end(some, at: $1) }
            case (6, let some?):
                network.at(first + one) { member, _ in member.endpoint.withChannel(of: some) { $0.destroy() } }
            default: break
            }
            network.run(for: Int64.random(in: 0...Self.seconds, using: &numbers))
        }
        for index in first..<first + 4 { network.at(index) { $0.endpoint.shutDown(at: $1) } }
        network.run(for: 120 * Self.seconds)
        let failed = Comment(rawValue: "seed \(seed)")
        for member in network.members[first...] {
            #expect(!member.isOutOfOrder && member.living.isEmpty && member.endpoint.isDown, failed)
            #expect(member.right == member.answered && member.right > 0, failed)
            let left = member.endpoint
            #expect(left.occupied == 0 && left.living == 0 && left.unconfirmed == 0, failed)
            #expect(left.hosts.count + left.unconfirmedHosts.count + left.slotsByEnds.count == 0, failed)
            #expect(left.slots.isEmpty && left.slotsByStream.isEmpty && left.slotsByConnect.isEmpty, failed)
            #expect(left.links.allSatisfy { $0 == nil } && left.freeSlots.count == left.links.count, failed)
            #expect(left.node.streamsTaken.isEmpty && left.deadlines.count == 0, failed)
        }
    }
}
