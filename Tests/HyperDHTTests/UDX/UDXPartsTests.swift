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
        window.lost(1, isNew: true)
        #expect(window.packets == 10 && !window.isInSlowStart)
        for _ in 0..<2 { window.acknowledged(10) }
        #expect(window.packets == 11, "a packet in two round trips")
        window.lost(5, isNew: true)
        window.lost(5, isNew: false)
        #expect(window.packets == 7, "once for what is lost together")
        window.timedOut()
        #expect(window.packets == 2 && window.isInSlowStart)
        for _ in 0..<20 { window.lost(1, isNew: true) }
        #expect(window.packets == 2, "never smaller than that")
        for _ in 0..<10_000 { window.acknowledged(10) }
        #expect(window.packets == 100, "nor larger than what is kept")
    }

    @Test func window_ShrinksLessWhereNothingQueues() {
        var window = CongestionWindow(packetsMax: 1000)
        window.acknowledged(90)
        window.lost(2, isNew: true, isQueued: false)
        #expect(window.packets == 95)
        window.acknowledged(95, isQueued: false)
        #expect(window.packets == 99, "and grows by a twentieth in a round trip")
        window.lost(2, isNew: true, isQueued: false)
        #expect(window.packets == 94)
        window.lost(10, isNew: false, isQueued: false)
        #expect(window.packets == 69, "but that many are no accident")
        window.lost(10, isNew: false, isQueued: true)
        #expect(window.packets == 69)
    }

    @Test func longerRoundTrip_EndsTheFirstGrowth() {
        var start = SlowStart(next: 0)
        var sequence: UInt32 = 0
        var paces: [SlowStart.Pace] = []
        for sample in [20, 20, 21, 23, 25, 22, 19, 30, 31, 32, 33, 34, 35] as [Int64] {
            sequence += 10
            start.acknowledged(10, sample: sample * 1_000_000, oldest: sequence, next: sequence + 10)
            paces.append(start.pace)
        }
        let expected: [SlowStart.Pace] = [.full, .full, .full, .full, .full, .full, .full, .careful]
        #expect(Array(paces.prefix(8)) == expected)
        #expect(paces.last == .over)
    }

    @Test func pacer_SpreadsAWindowOverARoundTrip() {
        var window = CongestionWindow(packetsMax: 1000)
        window.acknowledged(90)
        var pacer = Pacer()
        for _ in 0..<1000 { pacer.sent(at: 0, window: window, roundTrip: nil) }
        #expect(pacer.allows(at: 0), "not before the path is known")
        var (now, sent, largest) = (0 as Int64, 0, 0)
        while now < 500_000_000 {
            var burst = 0
            while pacer.allows(at: now) {
                pacer.sent(at: now, window: window, roundTrip: 100_000_000)
                burst += 1
            }
            (sent, largest, now) = (sent + burst, max(largest, burst), pacer.deadline)
        }
        #expect(1000...1020 ~= sent, "twice the window in each of five round trips: \(sent)")
        #expect(largest <= 11)
    }
}
