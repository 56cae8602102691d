import TestSupport
import Testing

@testable import HyperDHT

struct UDXPacketTests {
    private static let header: [UInt8] = [0xFF, 1, 0, 0, 1, 2, 3, 4, 0, 0, 0x10, 0, 5, 0, 0, 0, 7, 0, 0, 0]

    private static func datagram(_ kinds: UInt8, offset: UInt8 = 0, _ rest: [UInt8] = []) -> [UInt8] {
        var datagram = header + rest
        (datagram[2], datagram[3]) = (kinds, offset)
        return datagram
    }

    @Test func header_IsReadByteByByte() throws {
        let packet = try UDXPacket(Self.datagram(3, [9, 8])[...])
        #expect(packet.kinds == [.data, .end])
        #expect(packet.streamID == 0x0403_0201 && packet.window == 0x10_0000)
        #expect(packet.sequence == 5 && packet.next == 7)
        #expect(packet.payload == [9, 8] && packet.ranges.isEmpty)
    }

    @Test(
        arguments: [
            (0, 0, 0, [], [9, 9, 9, 9, 9, 9, 9, 9, 1]),
            (1, 3, 0, [], [9, 9, 9, 9, 9, 1]),
            (4, 0, 1, [], []),
            (4, 8, 1, [], [1]),
            (5, 8, 1, [], [1]),
            (6, 0, 1, [], []),
            (0x41, 0, 0, [], [9, 9, 9, 9, 9, 9, 9, 9, 1]),
        ] as [(UInt8, UInt8, Int, [UInt8], [UInt8])])
    func dataOffset_SaysWhereThePayloadBegins(
        kinds: UInt8, offset: UInt8, ranges: Int, _: [UInt8], payload: [UInt8]
    ) throws {
        let packet = try UDXPacket(Self.datagram(kinds, offset: offset, [9, 9, 9, 9, 9, 9, 9, 9, 1])[...])
        #expect(packet.ranges.count == ranges)
        #expect(Array(packet.payload) == payload)
    }

    @Test(arguments: [
        ([], UDXPacketError.truncated(bytes: 0)),
        (Array(header.dropLast()), .truncated(bytes: 19)),
        (header + [UInt8](repeating: 0, count: 1453), .tooLong(bytes: 1473)),
        ([0xFE] + header.dropFirst(), .otherProtocol),
        ([0xFF, 2] + header.dropFirst(2), .otherProtocol),
        (datagram(1, offset: 3, [1, 2]), .dataOffset(3, bytes: 22)),
        (datagram(5, [1, 2, 3, 4, 5, 6, 7, 8]), .rangesWithoutEnd),
        (datagram(12, [1, 2, 3, 4, 5, 6, 7, 8]), .rangesWithoutEnd),
    ])
    func damagedPacket_IsRefused(datagram: [UInt8], error: UDXPacketError) {
        #expect(throws: error) { try UDXPacket(datagram[...]) }
        #expect(!error.description.isEmpty)
    }

    @Test func streamID_IsReadOfPacketsOnly() {
        #expect(UDXPacket.streamID(of: Self.header[...]) == 0x0403_0201)
        #expect(UDXPacket.streamID(of: [0xFF, 1]) == nil)
        #expect(UDXPacket.streamID(of: [0x03] + Self.header.dropFirst()) == nil)
    }

    @Test func packetInsideALargerBuffer_IsReadWhereItStands() throws {
        let buffer: [UInt8] = [1, 2, 3] + Self.datagram(1, [4]) + [5]
        let packet = try UDXPacket(buffer[3..<24])
        #expect(packet.payload == [4] && packet.sequence == 5)
    }

    @Test(.needsConformanceCases) func packetsOfTheReference_AreReadAndWritten() throws {
        let vectors = try UDXVectors.load()
        let names: [String: UDXPacket.Kinds] = [
            "DATA": .data, "END": .end, "SACK": .ranges, "MESSAGE": .message, "HEARTBEAT": .heartbeat,
            "DESTROY": .destroy,
        ]
        #expect(vectors.packets.count > 40)
        for vector in vectors.packets {
            let bytes = UDXVectors.bytes(vector.hex)
            let packet = try UDXPacket(bytes[...])
            #expect(packet.kinds == vector.types.reduce(into: []) { $0.formUnion(names[$1] ?? []) })
            #expect(packet.streamID == vector.streamId && packet.window == vector.receiveWindow)
            #expect(packet.sequence == vector.seq && packet.next == vector.ack)
            #expect(packet.ranges.map { [$0.start, $0.end] } == vector.sack)
            #expect(packet.payload.count == vector.payloadLength)
            var written: [UInt8] = []
            packet.write(to: &written)
            #expect(written == bytes)
        }
    }

    @Test(.needsConformanceCases, arguments: [("heartbeat", UDXPacket.Kinds.heartbeat), ("destroy", .destroy)])
    func constructedPackets_AreReadAndWritten(name: String, kinds: UDXPacket.Kinds) throws {
        let bytes = UDXVectors.bytes(try #require(UDXVectors.load().constructed[name]))
        let packet = try UDXPacket(bytes[...])
        #expect(packet.kinds == kinds && packet.payload.isEmpty && packet.ranges.isEmpty)
        var written: [UInt8] = []
        packet.write(to: &written)
        #expect(written == bytes)
    }

    @Test func anyPacket_IsReadAsItWasWritten() throws {
        for seed in 1...2000 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            let packet = Self.packet(&numbers)
            var written: [UInt8] = []
            packet.write(to: &written)
            #expect(try UDXPacket(written[...]) == packet, "seed \(seed)")
        }
    }

    @Test func damagedBytes_AreReadOrRefused() {
        var read = 0
        for seed in 1...10_000 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            var bytes: [UInt8] = []
            Self.packet(&numbers).write(to: &bytes)
            for _ in 0...Int.random(in: 0...3, using: &numbers) {
                bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            if let packet = try? UDXPacket(bytes.prefix(Int.random(in: 0...bytes.count, using: &numbers))) {
                read += packet.ranges.reduce(1) { $0 + Int($1.end &- $1.start) & 0 }
            }
        }
        #expect(read > 1000)
    }

    private static func packet(_ numbers: inout SeededNumbers) -> UDXPacket {
        var packet = UDXPacket(
            UDXPacket.Kinds(rawValue: UInt8.random(in: 0...63, using: &numbers)),
            streamID: UInt32(truncatingIfNeeded: numbers.next()), window: UInt32(truncatingIfNeeded: numbers.next()),
            sequence: UInt32(truncatingIfNeeded: numbers.next()), next: UInt32(truncatingIfNeeded: numbers.next()))
        if packet.kinds.contains(.ranges) {
            packet.ranges = .init(
                (0..<Int.random(in: 1...30, using: &numbers)).map { _ in
                    UDXRange(
                        start: UInt32(truncatingIfNeeded: numbers.next()),
                        end: UInt32(truncatingIfNeeded: numbers.next()))
                })
        }
        let mayHavePayload = !packet.kinds.isDisjoint(with: [.data, .message]) || !packet.kinds.contains(.ranges)
        if mayHavePayload { packet.payload = numbers.bytes(Int.random(in: 1...600, using: &numbers))[...] }
        return packet
    }
}
