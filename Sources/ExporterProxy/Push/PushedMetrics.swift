import Exposition

/// Puts the sample lines of one family together to metrics: a histogram's buckets, sum and count are one.
struct PushedMetrics {
    /// A metric while its lines come.
    private struct Building {
        var mode: ClearMode
        var first: GroupedLine
        /// Buckets or quantiles.
        var borders: [(border: Double, value: Double)] = []
        var sum: Double?
        var count: Double?
    }

    private let family: String
    private let type: MetricType
    private var building: [Building] = []
    /// By labels, the place among ``building``.
    private var places: [ExactText: Int] = [:]
    /// A series asked for all of the family to go.
    private(set) var clearsAll = false
    /// A series said nothing of its mode.
    private(set) var hasUnsaid = false

    init(family: String, type: MetricType) {
        self.family = family
        self.type = type
    }

    /// The metrics of a family, in the order of their first lines.
    ///
    /// - Parameters:
    ///   - lines: of ``GroupedText``.
    ///   - hasMark: `clearmode` is among the labels.
    ///   - standard: for series that say nothing.
    mutating func read(
        _ lines: UnsafeRawBufferPointer, hasMark: Bool, standard: ClearWord
    ) throws(PushRefusal) -> [PushedMetric] {
        let border: StaticString? = type == .histogram ? "le" : type == .summary ? "quantile" : nil
        let areParts = border != nil || hasMark
        var metrics: [PushedMetric] = []
        for place in SampleLines(lines) {
            guard let line = GroupedLine(place, in: lines, border: border, hasMark: hasMark) else {
                throw .notReadable(Self.notUnderstood)
            }
            let word = try word(of: line, standard)
            if word == .family { clearsAll = true }
            if areParts {
                try add(line, word)
            } else {
                metrics.append(
                    PushedMetric(labels: line.labels, mode: word.mode, point: .value(line.value, text: line.number)))
            }
        }
        return areParts ? try finished() : metrics
    }

    static let notUnderstood = "the body was not understood"

    private mutating func word(of line: GroupedLine, _ standard: ClearWord) throws(PushRefusal) -> ClearWord {
        guard let said = line.clearMode else {
            hasUnsaid = true
            return standard
        }
        guard let word = ClearWord(said) else { throw .clearMode(said, line: line.shown) }
        return word
    }

    private mutating func add(_ line: GroupedLine, _ word: ClearWord) throws(PushRefusal) {
        let known = places[ExactText(line.labels)]
        let place = known ?? building.count
        if known == nil {
            places[ExactText(line.labels)] = place
            building.append(Building(mode: word.mode, first: line))
        } else if line.clearMode != nil {
            // Of a histogram of which one sample says something, all of it is meant.
            building[place].mode = word.mode
        }
        let isRepeated: Bool
        switch type {
        case .histogram, .summary:
            if line.isNamed("_sum", behind: family.utf8.count) {
                isRepeated = building[place].sum != nil
                building[place].sum = line.value
            } else if line.isNamed("_count", behind: family.utf8.count) {
                isRepeated = building[place].count != nil
                building[place].count = line.value
            } else {
                guard let border = line.border else { throw .notReadable(Self.notUnderstood) }
                isRepeated = false
                building[place].borders.append((border, line.value))
            }
        default: isRepeated = known != nil
        }
        if isRepeated { throw .repeated(line: line.shown) }
    }

    // MARK: What came of it

    private func finished() throws(PushRefusal) -> [PushedMetric] {
        var metrics: [PushedMetric] = []
        metrics.reserveCapacity(building.count)
        for metric in building {
            metrics.append(PushedMetric(labels: metric.first.labels, mode: metric.mode, point: try point(of: metric)))
        }
        return metrics
    }

    private func point(of metric: Building) throws(PushRefusal) -> PushedMetric.Point {
        guard type == .histogram || type == .summary else {
            return .value(metric.first.value, text: metric.first.number)
        }
        var borders = metric.borders
        borders.sort { $0.border < $1.border }
        if zip(borders, borders.dropFirst()).contains(where: { $0.border == $1.border }) {
            throw .repeated(line: metric.first.shown)
        }
        guard type == .histogram else {
            let quantiles = borders.map { (quantile: $0.border, value: $0.value) }
            return .summary(SummaryPoint(quantiles: quantiles, sum: metric.sum, count: metric.count))
        }
        // The bucket up to +Inf holds as many as there are; some leave out one of both.
        let last = borders.last
        let count = metric.count ?? last?.value ?? 0
        if last?.border != .infinity { borders.append((.infinity, count)) }
        let buckets = borders.map { (bound: $0.border, count: $0.value) }
        return .histogram(HistogramPoint(buckets: buckets, sum: metric.sum, count: count))
    }
}

extension ClearWord {
    /// A family that replaces another one is made of series that replace others.
    fileprivate var mode: ClearMode {
        switch self {
        case .mode(let mode): mode
        case .family: .replace
        }
    }
}
