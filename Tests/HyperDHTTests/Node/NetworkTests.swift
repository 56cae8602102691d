import Testing

@testable import HyperDHT

/// Nodes among each other, in a network that exists in memory only.
struct NetworkTests {
    private static let seconds = SimulatedNetwork.seconds
    private static let natOfClient: UInt32 = 0x5001_0001
    private static let natOfServer: UInt32 = 0x5001_0002

    private static let worlds: [SimulatedNetwork.Conditions] = [
        .init(), .init(loss: 0.15, duplication: 0.2, delay: 30_000_000, jitter: 60_000_000),
    ]

    @Test(arguments: [1, 2, 10, 40], worlds)
    func announcedServer_IsFoundAndCalled(nodes: Int, conditions: SimulatedNetwork.Conditions) {
        var network = SimulatedNetwork.testnet(nodes, conditions, seed: UInt64(nodes))
        let (identity, caller) = (KeyPair.random(), KeyPair.random())
        let server = network.add()
        network.announce(identity, at: server) { [key = caller.publicKey] in $0 == key }
        let client = network.add()
        network.connect(client, to: identity, as: caller)
        network.expect(within: 20) { $0.isThrough(client, server) }
        network.run(for: 15 * Self.seconds)
        // However often the handshake came.
        #expect(network.members[server].connections.count == 1)
        #expect(network.members[client].connections.count == 1)
        #expect(network.members[server].connections.first?.session.remote == caller.publicKey)
        #expect(network.members[server].connections.first?.remoteAddress == network.members[client].address)
        #expect(network.members[client].connections.first?.remoteAddress == network.members[server].address)
    }

    @Test(arguments: [1, 2, 10, 40]) func nodes_FindEachOther(count: Int) {
        let network = SimulatedNetwork.testnet(count, seed: 5)
        for member in network.members {
            #expect(member.events.contains { $0.isReady })
            #expect(member.node.table.count >= min(count - 1, 19), "\(member.address)")
            // A first node that is alone has nobody to tell it where it is.
            #expect(member.node.publicAddress == (count == 1 ? nil : member.address))
        }
    }

    /// Who is where, and says what of itself; at least one of both can be reached.
    struct Surroundings: Sendable {
        var name: String
        var clientIsBehindNAT = false
        var serverIsBehindNAT = false
        var clientIsOpen = false
        var serverIsOpen = false
    }

    @Test(arguments: [
        Surroundings(name: "NAT to open server", clientIsBehindNAT: true, serverIsOpen: true),
        Surroundings(name: "NAT to server that does not know it is open", clientIsBehindNAT: true),
        Surroundings(name: "open client to server behind NAT", serverIsBehindNAT: true, clientIsOpen: true),
        Surroundings(name: "open to open", clientIsOpen: true, serverIsOpen: true),
    ])
    func peersOfWhichOneCanBeReached_Meet(surroundings: Surroundings) {
        var network = SimulatedNetwork.testnet(6, seed: 3)
        let (identity, caller) = (KeyPair.random(), KeyPair.random())
        let server = network.add(behind: surroundings.serverIsBehindNAT ? Self.natOfServer : nil) {
            $0.isOpen = surroundings.serverIsOpen
        }
        let client = network.add(behind: surroundings.clientIsBehindNAT ? Self.natOfClient : nil) {
            $0.isOpen = surroundings.clientIsOpen
        }
        network.announce(identity, at: server)
        // Long enough for the holes of a NAT to be closed, were they not kept open.
        network.run(for: 60 * Self.seconds)
        network.connect(client, to: identity, as: caller)
        network.expect(within: 5, "\(surroundings.name)") { $0.isThrough(client, server) }
        #expect(network.members[client].failures.isEmpty)
    }

    @Test func peersBehindOneNAT_MeetInTheirOwnNetwork() {
        var network = SimulatedNetwork.testnet(6, seed: 11)
        let (identity, index) = (KeyPair.random(), network.members.count)
        let inside = IPv4Address(host: 0xC0A8_0100 + UInt32(index), port: 49_737)
        let server = network.add(behind: Self.natOfServer) { $0.localAddresses = [inside] }
        network.announce(identity, at: server)
        let client = network.add(behind: Self.natOfServer)
        network.connect(client, to: identity)
        network.expect(within: 10) { !$0.members[client].connections.isEmpty }
        #expect(network.members[client].connections.first?.remoteAddress == inside)
        network.expect(within: 2) { $0.isThrough(client, server) }
    }

    @Test func foreignKey_GetsNoAnswer() {
        var network = SimulatedNetwork.testnet(6, seed: 4)
        let (identity, friend, stranger) = (KeyPair.random(), KeyPair.random(), KeyPair.random())
        let server = network.add()
        network.announce(identity, at: server) { [key = friend.publicKey] in $0 == key }
        let client = network.add()
        network.connect(client, to: identity, as: stranger)
        network.expect(within: 30) { !$0.members[client].failures.isEmpty }
        #expect(network.members[client].failures == [.noAnswer])
        #expect(network.members[server].connections.isEmpty)
        // Once for each time that it was forgotten, not for each relay and repetition.
        let refused = network.members[server].events.compactMap(\.refusedCaller)
        #expect((1...3).contains(refused.count) && refused.allSatisfy { $0 == stranger.publicKey })
        #expect(network.members[server].node.counters.handshakesRepeated > 0)
    }

