import TestSupport
import Testing

@testable import HyperDHT

struct NoisePayloadTests {
    private static func address(_ port: UInt16) -> IPv4Address { IPv4Address(host: 0x7F00_0001, port: port) }

    /// By the names of the vectors, which say what is in them.
    private static func expected() throws -> [String: NoisePayload] {
        var client = NoisePayload()
        client.addresses4 = [address(40001)]
        client.stream = .init(id: 0x1122_3344)
        client.secretStream = 1
        var open = client
        open.firewall = .open
        open.addresses4 = [address(40002)]
        open.stream?.id = 0x5566_7788
        open.relayAddresses = [address(40010), address(40011)]
        var server = open
        server.firewall = .unknown
        server.holepunch = .init(
            id: 0,
            relays: [
                .init(relay: address(40010), peer: address(40002)), .init(relay: address(40011), peer: address(40002)),
            ])
        var aborted = NoisePayload()
        aborted.failure = .aborted
        var through = client
        through.relayThrough = .init(
            publicKey: PublicKey(Bytes32(filling: [UInt8](repeating: 5, count: 32))),
            token: Bytes32(filling: [UInt8](repeating: 6, count: 32)))
        return [
            "client: unknown firewall, one local address, udx 0x11223344": client,
            "server: open, relayAddresses": open,
            "server: unknown firewall with holepunch id 0 and two relays": server,
            "error ABORTED, no udx": aborted,
            "relayThrough": through,
        ]
    }

    @Test(.needsConformanceCases) func payloads_AreTheReferences() throws {
        let expected = try Self.expected()
        for entry in try Vectors.list("messages", "noisePayload") {
            let name = try entry["name"].text
            let read = try NoisePayload(bytes: entry["hex"].bytes)
            #expect(read == expected[name], "\(name)")
            #expect(try read.bytes == entry["hex"].bytes, "\(name)")
        }
    }

    @Test(.needsConformanceCases) func recordedPayloads_AreWrittenAsTheyWereRead() throws {
        for handshake in try SeededHandshake.all() {
            for name in ["payload1", "payload2"] {
                let bytes = try handshake.entry[name].bytes
                #expect(try NoisePayload(bytes: bytes).bytes == bytes)
            }
        }
    }

    @Test func otherVersion_IsNotReadFurther() throws {
        let payload = try NoisePayload(bytes: [2, 0xFF, 0xFF])
        #expect(payload.version == 2 && payload.stream == nil)
    }

    @Test func unknownNumbers_MeanTheCautiousThing() throws {
        let payload = try NoisePayload(bytes: [1, 0, 9, 9])
        #expect(payload.failure == .aborted && payload.firewall == .unknown)
    }

    @Test func unknownFlags_AreNoHindrance() throws {
        let payload = try NoisePayload(bytes: [1, 0xFD, 0x80, 0x01, 0, 1, 7, 7, 7])
        #expect(payload.firewall == .open)
    }

    @Test(arguments: [
        ("01080000010000", WireError.truncated),
        ("010800000100ff000000000100000000", .unknownValue(field: "stream id", value: 1 << 32)),
        ("010200" + "0041" + String(repeating: "00", count: 6 * 65), .tooLong(length: 65, max: 64)),
        ("01010000" + "0041", .tooLong(length: 65, max: 64)), ("0102000002000000000000", .truncated),
    ])
    func badPayload_IsRefused(hex: String, error: WireError) throws {
        let bytes = try [UInt8](hex: hex)
        #expect(throws: error) { try NoisePayload(bytes: bytes) }
    }

    @Test func damagedPayloads_ThrowOrAnswer() throws {
        throwsOrAnswers(NoisePayload.self, try Self.expected().values.map(\.bytes).sorted { $0.count < $1.count })
    }
}
