import Testing

@testable import Exposition

@Suite struct HashSetTests {
    @Test(arguments: [0, 1, 1000]) func set_HoldsEachNumberOnce(_ capacity: Int) {
        var random = BodyGenerator.Random(seed: 1)
        check([0, 1, .max, 16, 32] + (0..<1000).map { _ in random.next() }, capacity: capacity)
    }

    @Test func collidingNumbers_AreHeldApart() {
        // All of them begin at the same slot.
        check((1...200).map { $0 << 32 }, capacity: 16)
    }

    private func check(_ numbers: [UInt64], capacity: Int) {
        var set = HashSet(capacity: capacity)
        for number in numbers {
            let isNew = (before: !set.contains(number), inserted: set.insert(number), after: !set.contains(number))
            #expect(isNew == (true, true, false), "\(number)")
        }
        for number in numbers {
            let isNew = (inserted: set.insert(number), after: !set.contains(number))
            #expect(isNew == (false, false), "\(number) again")
        }
        #expect(!set.contains(2) && !set.contains(201 << 32))
    }
}
