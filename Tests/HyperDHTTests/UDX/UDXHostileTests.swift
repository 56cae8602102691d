import Testing

@testable import HyperDHT

/// Peers that lie, and others that guess.
struct UDXHostileTests {
    private static func busyTalk() -> UDXTalk {
        let talk = UDXTalk()
        _ = talk.write(5 * 1152)
        _ = talk.send(.data, [1])
        _ = talk.send(.data, [3], at: 2)
        return talk
    }

    @Test(arguments: [6, 100, 0x7FFF_FFFF, 0x8000_0000] as [UInt32])
    func acknowledgmentOfWhatWasNeverSent_IsRefusedWithItsPacket(next: UInt32) {
        let talk = Self.busyTalk()
        let isOld = Int32(bitPattern: next) < 0
        #expect(talk.send(.data, [2], next: next, at: 1).count == (isOld ? 1 : 0))
        #expect(talk.stream.counters.refused[.acknowledgesUnsent, default: 0] == (isOld ? 0 : 1))
        #expect(talk.stream.unsentBytes == 5 * 1152)
        #expect(talk.stream.isOpen)
    }

    @Test(
        arguments: [
            [(1, 6)], [(3, 2)], [(2, 2)], [(0, 0)], [(1, 0xFFFF_FFFF)], [(0xFFFF_FFF0, 2)],
            [(0x8000_0000, 0x8000_0001)],
            [(1, 3), (2, 4)], [(3, 4), (1, 2)], [(1, 2), (1, 2)],
        ] as [[(UInt32, UInt32)]])
    func absurdRanges_AreCounted(ranges: [(UInt32, UInt32)]) {
        let talk = Self.busyTalk()
        _ = talk.acknowledge(0, ranges.map { UDXRange(start: $0.0, end: $0.1) })
        #expect(talk.stream.counters.refused[.ranges] == 1)
        #expect(talk.stream.unsentBytes == 5 * 1152 && talk.stream.isOpen)
        _ = talk.acknowledge(5)
        #expect(talk.stream.unsentBytes == 0)
    }

    @Test func packetsOfOtherStreams_ChangeNothing() {
        let talk = UDXTalk()
        var packet = UDXPacket([.data, .end], streamID: 8, window: 0, sequence: 0, next: 0, payload: [1])
        #expect(talk.send(packet).isEmpty)
        packet.kinds = .destroy
        #expect(talk.send(packet).isEmpty)
        #expect(talk.stream.counters.refused == [.foreignStream: 2])
        #expect(talk.stream.isOpen && talk.events().isEmpty)
    }

    @Test func dataFarAhead_IsNotKept() {
        let talk = UDXTalk()
        for sequence in [4096, 0x7FFF_FFFF] as [UInt32] { _ = talk.send(.data, [1], at: sequence) }
        #expect(talk.stream.counters.refused == [.beyondWindow: 2] && talk.stream.bufferBytes == 0)
        #expect(talk.send(.data, [1], at: 4095).first?.kinds == .ranges)
    }

    @Test func earlyDataBeyondTheWindow_IsNotKept() {
        var configuration = UDXConfiguration()
        configuration.receiveBytesMax = 10_000
        let talk = UDXTalk(configuration)
        for sequence in 1...100 as ClosedRange<UInt32> {
            _ = talk.send(.data, [UInt8](repeating: 1, count: 1452), at: sequence)
        }
        #expect(talk.stream.bufferBytes <= 10_000)
        #expect(talk.stream.counters.refused == [.beyondWindow: 94])
    }

    @Test func dataBehindTheEnd_IsRefused() {
        let talk = UDXTalk()
        _ = talk.send(.data, [9], at: 5)
        _ = talk.send(.end, at: 1)
        _ = talk.send(.data, [1], at: 0)
        #expect(talk.send(.data, [2], at: 2).map(\.next) == [2])
        #expect(talk.stream.counters.refused == [.behindEnd: 1])
        #expect(talk.read() == [1] && talk.events() == [.readable, .ended])
    }

    @Test func floodOfHeartbeats_GetsOneAnswerForEachPoll() {
        let talk = UDXTalk()
        var heartbeat: [UInt8] = []
        UDXPacket(.heartbeat, streamID: 7, window: 0, sequence: 0, next: 0).write(to: &heartbeat)
        for _ in 0..<1000 { talk.stream.receive(heartbeat[...], at: talk.now) }
        #expect(talk.poll().count == 1)
    }

