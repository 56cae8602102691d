import TestSupport
import Testing

@testable import HyperDHT

/// What a stream makes of the packets of its peer.
struct UDXReceivingTests {
    @Test func data_IsReadAndAcknowledgedAtOnce() {
        let talk = UDXTalk()
        let answers = talk.send(.data, [1, 2, 3])
        #expect(answers.map(\.kinds) == [[]])
        #expect(answers.first?.next == 1 && answers.first?.streamID == 8)
        #expect(talk.events() == [.readable])
        #expect(talk.read() == [1, 2, 3])
        #expect(talk.stream.nextDeadline == nil)
    }

    @Test func dataInBothDirections_AcknowledgesWithItsAnswer() {
        let talk = UDXTalk()
        talk.stream.receive(Self.bytes(.data, 0, [1])[...], at: talk.now)
        let packets = talk.write(10)
        #expect(packets.map(\.kinds) == [.data])
        #expect(packets.first?.next == 1)
    }

    @Test func earlyData_IsKeptAndReportedInRanges() {
        let talk = UDXTalk()
        #expect(talk.send(.data, [3], at: 2).map { Array($0.ranges) } == [[UDXRange(start: 2, end: 3)]])
        #expect(talk.send(.data, [5], at: 4).first.map { Array($0.ranges) }?.count == 2)
        let answer = talk.send(.data, [4], at: 3).first
        #expect(answer?.kinds == .ranges && answer?.next == 0)
        #expect(answer.map { Array($0.ranges) } == [UDXRange(start: 2, end: 5)])
        #expect(talk.read().isEmpty && talk.events().isEmpty)
        #expect(talk.send(.data, [1], at: 0).first?.next == 1)
        let last = talk.send(.data, [2], at: 1).first
        #expect(last?.next == 5 && last?.ranges.isEmpty == true)
        #expect(talk.read() == [1, 2, 3, 4, 5])
    }

    @Test func manyGaps_AreReportedUpToTheNewest() throws {
        let talk = UDXTalk()
        var told: Set<UInt32> = []
        for sequence in stride(from: 1 as UInt32, to: 400, by: 2) {
            let answer = try #require(talk.send(.data, [1], at: sequence).first)
            #expect(answer.ranges.count == min(Int(sequence + 1) / 2, 50))
            #expect(answer.ranges.last == UDXRange(start: sequence, end: sequence + 1))
            told.formUnion(answer.ranges.map(\.start))
        }
        #expect(told.count == 200)
        let low = try #require(talk.send(.data, [1], at: 4).first)
        #expect(low.ranges.count == 50 && low.ranges.first == UDXRange(start: 1, end: 2))
        #expect(low.ranges.contains(UDXRange(start: 3, end: 6)))
    }

    @Test func duplicate_IsAcknowledgedAgainAndCounted() {
        let talk = UDXTalk()
        _ = talk.send(.data, [1], at: 0)
        _ = talk.send(.data, [3], at: 2)
        #expect(talk.send(.data, [9], at: 0).map(\.next) == [1])
        #expect(talk.send(.data, [9], at: 2).map(\.next) == [1])
        #expect(talk.stream.counters.refused == [.duplicate: 2])
        _ = talk.send(.data, [2], at: 1)
        #expect(talk.read() == [1, 2, 3])
    }

