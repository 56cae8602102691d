import Testing

@testable import HyperDHT

/// Two peers, each behind a NAT of its own.
struct HolePunchingTests {
    static let natOfClient: UInt32 = 0x5001_0001
    static let natOfServer: UInt32 = 0x5001_0002
    private static let lossy = SimulatedNetwork.Conditions(
        loss: 0.15, duplication: 0.1, delay: 20_000_000, jitter: 40_000_000)

    /// Two of them, in a network of others.
    struct Scene {
        var network: SimulatedNetwork
        let identity: KeyPair
        let caller: KeyPair
        let server: Int
        let client: Int

        /// `nil` stands for no NAT.
        init(
            client: SimulatedNAT.Kind?, server: SimulatedNAT.Kind?, nodes: Int = 5,
            _ conditions: SimulatedNetwork.Conditions = .init(), seed: UInt64,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            var numbers = SeededNumbers(seed: seed)
            identity = try #require(KeyPair(seed: Secret(numbers.bytes(32))))
            caller = try #require(KeyPair(seed: Secret(numbers.bytes(32))))
            network = SimulatedNetwork.testnet(nodes, conditions, seed: seed)
            if let client { network.setNAT(natOfClient, client) }
            if let server { network.setNAT(natOfServer, server) }
            self.server = network.add(behind: server == nil ? nil : natOfServer)
            self.client = network.add(behind: client == nil ? nil : natOfClient)
            network.announce(identity, at: self.server, sourceLocation: sourceLocation)
        }

        mutating func connect() { network.connect(client, to: identity, as: caller) }

        var isThrough: Bool { network.isThrough(client, server) }
        var failures: [ConnectFailure] { network.members[client].failures }
        var clientNode: DHTNode { network.members[client].node }
        var serverNode: DHTNode { network.members[server].node }

