/// A bucket of `burst` requests, into which one falls each `interval`.
struct RateLimit: Sendable {
    struct Configuration: Equatable, Sendable {
        static let intervalMax = Duration.seconds(3600)
        static let bursts = 1...1_000_000

        var interval: Duration
        var burst: Int
    }

    /// When the bucket is full again, in nanoseconds of ``Moment/monotonic``.
    private var fullAt: Int64 = .min

    /// Whether a request may go on; else how long to wait.
    mutating func take(_ configuration: Configuration, at now: Moment) -> Duration? {
        // Within the bounds above this stays far from the end of the numbers.
        let interval = configuration.interval.nanoseconds
        let span = interval &* Int64(configuration.burst)
        // Of a larger bucket, that was before, only as much counts as this one holds.
        fullAt = min(max(fullAt, now.monotonic), now.monotonic &+ span)
        let full = fullAt &+ interval
        let missing = full &- (now.monotonic &+ span)
        if missing > 0 { return .nanoseconds(missing) }
        fullAt = full
        return nil
    }
}