    @Test func unknownServer_IsNotFound() {
        var network = SimulatedNetwork.testnet(6, seed: 5)
        let client = network.add()
        network.at(client) { _ = $0.connect(to: KeyPair.random().publicKey, as: .random(), at: $1) }
        network.expect(within: 20) { !$0.members[client].failures.isEmpty }
        #expect(network.members[client].failures == [.notFound])
    }

    @Test func keyThatIsNone_IsRefusedAtOnce() throws {
        var network = SimulatedNetwork(seed: 1)
        let (client, key) = (network.add(), PublicKey(.zero))
        network.at(client) { _ = $0.connect(to: key, as: .random(), at: $1) }
        #expect(network.members[client].failures == [.badKey])
    }

    @Test func serverThatStops_IsForgotten() throws {
        var network = SimulatedNetwork.testnet(6, seed: 6)
        let identity = KeyPair.random()
        let server = network.add()
        network.announce(identity, at: server)
        let target = identity.publicKey.target
        func forwards(_ network: SimulatedNetwork) -> Int {
            network.members.count { $0.node.store.forward(to: target, at: network.now) != nil }
        }
        #expect(forwards(network) == 3)
        network.at(server) { node, _ in node.stop(identity.publicKey) }
        network.expect(within: 5) { $0.members[server].events.contains { $0.isUnannounced } }
        #expect(forwards(network) == 0)
        let client = network.add()
        network.connect(client, to: identity)
        network.expect(within: 20) { $0.members[client].failures == [.notFound] }
    }

    @Test func announcement_OutlivesItsNodes() throws {
        var network = SimulatedNetwork.testnet(12, seed: 7)
        let (identity, caller) = (KeyPair.random(), KeyPair.random())
        let server = network.add()
        network.announce(identity, at: server)
        let first = try #require(network.members[server].events.compactMap(\.announcedAt).last)
        #expect(first.count == 3)
        for index in 1..<12 where first.contains(network.members[index].address) { network.members[index].isUp = false }
        let gone = Set(first).subtracting([network.members[0].address])
        #expect(!gone.isEmpty)
        network.expect(within: 60) {
            $0.members[server].events.compactMap(\.announcedAt).last.map { gone.isDisjoint(with: $0) } ?? false
        }
        let client = network.add()
        network.connect(client, to: identity, as: caller)
        network.expect(within: 20) { $0.isThrough(client, server) }
    }

    @Test func network_WorksOnWhenHalfOfItIsGone() {
        var network = SimulatedNetwork.testnet(20, seed: 8)
        for index in stride(from: 1, to: 20, by: 2) { network.members[index].isUp = false }
        let (identity, caller) = (KeyPair.random(), KeyPair.random())
        let (server, client) = (network.add(), network.add())
        network.announce(identity, at: server)
        network.connect(client, to: identity, as: caller)
        network.expect(within: 30) { $0.isThrough(client, server) }
        // Those who stay forget those who are gone.
        network.run(for: 200 * Self.seconds)
        let gone = network.members.filter { !$0.isUp }.map(\.address)
        let remembered = network.members.filter(\.isUp).map { member in gone.count { member.node.table.contains($0) } }
        #expect(remembered.allSatisfy { $0 <= 3 }, "\(remembered)")
    }

    @Test func firstNodeThatComesLate_IsFound() {
        var network = SimulatedNetwork.testnet(1, seed: 9)
        network.members[0].isUp = false
        let (server, identity) = (network.add(), KeyPair.random())
        network.at(server) { node, now in node.listen(identity, at: now) { _ in true } }
        network.run(for: 30 * Self.seconds)
        #expect(!network.members[server].isAnnounced)
        network.members[0].isUp = true
        network.expect(within: 120) { $0.members[server].isAnnounced }
    }

    /// Names take their time to be looked up.
    @Test func serverThatHearsOfNodesLater_IsAnnouncedThen_AndHasNotFailedBefore() {
        var network = SimulatedNetwork.testnet(3, seed: 9)
        let (identity, first) = (KeyPair.random(), network.members[0].address)
        let server = network.add { $0.bootstrap = [] }
        network.at(server) { node, now in node.listen(identity, at: now) { _ in true } }
        network.run(for: 60 * Self.seconds)
        network.at(server) { node, now in node.use(bootstrap: [first], at: now) }
        network.run(for: Self.seconds)
        let told = network.members[server].events.compactMap { event in
            switch event {
            case .announced(_, let nodes): "announced at \(nodes.count)"
            case .announceFailed: "failed"
            default: nil
            }
        }
        #expect(told == ["announced at 3"])
    }

    @Test func lookup_TellsWhoIsAnnounced() throws {
        var network = SimulatedNetwork.testnet(6, seed: 10)
        let (server, client, identity) = (network.add(), network.add(), KeyPair.random())
        network.announce(identity, at: server)
        let query = network.at(client) { node, _ in node.query(identity.publicKey.target, .lookup) }
        network.run(for: 5 * Self.seconds)
        var peers: Set<PublicKey> = []
        var closest: [DHTReply]?
        for event in network.members[client].events {
            switch event {
            case .queryReply(query, let reply):
                if let value = reply.value {
                    peers.formUnion(try LookupReply(bytes: value).peers.map(\.publicKey))
                }
            case .queryFinished(query, let replies): closest = replies
            default: break
            }
        }
        #expect(peers == [identity.publicKey])
        #expect(Set(closest?.map(\.from) ?? []) == Set(network.members.prefix(6).map(\.address)))
    }
}
