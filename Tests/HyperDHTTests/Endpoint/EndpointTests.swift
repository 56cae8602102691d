import Testing

@testable import HyperDHT

/// Two users of endpoints, each behind its own socket, who find each other by key.
struct EndpointTests {
    private static let seconds = EndpointNetwork.seconds
    private static let nat: UInt32 = 0x5001_0001
    private static let otherNAT: UInt32 = 0x5001_0002
    private static let bad = SimulatedNetwork.Conditions(
        loss: 0.15, duplication: 0.1, delay: 20_000_000, jitter: 30_000_000)

    struct Surroundings: Sendable {
        var name: String
        var conditions = SimulatedNetwork.Conditions()
        var callerIsBehindNAT = false
        var serverIsBehindNAT = false
        var callerIsOpen = false
        var serverIsOpen = false
    }

    @Test(arguments: [
        Surroundings(name: "both can be reached"), Surroundings(name: "a bad path", conditions: bad),
        Surroundings(name: "caller behind a NAT", callerIsBehindNAT: true),
        Surroundings(name: "caller behind a NAT, a bad path", conditions: bad, callerIsBehindNAT: true),
        Surroundings(name: "caller behind a NAT, open server", callerIsBehindNAT: true, serverIsOpen: true),
        Surroundings(name: "server behind a NAT", serverIsBehindNAT: true, callerIsOpen: true),
    ])
    func peers_AskEachOther(surroundings: Surroundings) throws {
        var network = EndpointNetwork.testnet(6, surroundings.conditions, seed: 1)
        let (identity, own) = (KeyPair.random(), KeyPair.random())
        let server = network.add(behind: surroundings.serverIsBehindNAT ? Self.otherNAT : nil) {
            $0.isOpen = surroundings.serverIsOpen
        }
        let caller = network.add(behind: surroundings.callerIsBehindNAT ? Self.nat : nil) {
            $0.isOpen = surroundings.callerIsOpen
        }
        network.listen(identity, at: server) { [key = own.publicKey] in $0 == key }
        // Before anybody has found anybody.
        let number = network.connect(caller, to: identity, as: own, asking: [10, 30_000])
        network.expect(within: 20) { $0.members[caller].answered == 2 }
        let visitor = try #require(network.members[server].opened.first)
        network.at(server) { $0.ask([20, 2_000], of: visitor, at: $1) }
        network.expect(within: 20) { $0.members[server].answered == 2 }
        for (index, peer) in [(caller, number), (server, visitor)] {
            let member = network.members[index]
            #expect(member.right == 2 && member.opened == [peer] && member.closed.isEmpty && !member.isOutOfOrder)
        }
        let (seen, host) = (network.members[server].peers[visitor], network.members[caller])
        #expect(seen?.key == own.publicKey && seen?.server == identity.publicKey)
        let from = host.natHost.map { IPv4Address(host: $0, port: 10_000) } ?? host.address
        #expect(seen?.address == from.description)
        #expect(network.members[caller].peers[number]?.key == identity.publicKey)
        #expect(network.members[caller].peers[number]?.server == nil)
        // Each goes when it has said everything.
        network.at(caller) { $0.endpoint.end(number, at: $1) }
        network.expect(within: 20) { $0.members[caller].closed[number] != nil && $0.members[server].living.isEmpty }
        #expect(network.members[caller].closed[number] == [.over(.ended)])
        #expect(network.members[server].closed[visitor] == [.over(.ended)])
    }

    @Test func peers_KnowEachOtherAfterOneRound() {
        var network = EndpointNetwork.testnet(seed: 2)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        _ = network.connect(caller, to: identity, asking: nil)
        // Nobody has anything to say, and nobody has to wait for the other to say something.
        network.expect(within: 1) { !$0.members[caller].opened.isEmpty && !$0.members[server].opened.isEmpty }
    }

    @Test func answersOfManyLines_ComeOverABadPath() {
        var network = EndpointNetwork.testnet(6, Self.bad, seed: 3)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        _ = network.connect(caller, to: identity, asking: Array(repeating: 5_000 * 60, count: 4))
        network.expect(within: 60) { $0.members[caller].right == 4 }
    }

    // MARK: Who is not there, and who is not let in

    @Test func strangerIsNotLetIn_AndTheServerHearsOfIt() {
        var network = EndpointNetwork.testnet(seed: 4)
        let (identity, friend, stranger) = (KeyPair.random(), KeyPair.random(), KeyPair.random())
        let (server, caller) = (network.add(), network.add())
        network.listen(identity, at: server) { [key = friend.publicKey] in $0 == key }
        let number = network.connect(caller, to: identity, as: stranger, asking: [1])
        network.expect(within: 30) { $0.members[caller].closed[number] != nil }
        #expect(network.members[caller].closed == [number: [.unreachable(.noAnswer)]])
        #expect(network.members[caller].unanswered == 1 && !network.members[caller].isOutOfOrder)
        let refused = network.members[server].refusedCallers
        #expect(!refused.isEmpty && refused.allSatisfy { $0 == stranger.publicKey })
        #expect(network.members[server].opened.isEmpty && network.members[server].endpoint.counters.called == 0)
    }

