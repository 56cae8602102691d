/// Gives tokens that show, when they come back, that their bearer receives what is sent to its host.
///
/// A token lives between one and two periods.
package struct RoundTripTokens: Sendable {
    static let period: Int64 = 7_500_000_000

    private var newer: Bytes32
    private var older: Bytes32
    private var rotateAt: Int64

    package init(at now: Int64, numbers: inout Randomness) {
        (newer, older) = (numbers.bytes32(), numbers.bytes32())
        rotateAt = now + Self.period
    }

    package mutating func give(to address: IPv4Address, at now: Int64) -> Bytes32 {
        rotate(at: now)
        return RoundTripToken.make(for: address, secret: newer)
    }

    package mutating func isValid(_ token: Bytes32, of address: IPv4Address, at now: Int64) -> Bool {
        rotate(at: now)
        return [newer, older].contains { RoundTripToken.make(for: address, secret: $0) == token }
    }

    private mutating func rotate(at now: Int64) {
        // After more than two periods all old tokens are dead, however often the secrets are changed.
        var turns = 0
        while rotateAt <= now, turns < 3 {
            (newer, older) = (RoundTripToken.successor(of: older), newer)
            rotateAt += Self.period
            turns += 1
        }
        rotateAt = max(rotateAt, turns == 3 ? now + Self.period : rotateAt)
    }
}
