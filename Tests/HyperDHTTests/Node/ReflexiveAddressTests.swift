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
}
