/// What the pushes of one mode have made of a metric so far.
enum Aggregate: Sendable {
    case sum(Double)
    case min(Double)
    case max(Double)
    case last(Double)
    indirect case mean(sum: Double, pushes: Double)
    indirect case quantile(Double, RecentValues)
    indirect case window(ValueWindow)
    /// Those of ``ClearMode/sum`` where `isSum`, else the last one.
    indirect case histogram(HistogramPoint, isSum: Bool)
    indirect case summary(SummaryPoint, isSum: Bool)

    /// Begins with `point`, in a mode that fits it and is not to replace: see ``fits(_:_:)``.
    init(_ mode: ClearMode, _ point: PushedMetric.Point, at time: Int64) {
        switch point {
        case .value(let value, _): self.init(mode, value, at: time)
        case .histogram(let point): self = .histogram(point.normalized, isSum: mode.operation == .sum)
        case .summary(let point): self = .summary(point.normalized, isSum: mode.operation == .sum)
        }
    }

    private init(_ mode: ClearMode, _ value: Double, at time: Int64) {
        if let window = mode.window {
            var values = ValueWindow(mode.operation, length: ValueWindow.length(of: window))
            values.add(value, at: time)
            self = .window(values)
            return
        }
        switch mode.operation {
        case .sum: self = .sum(value)
        case .min: self = .min(value)
        case .max: self = .max(value)
        case .replace, .last: self = .last(value)
        case .mean: self = .mean(sum: value, pushes: 1)
        case .quantile(let quantile):
            var values = RecentValues()
            values.append(value)
            self = .quantile(quantile, values)
        }
    }

    /// Whether a mode can be had for this kind of point.
    static func fits(_ mode: ClearMode, _ point: PushedMetric.Point) -> Bool {
        if case .value = point { return true }
        switch mode.operation {
        case .replace: return true
        case .sum, .last: return mode.window == nil
        case .mean, .min, .max, .quantile: return false
        }
    }

    /// Adds a later push; false, and nothing done, where it is of another mode or kind.
    mutating func add(_ mode: ClearMode, _ point: PushedMetric.Point, at time: Int64) -> Bool {
        switch point {
        case .value(let value, _): return add(mode, value, at: time)
        case .histogram(let new):
            guard mode.window == nil, case .histogram(var old, let isSum) = self, isSum == (mode.operation == .sum)
            else { return false }
            // So that there is one owner, and the buckets are not copied.
            self = .sum(0)
            if isSum { old.add(new.normalized) } else { old = new.normalized }
            self = .histogram(old, isSum: isSum)
            return true
        case .summary(let new):
            guard mode.window == nil, case .summary(var old, let isSum) = self, isSum == (mode.operation == .sum)
            else { return false }
            if isSum { old.add(new.normalized) } else { old = new.normalized }
            self = .summary(old, isSum: isSum)
            return true
        }
    }

    private mutating func add(_ mode: ClearMode, _ value: Double, at time: Int64) -> Bool {
        if let window = mode.window {
            guard case .window(var values) = self, values.operation == mode.operation,
                values.length == ValueWindow.length(of: window)
            else { return false }
            self = .sum(0)
            values.add(value, at: time)
            self = .window(values)
            return true
        }
        switch (self, mode.operation) {
        case (.sum(let old), .sum): self = .sum(old + value)
        case (.min(let old), .min): self = .min(Double.minimum(old, value))
        case (.max(let old), .max): self = .max(Double.maximum(old, value))
        case (.last, .last): self = .last(value)
        case (.mean(let sum, let pushes), .mean): self = .mean(sum: sum + value, pushes: pushes + 1)
        case (.quantile(let mine, var values), .quantile(let quantile)) where mine == quantile:
            self = .sum(0)
            values.append(value)
            self = .quantile(quantile, values)
        default: return false
        }
        return true
    }

    /// What is to be shown of a plain value; `nil` for an empty window, a histogram or a summary.
    func value(at time: Int64) -> Double? {
        switch self {
        case .sum(let value), .min(let value), .max(let value), .last(let value): value
        case .mean(let sum, let pushes): sum / pushes
        case .quantile(let quantile, let values): values.quantile(quantile)
        case .window(let values): values.value(at: time)
        case .histogram, .summary: nil
        }
    }

    /// How many samples it makes, at most.
    var samples: Int {
        switch self {
        case .histogram(let point, _): point.samples
        case .summary(let point, _): point.samples
        default: 1
        }
    }

    /// How many values are kept for it.
    var keptValues: Int {
        switch self {
        case .quantile(_, let values): values.count
        case .window(let values): values.buckets.count
        default: 0
        }
    }

    /// From when on nothing is left of its window; `.max` for never.
    var emptyAt: Int64 {
        if case .window(let values) = self { return values.emptyAt }
        return .max
    }

    /// When its value changes although nobody pushes; `.max` for never.
    func change(after time: Int64) -> Int64 {
        if case .window(let values) = self { return values.change(after: time) ?? .max }
        return .max
    }

    /// Whether it is of those that go on where they were when they return after their expiry.
    var isSum: Bool {
        switch self {
        case .sum: true
        case .histogram(_, let isSum), .summary(_, let isSum): isSum
        default: false
        }
    }
}
