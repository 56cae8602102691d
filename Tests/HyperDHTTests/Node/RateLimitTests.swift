import Testing

@testable import HyperDHT

struct RateLimitTests {
    @Test func bucket_FillsSteadily() {
        var limit = RateLimit<Int>(RateLimitBounds(perSecond: 2, burst: 3), bucketsMax: 2)
        let taken = [0, 0, 0, 0, 500, 500, 1_500, 1_500, 1_500, 60_000, 60_000, 60_000, 60_000]
        let given = taken.map { limit.take(of: 1, at: Int64($0) * 1_000_000) }
        #expect(given == [true, true, true, false, true, false, true, true, false, true, true, true, false])
    }

    @Test func manyKeys_ShareWhatIsLeft() {
        var limit = RateLimit<Int>(RateLimitBounds(perSecond: 1, burst: 5), bucketsMax: 10)
        let given = (0..<1_000).count { limit.take(of: $0, at: 0) }
        #expect(given == 15 && limit.count == 10)
        // Who was known before keeps its own.
        #expect(limit.take(of: 3, at: 0) == true)
        // Full buckets make room.
        let later = (2_000..<2_010).count { limit.take(of: $0, at: 60_000_000_000) }
        #expect(later == 10 && limit.count == 10)
    }
}
