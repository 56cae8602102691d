import Testing

@testable import HyperDHT

struct RoundTripTokenTests {
    @Test func token_LivesBetweenOneAndTwoPeriods() {
        var numbers = Randomness(SeededNumbers(seed: 1))
        let period = RoundTripTokens.period
        for (age, isValid) in [
            (0, true), (period - 1, true), (period, true), (2 * period, false), (99 * period, false),
        ] {
            var tokens = RoundTripTokens(at: 0, numbers: &numbers)
            let token = tokens.give(to: nodeAddress(1), at: period - 1)
            let now = period - 1 + age
            var other = nodeAddress(1)
            other.port = 9
            #expect(tokens.isValid(token, of: other, at: now) == isValid, "\(age)")
            #expect(tokens.isValid(token, of: nodeAddress(2), at: now) == false)
            let fresh = tokens.give(to: nodeAddress(1), at: now)
            #expect(tokens.isValid(fresh, of: nodeAddress(1), at: now + period) == true)
        }
    }
}