    @Test func acknowledgment_IsNotAnswered() {
        let talk = UDXTalk()
        #expect(talk.write(1).count == 1)
        for _ in 0..<100 { #expect(talk.acknowledge(1).isEmpty) }
        #expect(talk.acknowledge(0).isEmpty)
    }

    @Test func heartbeat_IsAnswered() {
        let talk = UDXTalk()
        #expect(talk.send(.heartbeat).map(\.kinds) == [[]])
        #expect(talk.events().isEmpty)
    }

    @Test func padding_IsSkipped() {
        let talk = UDXTalk()
        var bytes = Self.bytes(.data, 0, [0, 0, 0, 5, 6])
        bytes[3] = 3
        #expect(talk.send(bytes).first?.next == 1)
        #expect(talk.read() == [5, 6])
    }

    @Test func emptyData_TakesANumber() {
        let talk = UDXTalk()
        #expect(talk.send(.data).first?.next == 1)
        #expect(talk.events().isEmpty)
        #expect(talk.send(.data, [1]).first?.next == 2)
        #expect(talk.read() == [1])
    }

    @Test func message_IsCountedAndLeftAside() {
        let talk = UDXTalk()
        #expect(talk.send(.message, [1, 2]).isEmpty)
        #expect(talk.read().isEmpty)
        #expect(talk.stream.counters.refused == [.message: 1])
    }

    @Test func windowToldToThePeer_ShrinksByWhatIsUnread() {
        var configuration = UDXConfiguration()
        configuration.receiveBytesMax = 1000
        let talk = UDXTalk(configuration)
        #expect(talk.send(.data, [UInt8](repeating: 1, count: 900)).first?.window == 100)
        // One that is due is taken while there is any room.
        #expect(talk.send(.data, [UInt8](repeating: 2, count: 300)).first?.window == 0)
        let refused = talk.send(.data, [3])
        #expect(refused.first?.window == 0 && refused.first?.next == 2)
        #expect(talk.stream.counters.refused == [.beyondWindow: 1])
        #expect(talk.read().count == 1200)
        #expect(talk.poll().map(\.window) == [1000], "the peer hears that there is room again")
        #expect(talk.send(.data, [3], at: 2).first?.next == 3)
    }

    @Test func readingALittle_IsNotWorthAPacket() {
        var configuration = UDXConfiguration()
        configuration.receiveBytesMax = 1000
        let talk = UDXTalk(configuration)
        _ = talk.send(.data, [UInt8](repeating: 1, count: 1000))
        var bytes: [UInt8] = []
        #expect(talk.stream.read(to: &bytes, limit: 400) == 400)
        #expect(talk.poll().isEmpty)
        #expect(talk.stream.read(to: &bytes, limit: 100) == 100)
        #expect(talk.poll().count == 1)
    }

    @Test func dataBeforeTheStreamIsConnected_IsAnsweredAfterwards() {
        let talk = UDXTalk(isConnected: false)
        #expect(talk.send(.data, [1]).isEmpty)
        #expect(talk.write(3).isEmpty)
        #expect(talk.stream.nextDeadline == nil)
        #expect(talk.read() == [1])
        talk.stream.connect(to: 8)
        talk.stream.connect(to: 9)
        let packets = talk.poll()
        #expect(packets.map(\.streamID) == [8] && packets.first?.next == 1 && packets.first?.payload.count == 3)
    }

    @Test(.needsConformanceCases) func packetsOfTheReference_AreAcknowledgedAsItDoes() throws {
        var configuration = UDXConfiguration()
        configuration.receiveBytesMax = 4 << 20
        var stream = UDXStream(id: 2002, remoteID: 1001, configuration: configuration)
        var batch = DatagramBatch()
        // The proxy on the path has dropped these once; the recording is of before it.
        var missing: Set<UInt32> = [5, 6, 9]
        var told: Set<[UInt32]> = []
        let packets = try UDXVectors.load().packets
        for packet in packets where packet.direction == "a>b" {
            if packet.types == ["DATA"], missing.remove(packet.seq) != nil { continue }
            stream.receive(UDXVectors.bytes(packet.hex)[...], at: 0)
            batch.removeAll()
            stream.poll(at: 0, into: &batch)
            for datagram in batch {
                let answer = try UDXPacket(datagram)
                told.insert([answer.next] + answer.ranges.flatMap { [$0.start, $0.end] })
            }
            if packet.seq == 19 { stream.end() }
        }
        let recorded = packets.filter { $0.direction == "b>a" }
        #expect(Set(recorded.map { [$0.ack] + $0.sack.joined() }).isSubset(of: told.union([[5]])))
        var bytes: [UInt8] = []
        stream.read(to: &bytes)
        #expect(bytes.count == 5 + 17 * 1152 + 416 + 4 && bytes.suffix(4) == [0x6C, 0x61, 0x73, 0x74])
    }

    static func bytes(_ kinds: UDXPacket.Kinds, _ sequence: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        var bytes: [UInt8] = []
        UDXPacket(kinds, streamID: 7, window: 1 << 20, sequence: sequence, next: 0, payload: payload[...])
            .write(to: &bytes)
        return bytes
    }
}
