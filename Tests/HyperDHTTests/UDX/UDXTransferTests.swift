import Testing

@testable import HyperDHT

/// What must hold of every path, however bad.
struct UDXTransferTests {
    /// A path, two sizes and a way to close, all of one seed.
    struct Scene {
        var pair: SimulatedPair
        let destroys: Bool
        let description: String

        init(seed: UInt64) {
            var numbers = SeededNumbers(seed: seed)
            let there = Self.conditions(&numbers)
            let back = Self.conditions(&numbers)
            let sizes = (Self.size(&numbers), Self.size(&numbers))
            var configuration = UDXConfiguration()
            configuration.heartbeatInterval = 5_000_000_000
            let (left, right) = SimulatedPair.streams(configuration)
            let closings: [(SimulatedEnd.Closing, SimulatedEnd.Closing)] = [
                (.ends, .ends), (.ends, .endsAfterPeer), (.endsAfterPeer, .ends), (.destroys(after: sizes.1), .never),
            ]
            let closing = closings[Int(numbers.next() % 4)]
            destroys = closing.1 == .never
            pair = SimulatedPair(
                SimulatedEnd(left, sends: numbers.bytes(sizes.0), closing: closing.0),
                SimulatedEnd(right, sends: numbers.bytes(sizes.1), closing: closing.1), there, back, seed: seed)
            description = "seed \(seed): \(sizes), \(closing), \(there), \(back)"
        }

        private static func conditions(_ numbers: inout SeededNumbers) -> SimulatedLink.Conditions {
            var conditions = SimulatedLink.Conditions()
            conditions.loss = numbers.share() * 0.3
            conditions.duplication = numbers.share() * 0.05
            conditions.delay = Int64.random(in: 50_000...100_000_000, using: &numbers)
            conditions.jitter = numbers.share() < 0.5 ? 0 : Int64(Double(conditions.delay) * numbers.share())
            if numbers.share() < 0.5 {
                conditions.bytesPerSecond = Int.random(in: 100_000...20_000_000, using: &numbers)
            }
            conditions.queueBytes = Int.random(in: 16_000...256_000, using: &numbers)
            return conditions
        }

        /// Mostly small, sometimes nothing, and up to 300 000 bytes.
        private static func size(_ numbers: inout SeededNumbers) -> Int {
            let share = numbers.share()
            return share < 0.1 ? 0 : share > 0.98 ? 300_000 : Int(300_000 * share * share * share)
        }
    }

    @Test(arguments: 0..<10)
    func badPaths_CarryEverythingInOrderAndBothEndsClose(hundred: UInt64) {
        for seed in hundred * 100..<hundred * 100 + 100 {
            var scene = Scene(seed: seed)
            scene.pair.run(until: seconds(60)) { $0.bothAreClosed }
            check(scene)
        }
    }

    private func check(_ scene: Scene) {
        let (pair, left, right) = (scene.pair, scene.pair.left, scene.pair.right)
        let what = Comment(rawValue: scene.description)
        #expect(right.incoming == left.outgoing, what)
        #expect(left.incoming == right.outgoing, what)
        let closed = [left.closed, right.closed]
        #expect(
            closed == (scene.destroys ? [.destroyed, .reset] : [.ended, .ended]), "\(closed) of \(scene.description)")
        let resent = left.stream.counters.packetsResent + right.stream.counters.packetsResent
        #expect(resent <= pair.toRight.dropped + pair.toLeft.dropped + 10, "\(resent) of \(scene.description)")
    }
}