    /// Packets with gaps between them, in somebody else's name.
    @Test func acknowledgments_AreNoLongerThanWhatTheyAnswer_UntilThePeerIsConfirmed() throws {
        var configuration = UDXConfiguration()
        configuration.unheardPacketsMax = 3
        let talk = UDXTalk(configuration)
        for sequence in stride(from: 1 as UInt32, to: 200, by: 2) {
            for _ in 0..<2 {
                #expect(talk.send(.data, [1], at: sequence).map(\.kinds) == [[]])
                #expect(talk.send(.heartbeat, at: sequence).map(\.kinds) == [[]])
            }
        }
        // What has come early was kept all the same.
        talk.stream.peerIsConfirmed = true
        #expect(talk.send(.data, [1], at: 0).first?.next == 2)
        let answer = try #require(talk.send(.data, [1], at: 201).first)
        #expect(answer.kinds == .ranges && answer.ranges.count == 50)
    }

    @Test func tinyWindows_AreNotTraps() {
        var numbers = SeededNumbers(seed: 1)
        let talk = UDXTalk()
        _ = talk.stream.write([UInt8](repeating: 1, count: 50_000)[...])
        var next: UInt32 = 0
        for _ in 0..<300 {
            talk.now += Int64.random(in: 0...300_000_000, using: &numbers)
            for packet in talk.poll() where packet.sequence == next { next += 1 }
            talk.window = [0, 1, 7, 1151, 1152, .max].randomElement(using: &numbers) ?? 0
            for packet in talk.acknowledge(next) where packet.sequence == next { next += 1 }
        }
        #expect(talk.stream.isOpen && talk.stream.unsentBytes < 50_000)
    }

    /// Two ends in the middle of a transfer hear, between the true packets, damaged ones: nothing traps, and nothing
    /// grows. What arrives is not checked: the layer above has the keys for that.
    @Test func damagedPackets_NeitherTrapNorGrow() {
        for seed in 1...10_000 as ClosedRange<UInt64> {
            var attack = DamagedTransfer(seed: seed)
            attack.run()
            #expect(attack.largest <= attack.bound, "seed \(seed): \(attack.largest)")
            #expect(attack.sent <= attack.heard * 8 + 400, "seed \(seed): \(attack.sent) for \(attack.heard)")
        }
    }
}

/// A short transfer whose packets are damaged, repeated and swapped.
private struct DamagedTransfer {
    private var numbers: SeededNumbers
    private var streams: [UDXStream]
    private var batch = DatagramBatch()
    private var recent: [[UInt8]] = []
    private var now: Int64 = 0
    let bound: Int
    private(set) var largest = 0
    private(set) var sent = 0
    private(set) var heard = 0

    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
        var configuration = UDXConfiguration()
        (configuration.sendBytesMax, configuration.receiveBytesMax) = (16_384, 16_384)
        configuration.heartbeatInterval = 1_000_000_000
        configuration.initialSequence = seed % 3 == 0 ? .max - 3 : 0
        let pair = SimulatedPair.streams(configuration)
        streams = [pair.0, pair.1]
        bound = 32_768 + 2 * 32_768 + configuration.packetsMax * 64
    }

    mutating func run() {
        for _ in 0..<6 {
            for side in 0...1 { step(side) }
            now += Int64.random(in: 0...400_000_000, using: &numbers)
        }
        for side in 0...1 {
            if numbers.share() < 0.5 { streams[side].end() } else { streams[side].destroy(at: now) }
            step(side)
        }
    }

    private mutating func step(_ side: Int) {
        _ = streams[side].write(numbers.bytes(Int.random(in: 0...3000, using: &numbers))[...])
        batch.removeAll()
        streams[side].poll(at: now, into: &batch)
        sent += batch.count
        for datagram in batch {
            recent.append(Array(datagram))
            deliver(Array(datagram), to: 1 - side)
            let other = recent.randomElement(using: &numbers) ?? []
            deliver(damaged(other), to: Int.random(in: 0...1, using: &numbers))
        }
        if recent.count > 20 { recent.removeFirst(recent.count - 20) }
        var bytes: [UInt8] = []
        if numbers.share() < 0.5 { streams[side].read(to: &bytes) }
        while streams[side].nextEvent() != nil {}
    }

    private mutating func deliver(_ datagram: [UInt8], to side: Int) {
        streams[side].receive(datagram[...], at: now)
        heard += 1
        largest = max(largest, streams[side].bufferBytes)
    }

    /// Mostly in the header, where the meaning is.
    private mutating func damaged(_ datagram: [UInt8]) -> [UInt8] {
        var datagram = datagram
        for _ in 0...Int.random(in: 0...2, using: &numbers) where !datagram.isEmpty {
            let end = numbers.share() < 0.8 ? min(datagram.count, 36) : datagram.count
            let place = Int.random(in: (datagram.count > 2 ? 2 : 0)..<end, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: datagram[place] = UInt8.random(in: 0...255, using: &numbers)
            case 1: datagram[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            case 2: datagram[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &numbers) ?? 0
            default: datagram.removeLast(Int.random(in: 0...datagram.count / 4, using: &numbers))
            }
        }
        return datagram
    }
}