        /// That nothing of it is left.
        func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
            for node in [clientNode, serverNode] {
                #expect(node.expectedPunches.count == 0, sourceLocation: sourceLocation)
                #expect(node.visitorsByHole.isEmpty && node.visitors.isEmpty, sourceLocation: sourceLocation)
                #expect(node.connects.isEmpty && node.connectsByStream.isEmpty, sourceLocation: sourceLocation)
            }
        }
    }

    struct Pair: Sendable, CustomTestStringConvertible {
        var client: SimulatedNAT.Kind?
        var server: SimulatedNAT.Kind?

        var testDescription: String {
            "\(client?.rawValue ?? "none") to \(server?.rawValue ?? "none")"
        }

        /// Random ports come through where the other side lets all ports of a host in.
        var canMeet: Bool {
            let strict: Set<SimulatedNAT.Kind?> = [.portRestricted, .wary, .random]
            return !(client == .random && strict.contains(server)) && !(server == .random && strict.contains(client))
        }
    }

    private static let pairs: [Pair] = {
        let kinds: [SimulatedNAT.Kind?] = [nil] + SimulatedNAT.Kind.allCases
        return kinds.flatMap { client in kinds.map { Pair(client: client, server: $0) } }
    }()

    @Test(arguments: pairs) func peersBehindNATs_MeetWhereTheseLetThem(pair: Pair) throws {
        var scene = try Scene(client: pair.client, server: pair.server, seed: 20)
        scene.connect()
        if pair.canMeet {
            scene.network.expect(within: 5, "\(pair)") { $0.isThrough(scene.client, scene.server) }
            #expect(scene.failures.isEmpty)
            let (client, server) = (scene.network.members[scene.client], scene.network.members[scene.server])
            #expect(client.connections.count == 1 && server.connections.count == 1)
            #expect(server.connections.first?.session.remote == scene.caller.publicKey)
            if pair.server?.isConsistent == true {
                #expect(client.connections.first?.remoteAddress == server.node.publicAddress)
            }
        } else {
            // Before whoever waits for an answer has given up.
            scene.network.expect(within: 6, "\(pair)") { !$0.members[scene.client].failures.isEmpty }
            #expect(scene.failures == [.noHole])
            #expect(scene.network.members[scene.server].connections.isEmpty)
        }
        scene.network.run(for: 31 * SimulatedNetwork.seconds)
        scene.expectNothingLeft()
    }

    /// What the first message brings is all that is needed where nothing is lost.
    @Test func hole_IsThereAfterOneMessage() throws {
        for client in [SimulatedNAT.Kind.portRestricted, .wary] {
            var scene = try Scene(client: client, server: .wary, seed: 21)
            scene.connect()
            scene.network.expect(within: 1) { $0.isThrough(scene.client, scene.server) }
            // One to open the own NAT, and one that comes through.
            #expect(scene.clientNode.counters.punchesSent == 1 && scene.clientNode.counters.punchesReceived == 1)
            #expect(scene.serverNode.counters.punchesSent == 1 && scene.serverNode.counters.punchesReceived == 0)
        }
    }

    private static let seeds: [UInt64] = Array(0..<240)

    @Test(arguments: seeds) func peersBehindNATs_MeetThoughMuchIsLost(seed: UInt64) throws {
        let kinds = SimulatedNAT.Kind.allCases.filter(\.isConsistent)
        let (client, server) = (kinds[Int(seed) % 4], kinds[Int(seed) / 4 % 4])
        var scene = try Scene(client: client, server: server, nodes: 3, Self.lossy, seed: seed)
        scene.connect()
        scene.network.expect(within: 20, "seed \(seed): \(client) to \(server)") {
            $0.isThrough(scene.client, scene.server)
        }
        #expect(scene.network.members[scene.server].connections.count == 1, "seed \(seed)")
    }

    @Test(arguments: [1, 2]) func smallNetwork_IsEnough(nodes: Int) throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, nodes: nodes, seed: 22)
        #expect(scene.serverNode.firewall == .consistent)
        scene.connect()
        scene.network.expect(within: 5) { $0.isThrough(scene.client, scene.server) }
    }

    @Test(arguments: [true, false]) func peersBehindOneNAT_NeedOneThatSendsBack(hairpins: Bool) throws {
        var network = SimulatedNetwork.testnet(5, seed: 23)
        network.setNAT(Self.natOfServer, .portRestricted, hairpins: hairpins)
        let (server, identity) = (network.add(behind: Self.natOfServer), KeyPair.random())
        network.announce(identity, at: server)
        let client = network.add(behind: Self.natOfServer)
        network.connect(client, to: identity)
        if hairpins {
            network.expect(within: 5) { $0.isThrough(client, server) }
        } else {
            network.expect(within: 20) { $0.members[client].failures == [.noHole] }
        }
    }

    /// Where what a server says is its own network is not ours, the hole is made meanwhile.
    @Test func serverThatIsNotInOurNetwork_IsMetOutside() throws {
        var network = SimulatedNetwork.testnet(5, seed: 24)
        network.setNAT(Self.natOfServer, .portRestricted, hairpins: true)
        let elsewhere = IPv4Address(host: 0x0A01_0101, port: 49_737)
        let server = network.add(behind: Self.natOfServer) { $0.localAddresses = [elsewhere] }
        let identity = KeyPair.random()
        network.announce(identity, at: server)
        let client = network.add(behind: Self.natOfServer)
        network.connect(client, to: identity)
        network.expect(within: 1) { $0.isThrough(client, server) }
    }

    @Test func manyCallersBehindOneNAT_AllMeetTheServer() throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: 25)
        let clients = (0..<50).map { _ in scene.network.add(behind: Self.natOfClient) }
        for client in clients { scene.network.connect(client, to: scene.identity) }
        scene.network.expect(within: 10) { network in
            clients.allSatisfy { !network.members[$0].connections.isEmpty }
                && network.members[scene.server].connections.count == 50
        }
        scene.network.run(for: 31 * SimulatedNetwork.seconds)
        scene.expectNothingLeft()
    }

    @Test func peersThatCallEachOther_BothComeThrough() throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: 26)
        let other = KeyPair.random()
        scene.network.announce(other, at: scene.client)
        scene.connect()
        scene.network.connect(scene.server, to: other)
        scene.network.expect(within: 5) {
            $0.members[scene.client].connections.count == 2 && $0.members[scene.server].connections.count == 2
        }
        scene.network.run(for: 31 * SimulatedNetwork.seconds)
        // An answer to an answer would go on for ever.
        #expect(scene.clientNode.counters.punchesSent + scene.serverNode.counters.punchesSent < 12)
        scene.expectNothingLeft()
    }

    @Test func natThatBeginsAnew_IsNoticed() throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: 27)
        scene.network.run(for: 60 * SimulatedNetwork.seconds)
        let before = try #require(scene.serverNode.publicAddress)
        scene.network.restartNAT(Self.natOfServer)
        scene.network.run(for: 30 * SimulatedNetwork.seconds)
        let after = try #require(scene.serverNode.publicAddress)
        #expect(before != after && scene.serverNode.firewall == .consistent)
        // It has not asked more often than usual.
        let pings = scene.serverNode.counters.datagramsSent
        scene.network.run(for: 30 * SimulatedNetwork.seconds)
        #expect(scene.serverNode.counters.datagramsSent - pings <= 3 * 10 + 10)
        scene.connect()
        scene.network.expect(within: 5) { $0.isThrough(scene.client, scene.server) }
        #expect(scene.network.members[scene.client].connections.first?.remoteAddress == after)
    }

    @Test func relaysThatAreGone_AreDoneWithout() throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, nodes: 8, seed: 28)
        let relays = try #require(scene.network.members[scene.server].events.compactMap(\.announcedAt).last)
        scene.connect()
        let hasAnswer = scene.network.run(within: SimulatedNetwork.seconds) { network in
            network.members[scene.client].node.connects.values.contains { $0.hole != nil }
        }
        let used = try #require(scene.clientNode.connects.values.first?.hole?.handshakeWay.relay)
        #expect(hasAnswer && relays.contains(used))
        for index in scene.network.members.indices where scene.network.members[index].address == used {
            scene.network.members[index].isUp = false
        }
        scene.network.expect(within: 10) { $0.isThrough(scene.client, scene.server) }
    }

    @Test func serverThatMakesNoHoles_IsSentToAtOnce() throws {
        var network = SimulatedNetwork.testnet(5, seed: 29)
        let (server, identity) = (network.add { $0.makesHoles = false }, KeyPair.random())
        network.announce(identity, at: server)
        let client = network.add(behind: Self.natOfClient)
        network.connect(client, to: identity)
        network.expect(within: 5) { $0.isThrough(client, server) }
        #expect(network.members[client].node.counters.punchesSent == 0)
    }

    @Test func node_SaysWhatStandsBeforeIt() throws {
        let cases: [(SimulatedNAT.Kind?, Bool, NoisePayload.Firewall)] = [
            (nil, true, .open), (nil, false, .consistent), (.portRestricted, false, .consistent),
            (.random, false, .random),
        ]
        for (nat, isOpen, firewall) in cases {
            var network = SimulatedNetwork.testnet(5, seed: 30)
            if let nat { network.setNAT(Self.natOfServer, nat) }
            let index = network.add(behind: nat == nil ? nil : Self.natOfServer) { $0.isOpen = isOpen }
            #expect(network.members[index].node.payload(1).firewall == (isOpen ? .open : .unknown))
            network.run(for: 5 * SimulatedNetwork.seconds)
            #expect(network.members[index].node.payload(1).firewall == firewall)
        }
    }
}
