/// Spreads packets over the round trip, so that a large window does not leave as one burst.
struct Pacer: Sendable {
    /// When the next packet would leave if all left in even distances.
    private var next: Int64 = .min
    /// Timers are coarse: what they make late is made good at once.
    private static let slack: Int64 = 1_000_000
    private static let burstPackets: Int64 = 10

    /// The distance of two packets: twice as fast as the window in slow start, else a little faster.
    private static func interval(_ window: CongestionWindow, _ roundTrip: Int64) -> Int64 {
        let gain = window.isInSlowStart ? 2.0 : 1.25
        return Int64(Double(min(roundTrip, 1_000_000_000)) / (gain * max(window.size, 1)))
    }

    func allows(at now: Int64) -> Bool { next <= now }

    /// When to look again; late by half of what is made good.
    var deadline: Int64 { next + Self.slack / 2 }

    mutating func sent(at now: Int64, window: CongestionWindow, roundTrip: Int64?) {
        guard let roundTrip else { return }
        let interval = Self.interval(window, roundTrip)
        let credit = max(Self.slack, Self.burstPackets * interval)
        next = max(next, now - credit) + interval
    }
}
