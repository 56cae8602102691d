/// Knows what Sentry has been told: the same failure of the same generator at most once a minute.
struct SentryLedger: Sendable {
    private struct Key: Hashable {
        var generator: ExactText
        var reason: String
    }

    static let interval = Duration.seconds(60)
    /// Beyond so many failures in a minute, others are not told.
    static let keysMax = 1024

    /// In nanoseconds of ``Moment/monotonic``.
    private var toldAt: [Key: Int64] = [:]

    /// Whether it is to be told; then it counts as told.
    mutating func take(_ report: SentryReport) -> Bool {
        let now = report.at.monotonic
        let key = Key(generator: ExactText(report.generator), reason: report.reason)
        if let last = toldAt[key], Self.isRecent(last, now) { return false }
        if toldAt.count >= Self.keysMax { toldAt = toldAt.filter { Self.isRecent($0.value, now) } }
        guard toldAt[key] != nil || toldAt.count < Self.keysMax else { return false }
        toldAt[key] = now
        return true
    }

    private static func isRecent(_ last: Int64, _ now: Int64) -> Bool {
        now &- last < interval.nanoseconds
    }
}
