/// How much the push door holds; what goes beyond is refused.
package struct PushLimits: Equatable, Sendable {
    package enum Name: String, Sendable {
        case groups
        case familiesOfGroup = "families of a group"
        case seriesOfGroup = "series of a group"
        case series
        /// Values and buckets that windows and quantiles keep.
        case keptValues = "kept values"
        case keyBytes = "bytes of an idempotency key"
    }

    package var groups = 10_000
    package var familiesOfGroup = 5000
    package var seriesOfGroup = 50_000
    package var series = 1_000_000
    package var keptValues = 10_000_000
    /// Of what nobody has given another life; `nil` is for ever.
    package var expireAfter: Duration?
    /// Values of expired series that are kept aside for their return.
    package var bases = 100_000
    package var idempotencyKeys = 100_000
    package var idempotencyLife = Duration.seconds(600)
    package var idempotencyKeyBytes = 256
    /// Of what is said about one push.
    package var conflicts = 20

    package init() {}

    /// For what was judged before.
    static let none: PushLimits = {
        var limits = PushLimits()
        (limits.groups, limits.familiesOfGroup, limits.seriesOfGroup, limits.series) = (.max, .max, .max, .max)
        (limits.keptValues, limits.bases, limits.idempotencyKeys, limits.idempotencyKeyBytes) = (.max, .max, .max, .max)
        return limits
    }()
}
