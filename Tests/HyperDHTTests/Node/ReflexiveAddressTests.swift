import Testing

@testable import HyperDHT

struct ReflexiveAddressTests {
    @Test(
        arguments: [
            ([], nil, NoisePayload.Firewall.unknown), ([1], 1, .unknown), ([1, 1, 1], 1, .consistent),
            ([1, 1, 1, 1, 1, 1, 2], 1, .consistent), ([1, 1, 2, 2], nil, .random), ([1, 2, 3], nil, .random),
        ] as [([UInt16], UInt16?, NoisePayload.Firewall)])
    func whatOthersSee_TellsWhichNATThereIs(ports: [UInt16], port: UInt16?, firewall: NoisePayload.Firewall) {
        var reflexive = ReflexiveAddress()
        for (index, port) in ports.enumerated() {
            reflexive.add(IPv4Address(host: 0x0909_0909, port: port), from: nodeAddress(index))
            // Nobody counts twice.
            reflexive.add(IPv4Address(host: 0x0909_0909, port: port), from: nodeAddress(index))
            reflexive.add(IPv4Address(host: 0x7F00_0001, port: port), from: nodeAddress(index))
        }
        #expect(reflexive.address?.port == port && reflexive.firewall == firewall)
    }

    @Test func oldSamples_AreForgotten() {
        var reflexive = ReflexiveAddress()
        for index in 0..<100 { reflexive.add(IPv4Address(host: 9, port: index < 50 ? 1 : 2), from: nodeAddress(index)) }
        for index in 0..<100 {
            reflexive.add(IPv4Address(host: 0x0909_0909, port: index < 68 ? 1 : 2), from: nodeAddress(index))
        }
        #expect(reflexive.address?.port == 2)
    }

    /// Whatever it says, and from however many ports.
    @Test func host_HasOneVoice() {
        let (honest, lie) = (IPv4Address(host: 0x0909_0909, port: 1), IPv4Address(host: 0x0606_0606, port: 666))
        var reflexive = ReflexiveAddress()
        for index in 0..<8 { reflexive.add(honest, from: nodeAddress(index)) }
        for port in UInt16(1)...100 {
            let liar = IPv4Address(host: 0x0505_0505, port: port)
            reflexive.add(honest, from: liar)
            reflexive.add(lie, from: liar)
        }
        #expect(reflexive.count == 9 && reflexive.address == honest)
        #expect(reflexive.witnesses(of: lie) == (1, 8))
        // Nodes of our own host are others, as in a network for tests.
        for port in UInt16(1)...9 { reflexive.add(honest, from: IPv4Address(host: 0x7F00_0001, port: port)) }
        #expect(reflexive.count == 18)
    }

    private static let (old, new) = (
        IPv4Address(host: 0x0909_0909, port: 1), IPv4Address(host: 0x0606_0606, port: 666)
    )

    /// In a network of its own.
    private static func host(_ number: Int) -> IPv4Address {
        IPv4Address(host: 0x5500_0001 &+ UInt32(number) << 8, port: 5_000)
    }

    /// So many say the same, and then some of them, each in a network of its own or all in one, something else. Where
    /// they differ nothing is known.
    @Test(
        arguments: [
            (4, 1, true, false, nil), (4, 2, true, false, new), (4, 2, false, false, nil),
            (8, 2, true, false, nil), (8, 3, true, false, new), (8, 6, false, false, nil), (8, 7, false, false, new),
            (32, 5, true, false, old), (32, 6, true, false, new),
            // Where there is no NAT that could have begun anew.
            (4, 2, true, true, nil), (4, 3, true, true, new), (8, 2, true, true, nil), (8, 4, true, true, nil),
            (8, 5, true, true, new), (32, 7, true, true, old), (32, 16, true, true, nil), (32, 17, true, true, new),
        ] as [(Int, Int, Bool, Bool, IPv4Address?)])
    func whoSeeUsElsewhereThanBefore_AreBelievedWhereTheyAreMany(
        hosts: Int, liars: Int, areApart: Bool, isFixed: Bool, address: IPv4Address?
    ) {
        var reflexive = ReflexiveAddress()
        func node(_ index: Int) -> IPv4Address { areApart ? Self.host(index) : nodeAddress(index) }
        for index in 0..<hosts { reflexive.add(Self.old, from: node(index), isFixed: isFixed) }
        for index in 0..<liars { reflexive.add(Self.new, from: node(index), isFixed: isFixed) }
        #expect(reflexive.address == address)
    }

    /// What a bridge tells its clients.
    @Test func openNode_IsNotMovedByFew() {
        var configuration = DHTConfiguration()
        configuration.isOpen = true
        var node = DHTNode(configuration, at: 0)
        for index in 0..<10 { node.learned(Self.old, from: Self.host(index)) }
        for index in 0..<2 { node.learned(Self.new, from: Self.host(index)) }
        #expect(node.publicAddress == Self.old && node.payload(1).addresses4 == [Self.old])
        for index in 2..<6 { node.learned(Self.new, from: Self.host(index)) }
        #expect(node.publicAddress == Self.new && node.payload(1).addresses4 == [Self.new])
    }

    @Test func persistentNode_KeepsItsNameUntilMoreSayOtherwise() {
        var configuration = DHTConfiguration()
        configuration.isEphemeral = false
        var node = DHTNode(configuration, at: 0)
        // The first who says anything gives it its name.
        node.learned(Self.old, from: Self.host(0))
        #expect(node.ownID == NodeID.of(Self.old))
        for index in 1..<8 { node.learned(Self.old, from: Self.host(index)) }
        for index in 0..<4 { node.learned(Self.new, from: Self.host(index)) }
        for port in UInt16(1)...9 { node.learned(Self.new, from: IPv4Address(host: Self.host(0).host, port: port)) }
        #expect(node.ownID == NodeID.of(Self.old))
        node.learned(Self.new, from: Self.host(4))
        #expect(node.ownID == NodeID.of(Self.new))
    }

    @Test func persistentNodeOfFewWitnesses_KeepsItsNameUntilThreeSayOtherwise() {
        var configuration = DHTConfiguration()
        configuration.isEphemeral = false
        var node = DHTNode(configuration, at: 0)
        node.learned(Self.old, from: Self.host(0))
        for index in 0..<3 {
            #expect(node.ownID == NodeID.of(Self.old))
            node.learned(Self.new, from: Self.host(index))
        }
        #expect(node.publicAddress == Self.new && node.ownID == NodeID.of(Self.new))
    }
}
