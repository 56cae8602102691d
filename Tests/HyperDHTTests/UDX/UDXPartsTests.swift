import Testing

@testable import HyperDHT

/// The parts of a stream, each against something simpler.
struct UDXPartsTests {
    @Test func ring_HoldsWhatAnArrayWouldHold() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            var ring = ByteRing()
            var model: [UInt8] = []
            for _ in 0..<60 {
                let bytes = numbers.bytes(Int.random(in: 0...900, using: &numbers))
                ring.append(bytes[...])
                if numbers.share() < 0.2 { ring.shrink() }
                model += bytes
                let gone = Int.random(in: 0...model.count, using: &numbers)
                ring.removeFirst(gone)
                model.removeFirst(gone)
                var read: [UInt8] = []
                let start = Int.random(in: 0...model.count, using: &numbers)
                let end = Int.random(in: start...model.count, using: &numbers)
                ring.copy(start..<end, to: &read)
                #expect(read == Array(model[start..<end]) && ring.count == model.count, "seed \(seed)")
            }
        }
    }

    @Test func queue_HoldsWhatAnArrayWouldHold() {
        var numbers = SeededNumbers(seed: 1)
        var queue = RingQueue<UInt64>()
        var model: [UInt64] = []
        for _ in 0..<2000 {
            if numbers.share() < 0.55 || model.isEmpty {
                model.append(numbers.next())
                queue.append(model[model.count - 1])
            } else {
                #expect(queue.removeFirst() == model.removeFirst())
            }
            if numbers.share() < 0.1 { queue.shrink() }
            #expect((0..<queue.count).map { queue[$0] } == model)
        }
    }

    @Test func earlyPackets_ComeOutInOrderAndOnce() {
        for seed in 1...200 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed: seed)
            let first = UInt32.max - 50
            var buffer = ReorderBuffer()
            var next = first
            var known: Set<UInt32> = []
            for sequence in (1...100).map({ first &+ $0 }).shuffled(using: &numbers) {
                let isNew = [[1, 2], [3]].map { buffer.insert(.data, $0, sequence: sequence, next: next) }
                #expect(isNew == [true, false])
                known.insert(sequence)
                #expect(buffer.ranges == Self.ranges(of: known, from: next), "seed \(seed)")
                #expect(buffer.bytes == known.count * 2)
            }
            next &+= 1
            while buffer.take(next) != nil { next &+= 1 }
            #expect(next == first &+ 101 && buffer.isEmpty && buffer.ranges.isEmpty && buffer.bytes == 0)
        }
    }

    private static func ranges(of known: Set<UInt32>, from next: UInt32) -> [UDXRange] {
        var ranges: [UDXRange] = []
        for sequence in known.sorted(by: { $0 &- next < $1 &- next }) {
            if let last = ranges.last, last.end == sequence {
                ranges[ranges.count - 1].end = sequence &+ 1
            } else {
                ranges.append(UDXRange(start: sequence, end: sequence &+ 1))
            }
        }
        return ranges
    }

    @Test func patience_FollowsThePath() {
        var path = RoundTripTime(UDXConfiguration())
        #expect(path.timeout(after: 0) == seconds(1) && path.timeout(after: 1) == seconds(2))
        #expect(path.timeout(after: 200) == seconds(3) && path.tailTimeout == nil)
        path.add(seconds(0.1))
        #expect(path.timeout(after: 0) == seconds(0.3), "the first sample may be far off")
        for _ in 0..<100 { path.add(seconds(0.1)) }
        #expect(path.timeout(after: 0) == seconds(0.2) && path.tailTimeout == seconds(0.2))
        path.add(0)
        #expect(path.minimum == 1)
    }

    @Test func window_GrowsFastThenSlowlyAndShrinksByALoss() {
        var window = CongestionWindow(packetsMax: 100)
        #expect(window.packets == 10)
        window.acknowledged(10)
        #expect(window.packets == 20)
        window.lost()
        #expect(window.packets == 10 && !window.isInSlowStart)
        for _ in 0..<2 { window.acknowledged(10) }
        #expect(window.packets == 11, "a packet in two round trips")
        window.lost()
        #expect(window.packets == 7)
        window.timedOut()
        #expect(window.packets == 2 && window.isInSlowStart)
        for _ in 0..<20 { window.lost() }
        #expect(window.packets == 2, "never smaller than that")
        for _ in 0..<10_000 { window.acknowledged(10) }
        #expect(window.packets == 100, "nor larger than what is kept")
    }
}
