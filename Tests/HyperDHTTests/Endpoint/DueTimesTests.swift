import Testing

@testable import HyperDHT

struct DueTimesTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func whateverIsDone_TheSoonestIsNext(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var dues = DueTimes<Int>()
        var expected: [Int: Int64] = [:]
        for _ in 0..<3000 {
            let key = Int.random(in: 0..<50, using: &numbers)
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0..<6:
                let time = Int64.random(in: 0..<100, using: &numbers)
                dues.set(key, at: time)
                expected[key] = time
            case 6, 7:
                dues.remove(key)
                expected[key] = nil
            default:
                let now = Int64.random(in: 0..<30, using: &numbers)
                if let due = dues.popDue(at: now) {
                    #expect(expected[due] == expected.values.min() && expected[due].map { $0 <= now } == true)
                    expected[due] = nil
                } else {
                    #expect(!expected.values.contains { $0 <= now })
                }
            }
            guard dues.next == expected.values.min(), dues.count == expected.count else {
                Issue.record("\(String(describing: dues.next)), not \(expected)")
                return
            }
        }
    }
}
