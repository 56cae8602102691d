/// The newest values, at most ``limit`` of them, and a quantile of them.
struct RecentValues: Sendable {
    static let limit = 1024

    private var ring: [Double] = []
    /// Where the oldest is, once the ring is full.
    private var start = 0

    var count: Int { ring.count }

    /// The oldest first.
    var values: [Double] { Array(ring[start...] + ring[..<start]) }

    mutating func append(_ value: Double) {
        guard ring.count >= Self.limit else { return ring.append(value) }
        ring[start] = value
        start = start + 1 == ring.count ? 0 : start + 1
    }

    func quantile(_ quantile: Double) -> Double { Self.quantile(quantile, of: ring) }

    /// Between neighbours in a straight line; NaN counts for nothing, unless there is nothing else.
    static func quantile(_ quantile: Double, of values: some Sequence<Double>) -> Double {
        let numbers = values.filter { !$0.isNaN }.sorted()
        guard let last = numbers.last else { return .nan }
        let rank = (quantile > 0 ? min(quantile, 1) : 0) * Double(numbers.count - 1)
        let lower = Int(rank)
        let fraction = rank - Double(lower)
        guard fraction > 0, lower + 1 < numbers.count else { return lower < numbers.count ? numbers[lower] : last }
        let (a, b) = (numbers[lower], numbers[lower + 1])
        return a == b ? a : a * (1 - fraction) + b * fraction
    }
}
