import Testing

@testable import ExporterProxy

@Test func aBucket_HoldsABurst_AndFillsUpAgain() {
    let time = ManualTime()
    let rate = RateLimit.Configuration(interval: .seconds(2), burst: 3)
    var limit = RateLimit()
    for _ in 0..<3 { #expect(limit.take(rate, at: time.source()) == nil) }
    #expect(limit.take(rate, at: time.source()) == .seconds(2))
    time.advance(by: .milliseconds(500))
    #expect(limit.take(rate, at: time.source()) == .milliseconds(1500))
    time.advance(by: .milliseconds(1500))
    #expect(limit.take(rate, at: time.source()) == nil)
    #expect(limit.take(rate, at: time.source()) == .seconds(2))
    time.advance(by: .seconds(3600))
    for _ in 0..<3 { #expect(limit.take(rate, at: time.source()) == nil) }
    #expect(limit.take(rate, at: time.source()) != nil)
}

@Test func aBucket_StaysWithinItsNumbers() {
    let largest = RateLimit.Configuration(
        interval: RateLimit.Configuration.intervalMax, burst: RateLimit.Configuration.bursts.upperBound)
    var limit = RateLimit()
    for _ in 0..<10 { #expect(limit.take(largest, at: .example) == nil) }
    // One that is lowered holds at once.
    let small = RateLimit.Configuration(interval: .seconds(1), burst: 1)
    #expect(limit.take(small, at: .example) == .seconds(1))
    #expect(limit.take(small, at: .example.advanced(by: .seconds(1))) == nil)
}
