/// How many packets may be on the way: slow start, then additive increase and multiplicative decrease.
///
/// Where packets queue, it behaves as the Reno-friendly region of RFC 9438 does. Where the round trip is as short as
/// ever and few packets are lost, the loss is taken for one of the path, as radio has it, and costs little: else 2 MB
/// over a long path that loses one packet in a hundred would take longer than a scrape may.
struct CongestionWindow: Sendable {
    /// In packets.
    private(set) var size: Double
    private(set) var threshold = Double.infinity
    private let sizeMax: Double
    /// The loss that is being repaired: the window before it, and how many packets it has cost.
    private var episode = (size: 0.0, lost: 0, isHeavy: true, endsSlowStart: false)

    static let initial = 10.0
    /// With fewer a loss is hardly ever seen before the timeout.
    static let minimum = 4.0
    private static let afterTimeout = 2.0
    private static let decrease = 0.7
    private static let increase = 3 * (1 - decrease) / (1 + decrease)
    /// The same, for a path whose queue is empty.
    private static let lightDecrease = 0.95
    private static let lightGrowth = 0.05
    /// More than this share of a window is no accident.
    private static let heavyShare = 1.0 / 16

    init(packetsMax: Int) {
        sizeMax = Double(max(packetsMax, 4))
        size = min(Self.initial, sizeMax)
    }

    var packets: Int { Int(size) }
    var isInSlowStart: Bool { size < threshold }

    mutating func acknowledged(_ packets: Int, _ pace: SlowStart.Pace = .full, isQueued: Bool = true) {
        let packets = Double(packets)
        if threshold.isInfinite, pace == .over { threshold = size }
        size = min(size + packets * growth(pace, isQueued), sizeMax)
    }

    /// For each packet that has arrived.
    private func growth(_ pace: SlowStart.Pace, _ isQueued: Bool) -> Double {
        if isInSlowStart { return threshold.isInfinite && pace == .careful ? 0.25 : 1 }
        return isQueued ? Self.increase / size : max(Self.increase / size, Self.lightGrowth)
    }

    /// Packets are lost; `isNew` where those before them have been repaired.
    mutating func lost(_ packets: Int, isNew: Bool, isQueued: Bool = true) {
        if isNew {
            episode = (size, 0, false, threshold.isInfinite)
            shrink(to: Self.lightDecrease)
        }
        episode.lost += packets
        guard !episode.isHeavy, isQueued || Double(episode.lost) > max(episode.size * Self.heavyShare, 1) else {
            return
        }
        episode.isHeavy = true
        // In slow start half of it was too much.
        shrink(to: episode.endsSlowStart ? 0.5 : Self.decrease)
    }

    private mutating func shrink(to share: Double) {
        size = max(episode.size * share, min(episode.size, Self.minimum))
        threshold = size
    }

    mutating func timedOut() {
        threshold = max(size * Self.decrease, Self.minimum)
        size = min(size, Self.afterTimeout)
        episode.isHeavy = true
    }

    /// What was learnt of the path before a pause is not trusted after it.
    mutating func idled() {
        threshold = max(threshold, size * Self.decrease)
        size = min(size, Self.initial)
    }
}
