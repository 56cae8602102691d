/// Values of the last while, in at most a hundred buckets of time, and what a mode makes of them.
///
/// All times are of the monotonic clock.
struct ValueWindow: Sendable {
    struct Bucket: Sendable {
        /// Of the first value in it: with that it goes.
        var start: Int64
        var value: Double
        /// How many values are in it.
        var pushes: Double
    }

    static let lengthMax = Int64.max / 4
    /// A quantile is of the newest values; some more are kept, so that not each push moves all.
    static let bucketsMax = RecentValues.limit + 256

    let operation: ClearMode.Operation
    /// In nanoseconds, more than 0.
    let length: Int64
    /// The oldest first. For a quantile each value has its own, and those that go together the same start.
    private(set) var buckets: [Bucket]

    init(_ operation: ClearMode.Operation, length: Int64, buckets: [Bucket] = []) {
        self.operation = operation
        self.length = min(max(1, length), Self.lengthMax)
        self.buckets = buckets
    }

    /// What `window` is, as a length.
    static func length(of window: Duration) -> Int64 {
        let (nanoseconds, overflows) = window.milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? lengthMax : max(1, min(nanoseconds, lengthMax))
    }

    mutating func add(_ value: Double, at time: Int64) {
        let gone = buckets.prefix { isOver($0, at: time) }.count
        if gone > 0 { buckets.removeFirst(gone) }
        guard let last = buckets.last, time &- last.start < max(1, length / 100) else {
            buckets.append(Bucket(start: time, value: value, pushes: 1))
            return dropSurplus()
        }
        if case .quantile = operation {
            buckets.append(Bucket(start: last.start, value: value, pushes: 1))
            return dropSurplus()
        }
        buckets[buckets.count - 1].value = combined(last.value, value)
        buckets[buckets.count - 1].pushes += 1
    }

    private func combined(_ old: Double, _ new: Double) -> Double {
        switch operation {
        case .sum, .mean: old + new
        case .min: Double.minimum(old, new)
        case .max: Double.maximum(old, new)
        case .replace, .last, .quantile: new
        }
    }

    private mutating func dropSurplus() {
        if buckets.count > Self.bucketsMax { buckets.removeFirst(buckets.count - RecentValues.limit) }
    }

    private func isOver(_ bucket: Bucket, at time: Int64) -> Bool { time &- bucket.start >= length }

    /// `nil` where nothing is left to say something of.
    func value(at time: Int64) -> Double? {
        let left = buckets.drop { isOver($0, at: time) }
        switch operation {
        case .sum: return left.reduce(0) { $0 + $1.value }
        case _ where left.isEmpty: return nil
        case .mean: return left.reduce(0) { $0 + $1.value } / left.reduce(0) { $0 + $1.pushes }
        case .min: return left.reduce(.nan) { Double.minimum($0, $1.value) }
        case .max: return left.reduce(.nan) { Double.maximum($0, $1.value) }
        case .replace, .last: return left.last?.value
        case .quantile(let quantile):
            return RecentValues.quantile(quantile, of: left.suffix(RecentValues.limit).lazy.map(\.value))
        }
    }

    /// When the value changes although nobody pushes.
    func change(after time: Int64) -> Int64? {
        buckets.first { !isOver($0, at: time) }.map { $0.start &+ length }
    }

    /// From when on nothing is left that is worth keeping; `.max` for never.
    var emptyAt: Int64 {
        if case .sum = operation { return .max }
        return buckets.last.map { $0.start &+ length } ?? .max
    }
}
