/// How much each of many may have: a bucket that fills steadily, and is never more than full.
///
/// It keeps a bounded number of buckets. Those it has no room for share one, so a flood of new keys takes nothing from
/// the known ones.
package struct RateLimit<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        /// What has been taken and not been filled up again.
        var missing: Double
        var at: Int64
    }

    private let bounds: RateLimitBounds
    private let bucketsMax: Int
    private var buckets: [Key: Bucket] = [:]
    private var shared = Bucket(missing: 0, at: 0)
    /// When full buckets are next forgotten.
    private var sweepAt: Int64 = .min

    package init(_ bounds: RateLimitBounds, bucketsMax: Int = 4_096) {
        (self.bounds, self.bucketsMax) = (bounds, bucketsMax)
    }

    package var count: Int { buckets.count }

    /// Takes `amount` if there is as much.
    package mutating func take(_ amount: Int = 1, of key: Key, at now: Int64) -> Bool {
        if let bucket = buckets[key] {
            let (after, isGiven) = take(amount, of: bucket, at: now)
            buckets[key] = after
            return isGiven
        }
        if buckets.count >= bucketsMax { sweep(at: now) }
        let isKept = buckets.count < bucketsMax
        let (after, isGiven) = take(amount, of: isKept ? Bucket(missing: 0, at: now) : shared, at: now)
        if isKept { buckets[key] = after } else { shared = after }
        return isGiven
    }

    private func take(_ amount: Int, of bucket: Bucket, at now: Int64) -> (Bucket, Bool) {
        let missing = missing(of: bucket, at: now)
        let isGiven = missing + Double(amount) <= bounds.burst
        return (Bucket(missing: isGiven ? missing + Double(amount) : missing, at: now), isGiven)
    }

    private func missing(of bucket: Bucket, at now: Int64) -> Double {
        max(0, bucket.missing - Double(now - bucket.at) / 1e9 * bounds.perSecond)
    }

    /// At most once a second: who floods us is not to pay with our time.
    private mutating func sweep(at now: Int64) {
        guard now >= sweepAt else { return }
        sweepAt = now + DHTWire.second
        buckets = buckets.filter { missing(of: $0.value, at: now) > 0 }
    }
}

/// How fast a bucket fills, and how much is in a full one.
package struct RateLimitBounds: Equatable, Sendable {
    package var perSecond: Double
    package var burst: Double

    package init(perSecond: Double, burst: Double) { (self.perSecond, self.burst) = (perSecond, burst) }
}