    @Test func serverThatIsNowhere_IsUnreachable() {
        var network = EndpointNetwork.testnet(seed: 5)
        let caller = network.add()
        let number = network.connect(caller, to: .random(), asking: [1])
        network.expect(within: 20) { $0.members[caller].closed[number] == [.unreachable(.notFound)] }
        let none = network.at(caller) { $0.endpoint.connect(to: PublicKey(.zero), as: .random(), serving: [:], at: $1) }
        #expect(network.members[caller].closed[none] == [.unreachable(.badKey)])
        #expect(network.members[caller].endpoint.counters.closed == [.unreachable: 2])
        #expect(network.members[caller].endpoint.connectionCount == 0)
    }

    @Test func callThatIsEnded_IsOverAtOnce() {
        var network = EndpointNetwork.testnet(seed: 6)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [1])
        network.at(caller) { $0.endpoint.end(number, at: $1) }
        #expect(network.members[caller].closed == [number: [.over(.destroyed)]])
        #expect(network.members[caller].unanswered == 1)
        #expect(network.members[caller].endpoint.withChannel(of: number) { $0.pendingCount } == nil)
        network.run(for: 60 * Self.seconds)
        #expect(network.members[server].opened.isEmpty && network.members[caller].opened.isEmpty)
        #expect(!network.members[caller].isOutOfOrder)
    }

    @Test func moreConnectionsThanThereIsRoomFor_AreTooMany() {
        var network = EndpointNetwork.testnet(seed: 7)
        var limits = EndpointLimits()
        limits.connectionsMax = 3
        let (server, caller, identity) = (network.add(limits: limits), network.add(limits: limits), KeyPair.random())
        network.listen(identity, at: server)
        let numbers = (0..<5).map { _ in network.connect(caller, to: identity, asking: [5]) }
        network.expect(within: 10) { $0.members[caller].right == 3 }
        #expect(numbers.map { network.members[caller].closed[$0] } == [nil, nil, nil, [.tooMany], [.tooMany]])
        // Others call; there is no room here either, and that is all that they see of it.
        let other = network.add()
        let refused = network.connect(other, to: identity, asking: [5])
        network.expect(within: 60) { $0.members[other].closed[refused] != nil }
        #expect(network.members[other].closed[refused] == [.over(.notConfirmed)])
        #expect(network.members[server].endpoint.counters.refused[.connectionsMax, default: 0] > 0)
        // When somebody goes there is room again.
        network.at(caller) { $0.endpoint.end(numbers[0], at: $1) }
        network.run(for: 5 * Self.seconds)
        _ = network.connect(other, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[other].right == 1 }
    }

    @Test func unknownChannel_IsRefusedAndTheConnectionStays() throws {
        var network = EndpointNetwork.testnet(seed: 8)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [7])
        network.at(caller) { member, _ in
            member.endpoint.withChannel(of: number) { _ = try? $0.open(AliasProtocol.channel) }
        }
        network.expect(within: 10) { $0.members[caller].right == 1 }
        network.run(for: Self.seconds)
        let refused = network.members[server].events.contains {
            if case .rpc(_, .refusedChannel(AliasProtocol.channel)) = $0 { true } else { false }
        }
        let closed = network.members[caller].events.contains {
            if case .rpc(number, .closed(_, AliasProtocol.channel, _)) = $0 { true } else { false }
        }
        #expect(refused && closed && network.members[caller].closed.isEmpty)
    }

    @Test func serverThatIsStopped_KeepsItsConnections() {
        var network = EndpointNetwork.testnet(seed: 9)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [7])
        network.expect(within: 10) { $0.members[caller].right == 1 }
        network.at(server) { $0.endpoint.stop(identity.publicKey, at: $1) }
        network.expect(within: 10) { $0.members[server].nodeEvents.last == .unannounced(server: identity.publicKey) }
        network.at(caller) { $0.ask([8], of: number, at: $1) }
        network.expect(within: 10) { $0.members[caller].right == 2 }
        let other = network.connect(caller, to: identity, asking: [7])
        network.expect(within: 30) { $0.members[caller].closed[other] == [.unreachable(.notFound)] }
    }
}

extension EndpointNetwork {
    /// Lets `index` listen, and waits until it is announced.
    mutating func listen(
        _ identity: KeyPair, at index: Int, sourceLocation: SourceLocation = #_sourceLocation,
        admits: @escaping @Sendable (PublicKey) -> Bool = { _ in true }
    ) {
        at(index) { $0.listen(as: identity, at: $1, admits: admits) }
        expect(within: 60, sourceLocation: sourceLocation) { $0.members[index].isAnnounced }
    }

    /// Calls, and asks at once; nil asks nothing.
    mutating func connect(
        _ index: Int, to identity: KeyPair, as own: KeyPair = .random(), asking sizes: [Int]?
    ) -> PeerNumber {
        at(index) { member, now in
            let number = member.connect(to: identity, as: own, at: now)
            if let sizes { member.ask(sizes, of: number, at: now) }
            return number
        }
    }
}
