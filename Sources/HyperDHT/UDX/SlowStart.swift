/// Watches the first growth of the window: a round trip that gets longer shows that packets begin to queue, before any
/// is dropped (HyStart++, RFC 9406).
struct SlowStart: Sendable {
    enum Pace: Sendable {
        case full
        /// It may be that the path is full.
        case careful
        case over
    }

    private(set) var pace = Pace.full
    /// A round is over when what was sent at its beginning has arrived.
    private var roundEnd: UInt32
    private var packets = 0
    private var shortest: Int64 = .max
    /// Of the round before.
    private var before: Int64 = .max
    /// The round trip at which care began.
    private var baseline: Int64 = .max
    private var carefulRounds = 0

    private static let packetsMin = 8
    private static let carefulRoundsMax = 5
    private static let growth: ClosedRange<Int64> = 4_000_000...16_000_000

    init(next: UInt32) { roundEnd = next }

    /// So many packets have arrived, and the last of them took `sample`.
    mutating func acknowledged(_ packets: Int, sample: Int64, oldest: UInt32, next: UInt32) {
        guard pace != .over else { return }
        self.packets += packets
        shortest = min(shortest, sample)
        if self.packets >= Self.packetsMin { judge() }
        if Int32(bitPattern: oldest &- roundEnd) >= 0 { startRound(until: next) }
    }

    private mutating func judge() {
        if pace == .careful {
            if shortest < baseline { (pace, baseline) = (.full, .max) }
        } else if before != .max,
            shortest >= before + min(max(before / 8, Self.growth.lowerBound), Self.growth.upperBound)
        {
            (pace, baseline, carefulRounds) = (.careful, shortest, 0)
        }
    }

    private mutating func startRound(until next: UInt32) {
        if pace == .careful {
            carefulRounds += 1
            if carefulRounds >= Self.carefulRoundsMax { pace = .over }
        }
        if packets > 0 { before = shortest }
        (packets, shortest, roundEnd) = (0, .max, next)
    }
}
