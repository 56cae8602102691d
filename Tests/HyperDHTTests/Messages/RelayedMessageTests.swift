import TestSupport
import Testing

@testable import HyperDHT

struct RelayedMessageTests {
    private static let noise: [UInt8] = [0, 0x11, 0x22, 0x33]

    private static func address(_ last: UInt32, _ port: UInt16) -> IPv4Address {
        IPv4Address(host: 0x0A00_0000 | last, port: port)
    }

    /// By the names of the vectors, which say what is in them.
    private static let handshakes: [String: HandshakeMessage] = [
        "FROM_CLIENT": .init(mode: .fromClient, noise: noise),
        "FROM_RELAY peer=10.0.0.1:1000": .init(mode: .fromRelay, noise: noise, peerAddress: address(1, 1000)),
        "FROM_SECOND_RELAY peer=10.0.0.1:1000 relay=10.0.0.2:2000": .init(
            mode: .fromSecondRelay, noise: noise, peerAddress: address(1, 1000), relayAddress: address(2, 2000)),
        "FROM_SERVER peer=10.0.0.1:1000": .init(mode: .fromServer, noise: noise, peerAddress: address(1, 1000)),
        "REPLY peer=10.0.0.3:3000 (relayed)": .init(mode: .reply, noise: noise, peerAddress: address(3, 3000)),
        "REPLY (direct)": .init(mode: .reply, noise: noise),
    ]

    private static let holepunches: [String: HolepunchMessage] = [
        "FROM_CLIENT id 0": .init(mode: .fromClient, id: 0, sealed: noise, peerAddress: address(1, 1000)),
        "REPLY id 3 no peer": .init(mode: .reply, id: 3, sealed: noise),
    ]

    private static func payload() -> HolepunchPayload {
        var payload = HolepunchPayload()
        (payload.isPunching, payload.firewall, payload.round) = (true, .consistent, 1)
        payload.addresses = [address(1, 1000)]
        payload.remoteAddress = IPv4Address(host: 0x0A00_0009, port: 9)
        payload.token = Bytes32(filling: [UInt8](repeating: 0x21, count: 32))
        payload.remoteToken = Bytes32(filling: [UInt8](repeating: 0x22, count: 32))
        return payload
    }

    @Test(.needsConformanceCases) func relayedMessages_AreTheReferences() throws {
        for entry in try Vectors.list("messages", "handshake") {
            let name = try entry["name"].text
            #expect(try HandshakeMessage(bytes: entry["hex"].bytes) == Self.handshakes[name], "\(name)")
            #expect(try Self.handshakes[name]?.bytes == entry["hex"].bytes, "\(name)")
        }
        for entry in try Vectors.list("messages", "holepunch") {
            let name = try entry["name"].text
            #expect(try HolepunchMessage(bytes: entry["hex"].bytes) == Self.holepunches[name], "\(name)")
            #expect(try Self.holepunches[name]?.bytes == entry["hex"].bytes, "\(name)")
        }
    }

    @Test(.needsConformanceCases) func holepunchPayload_IsTheReferences() throws {
        for entry in try Vectors.list("messages", "holepunchPayload") {
            let (plain, sealed) = (try entry["plain"].bytes, try entry["sealed"].bytes)
            let payload = try HolepunchPayload(bytes: plain)
            #expect(payload == Self.payload() && payload.bytes == plain)
            let key = Secret(try entry["key"].bytes)
            #expect(try payload.sealed(under: key, nonce: entry["nonce"].bytes) == sealed)
            #expect(try HolepunchPayload.open(sealed[...], under: key) == payload)
        }
    }

    @Test(.needsConformanceCases) func recordedHolepunches_AreOpenedByTheHandshakesKey() throws {
        var count = 0
        for trace in try Vectors.list("holepunchTraces") {
            let key = try SeededHandshake(trace["session"]).initiatorSession.holepunchKey
            for entry in trace["holepunchPayloads"].list {
                let opened = try HolepunchPayload.open(try entry["sealed"].bytes[...], under: key)
                #expect(try opened?.bytes == entry["plain"].bytes)
                count += 1
            }
        }
        #expect(count > 5)
    }

    @Test func sealedPayload_IsOpenedByItsKeyAlone() throws {
        let (key, payload) = (Secret.random(32), Self.payload())
        let sealed = payload.sealed(under: key)
        #expect(try HolepunchPayload.open(sealed[...], under: key) == payload)
        #expect(try HolepunchPayload.open(sealed[...], under: .random(32)) == nil)
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(try HolepunchPayload.open(changed[...], under: key) == nil)
            #expect(try HolepunchPayload.open(sealed.prefix(index), under: key) == nil)
        }
    }

    @Test func unknownMode_IsRefused() {
        #expect(throws: WireError.unknownValue(field: "mode", value: 5)) { try HandshakeMessage(bytes: [0, 5, 0]) }
        #expect(throws: WireError.unknownValue(field: "mode", value: 9)) { try HolepunchMessage(bytes: [0, 9, 0, 0]) }
    }

    @Test func damagedMessages_ThrowOrAnswer() {
        func sorted(_ samples: some Sequence<[UInt8]>) -> [[UInt8]] {
            samples.sorted { $0.lexicographicallyPrecedes($1) }
        }
        throwsOrAnswers(HandshakeMessage.self, sorted(Self.handshakes.values.map(\.bytes)))
        throwsOrAnswers(HolepunchMessage.self, sorted(Self.holepunches.values.map(\.bytes)))
        throwsOrAnswers(HolepunchPayload.self, [Self.payload().bytes])
    }
}
