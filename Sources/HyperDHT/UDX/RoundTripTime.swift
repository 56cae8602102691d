/// How long the path takes there and back, and how long it is worth waiting (RFC 6298). In nanoseconds.
struct RoundTripTime: Sendable {
    private(set) var smoothed: Int64?
    private(set) var variation: Int64 = 0
    private(set) var minimum: Int64 = .max
    private let initial: Int64
    private let bounds: ClosedRange<Int64>

    init(_ configuration: UDXConfiguration) {
        initial = configuration.initialTimeout
        bounds = configuration.timeoutMin...max(configuration.timeoutMin, configuration.timeoutMax)
    }

    mutating func add(_ sample: Int64) {
        let sample = max(sample, 1)
        minimum = min(minimum, sample)
        guard let smoothed else {
            (self.smoothed, variation) = (sample, sample / 2)
            return
        }
        variation = (3 * variation + abs(smoothed - sample)) / 4
        self.smoothed = (7 * smoothed + sample) / 8
    }

    /// Whether packets wait on the path, as far as it shows: the round trip is a quarter longer than it can be.
    var isQueued: Bool { smoothed.map { $0 - minimum > max(minimum / 4, 2_000_000) } ?? true }

    /// How long to wait for an acknowledgment after so many waits in vain.
    func timeout(after attempts: Int) -> Int64 {
        let base = smoothed.map { $0 + 4 * variation } ?? initial
        let bounded = min(max(base, bounds.lowerBound), bounds.upperBound)
        return min(bounded << Int64(min(attempts, 8)), bounds.upperBound)
    }

    /// How long to wait before the last packet of a flight is sent again, in case that it got lost (RFC 8985, 7.2);
    /// nil while nothing is known of the path.
    var tailTimeout: Int64? {
        smoothed.map { min(max($0 + max($0, 4 * variation), 20_000_000), timeout(after: 0)) }
    }
}
