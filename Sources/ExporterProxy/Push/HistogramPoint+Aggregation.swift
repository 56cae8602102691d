extension HistogramPoint {
    /// With rising bounds, each once, the last +Inf, and counts that rise with them.
    var normalized: HistogramPoint {
        var rising: [(bound: Double, count: Double)] = []
        var floor = 0.0
        let known = buckets.filter { !$0.bound.isNaN }
        let isSorted = zip(known, known.dropFirst()).allSatisfy { $0.bound < $1.bound }
        for bucket in isSorted ? known : known.sorted(by: { $0.bound < $1.bound }) {
            floor = Double.maximum(floor, bucket.count)
            if rising.last?.bound == bucket.bound { rising.removeLast() }
            rising.append((bucket.bound, floor))
        }
        if rising.last?.bound != .infinity { rising.append((.infinity, Double.maximum(floor, count))) }
        return HistogramPoint(buckets: rising, sum: sum, count: rising.last?.count ?? 0)
    }

    /// Adds a later point; where its bounds are others, it begins anew with it. Both must be normalized.
    mutating func add(_ other: HistogramPoint) {
        guard buckets.elementsEqual(other.buckets, by: { $0.bound == $1.bound }) else {
            self = other
            return
        }
        for (index, bucket) in other.buckets.enumerated() { buckets[index].count += bucket.count }
        count += other.count
        sum = sum.flatMap { mine in other.sum.map { mine + $0 } }
    }

    /// How many samples it makes.
    var samples: Int { buckets.count + (sum == nil ? 1 : 2) }
}

extension SummaryPoint {
    /// With rising quantiles, each once.
    var normalized: SummaryPoint {
        let known = quantiles.filter { !$0.quantile.isNaN }
        if zip(known, known.dropFirst()).allSatisfy({ $0.quantile < $1.quantile }) {
            return SummaryPoint(quantiles: known, sum: sum, count: count)
        }
        var rising: [(quantile: Double, value: Double)] = []
        for quantile in known.sorted(by: { $0.quantile < $1.quantile })
        where rising.last?.quantile != quantile.quantile {
            rising.append(quantile)
        }
        return SummaryPoint(quantiles: rising, sum: sum, count: count)
    }

    /// Sum and count are added where both points have them; quantiles cannot be, and are those of the later point.
    mutating func add(_ other: SummaryPoint) {
        quantiles = other.quantiles
        sum = sum.flatMap { mine in other.sum.map { mine + $0 } }
        count = count.flatMap { mine in other.count.map { mine + $0 } }
    }

    var samples: Int { quantiles.count + (sum == nil ? 0 : 1) + (count == nil ? 0 : 1) }
}

extension PushedMetric.Point {
    /// How many samples it makes, at most.
    var samples: Int {
        switch self {
        case .value: 1
        // One more where the last bound has to be added.
        case .histogram(let point): point.samples + 1
        case .summary(let point): point.samples
        }
    }
}
