import Testing

@testable import HyperDHT

/// How well the path is used, and how little memory that takes.
struct UDXFlowTests {
    private static func transfer(
        _ bytes: Int, _ conditions: SimulatedLink.Conditions, _ configuration: UDXConfiguration = UDXConfiguration()
    ) -> SimulatedPair {
        var numbers = SeededNumbers(seed: 3)
        let (left, right) = SimulatedPair.streams(configuration)
        return SimulatedPair(SimulatedEnd(left, sends: numbers.bytes(bytes)), SimulatedEnd(right), conditions, seed: 3)
    }

    @Test func longPath_IsFilledInAFewRoundTrips() {
        var pair = Self.transfer(2_000_000, SimulatedLink.Conditions(delay: 50_000_000))
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.right.incoming == pair.left.outgoing)
        #expect(pair.left.stream.counters.packetsResent == 0)
        #expect(pair.now < seconds(1.2), "\(pair.now)")
    }

    @Test(arguments: [(1_250_000, 20, 64), (125_000, 50, 32), (12_500_000, 5, 128)])
    func narrowPath_IsUsed(bytesPerSecond: Int, delay: Int64, queue: Int) {
        let conditions = SimulatedLink.Conditions(
            delay: delay * 1_000_000, bytesPerSecond: bytesPerSecond, queueBytes: queue << 10)
        var pair = Self.transfer(bytesPerSecond * 4, conditions)
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.right.incoming == pair.left.outgoing)
        #expect(pair.now < seconds(5.5), "\(pair.now)")
        let resent = pair.left.stream.counters.packetsResent
        #expect(resent <= pair.toRight.dropped, "what was not lost")
        #expect(resent * 8 < pair.left.stream.counters.packetsSent, "\(resent)")
    }

    @Test(arguments: [(10, 0, 1.5), (40, 0, 4), (10, 5, 2)])
    func pathThatLosesOnePacketInAHundred_IsStillUsed(delay: Int64, jitter: Int64, limit: Double) {
        let conditions = SimulatedLink.Conditions(
            loss: 0.01, delay: delay * 1_000_000, jitter: jitter * 1_000_000, bytesPerSecond: 6_000_000)
        var pair = Self.transfer(2_000_000, conditions)
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.right.incoming == pair.left.outgoing)
        #expect(pair.now < seconds(limit), "\(pair.now)")
    }

    @Test func shallowQueue_IsNotFlooded() {
        let conditions = SimulatedLink.Conditions(delay: 40_000_000, bytesPerSecond: 6_000_000, queueBytes: 20_000)
        var pair = Self.transfer(10_000_000, conditions)
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.now < seconds(4), "\(pair.now)")
        let counters = pair.left.stream.counters
        #expect(counters.packetsResent * 16 < counters.packetsSent, "\(counters)")
    }

    @Test func reorderingPath_CostsFewPackets() {
        let conditions = SimulatedLink.Conditions(duplication: 0.1, delay: 20_000_000, jitter: 10_000_000)
        var pair = Self.transfer(2_000_000, conditions)
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.right.incoming == pair.left.outgoing)
        let counters = pair.left.stream.counters
        #expect(counters.packetsResent * 20 < counters.packetsSent, "\(counters)")
        #expect(pair.now < seconds(4), "\(pair.now)")
    }

    @Test func slowReader_HoldsTheWriterBack() {
        var configuration = UDXConfiguration()
        configuration.receiveBytesMax = 20_000
        configuration.sendBytesMax = 30_000
        for seed in 1...20 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            let (left, right) = SimulatedPair.streams(configuration)
            var pair = SimulatedPair(
                SimulatedEnd(left, sends: numbers.bytes(150_000)), SimulatedEnd(right),
                SimulatedLink.Conditions(loss: 0.1, delay: 5_000_000), seed: seed)
            pair.right.readsAtMost = 5_000
            pair.right.readsAgainAfter = 200_000_000
            var unread = 0
            pair.run(until: seconds(120)) {
                unread = max(unread, $0.right.stream.unreadBytes)
                return $0.isOver
            }
            #expect(pair.right.incoming == pair.left.outgoing, "seed \(seed)")
            #expect(unread <= 20_000 + 1152, "seed \(seed)")
            #expect(pair.right.stream.counters.refused[.beyondWindow, default: 0] < 60, "seed \(seed)")
        }
    }

    @Test func sequenceNumbers_GoRoundInBothDirections() {
        for seed in 1...100 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            var configuration = UDXConfiguration()
            configuration.initialSequence = UInt32.max - UInt32.random(in: 0...60, using: &numbers)
            let (left, right) = SimulatedPair.streams(configuration)
            var pair = SimulatedPair(
                SimulatedEnd(left, sends: numbers.bytes(80_000)), SimulatedEnd(right, sends: numbers.bytes(80_000)),
                SimulatedLink.Conditions(loss: 0.15, duplication: 0.02, delay: 10_000_000, jitter: 5_000_000),
                seed: seed)
            pair.run(until: seconds(120)) { $0.bothAreClosed }
            #expect(
                pair.right.incoming == pair.left.outgoing && pair.left.incoming == pair.right.outgoing, "seed \(seed)")
            #expect(pair.left.closed == .ended && pair.right.closed == .ended, "seed \(seed)")
        }
    }

    @Test func idleStream_KeepsLittleMemory() {
        #expect(MemoryLayout<UDXStream>.stride < 1500)
        #expect(UDXStream(id: 1, remoteID: 2).bufferBytes == 0)
        var pair = Self.transfer(2_000_000, SimulatedLink.Conditions(delay: 1_000_000))
        pair.left.closing = .never
        pair.right.closing = .never
        pair.run(until: seconds(10))
        pair.pause(for: seconds(5))
        #expect(pair.right.incoming.count == 2_000_000)
        #expect(pair.left.stream.bufferBytes > 100_000, "kept while it may be needed again")
        var batch = DatagramBatch()
        for end in [\SimulatedPair.left, \.right] {
            // A sign of life in both directions, as the secret stream gives one every five seconds.
            let other = end == \.left ? \SimulatedPair.right : \.left
            #expect(pair[keyPath: end].stream.write([0]) == 1)
            batch.removeAll()
            pair[keyPath: end].stream.poll(at: pair.now, into: &batch)
            for datagram in batch { pair[keyPath: other].stream.receive(datagram, at: pair.now) }
        }
        for end in [pair.left, pair.right] { #expect(end.stream.bufferBytes <= 4096, "\(end.stream.bufferBytes)") }
    }
}
