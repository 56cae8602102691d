/// How many packets may be on the way: slow start, then additive increase; a loss takes three tenths away
/// (the Reno-friendly region of RFC 9438), and the half that was too much when it ends slow start.
struct CongestionWindow: Sendable {
    /// In packets.
    private(set) var size: Double
    private(set) var threshold = Double.infinity
    private let sizeMax: Double

    static let initial = 10.0
    /// With fewer a loss is hardly ever seen before the timeout.
    static let minimum = 4.0
    private static let afterTimeout = 2.0
    private static let decrease = 0.7
    private static let increase = 3 * (1 - decrease) / (1 + decrease)

    init(packetsMax: Int) {
        sizeMax = Double(max(packetsMax, 4))
        size = min(Self.initial, sizeMax)
    }

    var packets: Int { Int(size) }
    var isInSlowStart: Bool { size < threshold }

    mutating func acknowledged(_ packets: Int, _ pace: SlowStart.Pace = .full) {
        let packets = Double(packets)
        if threshold.isInfinite, pace == .over { threshold = size }
        let share = !isInSlowStart ? Self.increase / size : threshold.isInfinite && pace == .careful ? 0.25 : 1
        size = min(size + packets * share, sizeMax)
    }

    mutating func lost() {
        size = max(size * (threshold.isInfinite ? 0.5 : Self.decrease), min(size, Self.minimum))
        threshold = size
    }

    mutating func timedOut() {
        threshold = max(size * Self.decrease, Self.minimum)
        size = min(size, Self.afterTimeout)
    }

    /// What was learnt of the path before a pause is not trusted after it.
    mutating func idled() {
        threshold = max(threshold, size * Self.decrease)
        size = min(size, Self.initial)
    }
}
