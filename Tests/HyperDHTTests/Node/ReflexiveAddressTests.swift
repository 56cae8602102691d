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
        #expect(reflexive.witnesses(of: lie) == 1)
        // Nodes of our own host are others, as in a network for tests.
        for port in UInt16(1)...9 { reflexive.add(honest, from: IPv4Address(host: 0x7F00_0001, port: port)) }
        #expect(reflexive.count == 18)
    }

    @Test func persistentNode_KeepsItsNameUntilThreeHostsSayOtherwise() {
        let (old, new) = (IPv4Address(host: 0x0909_0909, port: 1), IPv4Address(host: 0x0606_0606, port: 666))
        var configuration = DHTConfiguration()
        configuration.isEphemeral = false
        var node = DHTNode(configuration, at: 0)
        // The first who says anything gives it its name.
        node.learned(old, from: nodeAddress(1))
        #expect(node.ownID == NodeID.of(old))
        for index in 1...2 {
            node.learned(old, from: nodeAddress(index))
            node.learned(new, from: nodeAddress(index))
        }
        #expect(node.publicAddress == new && node.ownID == NodeID.of(old))
        for port in UInt16(1)...9 { node.learned(new, from: IPv4Address(host: nodeAddress(1).host, port: port)) }
        #expect(node.ownID == NodeID.of(old))
        node.learned(new, from: nodeAddress(3))
        #expect(node.ownID == NodeID.of(new))
    }
}
