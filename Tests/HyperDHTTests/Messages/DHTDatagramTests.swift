import TestSupport
import Testing

@testable import HyperDHT

struct DHTDatagramTests {
    private static func optional<T>(_ entry: Vector, _ value: (Vector) throws -> T) rethrows -> T? {
        entry.isNull ? nil : try value(entry)
    }

    private static func request(_ entry: Vector) throws -> DHTDatagram {
        let command = DHTCommand(number: UInt64(try entry["command"].number), isInternal: try entry["internal"].bool)
        return .request(
            DHTRequest(
                tid: UInt16(try entry["tid"].number), to: try entry["to"].address, command: command,
                id: try optional(entry["ownId"]) { try $0.bytes32 },
                token: try optional(entry["token"]) { try $0.bytes32 },
                target: try optional(entry["target"]) { try $0.bytes32 },
                value: try optional(entry["value"]) { try $0.bytes }))
    }

    private static func response(_ entry: Vector) throws -> DHTResponse {
        let to = try entry["to"].address
        return DHTResponse(
            tid: UInt16(try entry["tid"].number), to: to,
            id: try optional(entry["ownId"]) { try $0.bytes32 },
            token: try optional(entry["tokenSecret"]) { RoundTripToken.make(for: to, secret: try $0.bytes32) },
            closerNodes: try entry["closerNodes"].list.map { try $0.address }, error: UInt64(try entry["error"].number),
            value: try optional(entry["value"]) { try $0.bytes })
    }

    @Test(.needsConformanceCases) func requests_AreTheReferences() throws {
        let requests = try Vectors.list("dhtRpc").filter { try $0["kind"].text == "request" }
        #expect(requests.count == 10)
        for entry in requests {
            let (name, bytes) = (try entry["name"].text, try entry["hex"].bytes)
            let request = try Self.request(entry)
            #expect(try DHTDatagram(bytes[...]) == request, "\(name)")
            #expect(request.bytes == bytes, "\(name)")
        }
    }

    @Test(.needsConformanceCases) func responses_AreTheReferences() throws {
        let responses = try Vectors.list("dhtRpc").filter { try $0["kind"].text == "response" }
        #expect(responses.count == 6)
        for entry in responses {
            let (name, bytes) = (try entry["name"].text, try entry["hex"].bytes)
            guard case .response(var response) = try DHTDatagram(bytes[...]) else {
                Issue.record("\(name) is no response")
                continue
            }
            #expect(DHTDatagram.response(response).bytes == bytes, "\(name)")
            // The vectors name the nodes in the order of the table, the reference sends the nearest first.
            var expected = try Self.response(entry)
            #expect(Set(response.closerNodes) == Set(expected.closerNodes), "\(name)")
            (response.closerNodes, expected.closerNodes) = ([], [])
            #expect(response == expected, "\(name)")
        }
    }

    @Test(.needsConformanceCases) func recordedDatagrams_AreWrittenAsTheyWereRead() throws {
        let vectors = try Vectors.load()
        let packets =
            vectors["sessionTrace"]["packets"].list + vectors["holepunchTraces"].list.flatMap { $0["packets"].list }
        var count = 0
        for packet in packets {
            let bytes = try packet["hex"].bytes
            guard DHTDatagram.matches(bytes[...]) else {
                #expect(bytes == [0] || bytes.prefix(2) == [0xFF, 1], "\(Hex.text(of: bytes))")
                continue
            }
            let datagram = try DHTDatagram(bytes[...])
            #expect(datagram.bytes == bytes, "\(Hex.text(of: bytes))")
            count += 1
            guard case .request(let request) = datagram, let value = request.value else { continue }
            #expect(try Self.rewritten(value, of: request.command) == value, "\(Hex.text(of: value))")
        }
        #expect(count > 300)
    }

    private static func rewritten(_ value: [UInt8], of command: DHTCommand) throws -> [UInt8] {
        switch command {
        case .external(.peerHandshake): try HandshakeMessage(bytes: value).bytes
        case .external(.peerHolepunch): try HolepunchMessage(bytes: value).bytes
        case .external(.announce), .external(.unannounce): try Announcement(bytes: value).bytes
        default: value
        }
    }

    @Test(.needsConformanceCases) func names_FollowFromAddresses() throws {
        for entry in try Vectors.list("nodeId") { #expect(try NodeID.of(entry.address) == entry["id"].bytes32) }
        for entry in try Vectors.list("bucketIndex") {
            let row = NodeID.row(of: try entry["other"].bytes32, seenFrom: try entry["own"].bytes32)
            #expect(Int64(row) == (try entry["index"].number))
        }
        for entry in try Vectors.list("roundTripToken") {
            let secret = try entry["secret"].bytes32
            for port: UInt16 in [1, 49737] {
                let address = IPv4Address(host: try #require(IPv4Address.host(of: try entry["host"].text)), port: port)
                #expect(try RoundTripToken.make(for: address, secret: secret) == entry["token"].bytes32)
            }
            #expect(try RoundTripToken.successor(of: secret) == entry["nextSecretAfterRotation"].bytes32)
        }
    }

    @Test func everyCommand_ComesBack() {
        for number in UInt64(0)...11 {
            for isInternal in [true, false] {
                let command = DHTCommand(number: number, isInternal: isInternal)
                #expect(command.number == number && command.isInternal == isInternal)
            }
        }
        #expect(DHTCommand(number: 5, isInternal: true) == .unknown(number: 5, isInternal: true))
        #expect(DHTCommand(number: 11, isInternal: false) == .unknown(number: 11, isInternal: false))
    }

    @Test(arguments: [
        ("", WireError.truncated), ("02", .unknownValue(field: "type", value: 2)), ("0300", .truncated),
        ("030001007f0000014a9c", .truncated), ("031001007f0000014a9c0005aabb", .truncated),
        ("130401007f0000014a9cfe00000040", .truncated), ("130101007f0000014a9c0000", .truncated),
    ])
    func badDatagram_IsRefused(hex: String, error: WireError) throws {
        let bytes = try [UInt8](hex: hex)
        #expect(throws: error) { try DHTDatagram(bytes[...]) }
    }

    @Test func anything_IsToldFromOtherTraffic() {
        for (bytes, matches) in [
            ([0x03, 0], true), ([0x13, 0], true), ([0x03], false), ([], false), ([0], false), ([0xFF, 1, 0, 0], false),
        ] as [([UInt8], Bool)] {
            #expect(DHTDatagram.matches(bytes[...]) == matches)
        }
    }

    @Test func damagedDatagrams_ThrowOrAnswer() throws {
        let (id, to) = (Bytes32(filling: [UInt8](repeating: 7, count: 32)), IPv4Address(host: 0x0A00_0001, port: 49737))
        let request = DHTRequest(
            tid: 77, to: to, command: .external(.announce), id: id, token: id, target: id, value: [1, 2, 3])
        let response = DHTResponse(
            tid: 77, to: to, id: id, token: id, closerNodes: [to, to, to], error: 300, value: [4, 5])
        throwsOrAnswers([DHTDatagram.request(request).bytes, DHTDatagram.response(response).bytes]) { bytes in
            let datagram = try DHTDatagram(bytes[...])
            if try DHTDatagram(datagram.bytes[...]) != datagram { Issue.record("\(Hex.text(of: bytes))") }
        }
    }
}
