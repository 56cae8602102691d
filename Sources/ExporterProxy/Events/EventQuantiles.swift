import Glibc

/// Counts values by their size, so that quantiles come out within one per cent.
///
/// Bin i holds what is greater than g^(i-1) and at most g^i, with g = 1.01 / 0.99. At most ``binsMax`` bins for each
/// sign, which is a span of 28 000 to 1; beyond that the smallest ones are thrown together. Two of them can be added.
struct EventSketch: Sendable, Equatable {
    static let binsMax = 512
    private static let base = log(1.01 / 0.99)

    /// The bins of one sign, without those that are empty at both ends.
    struct Bins: Sendable, Equatable {
        private(set) var low = 0
        private(set) var counts: [UInt32] = []

        init() {}

        /// `nil` where there never were such bins.
        init?(low: Int, counts: [UInt32]) {
            guard counts.count <= binsMax, -100_000...100_000 ~= low else { return nil }
            (self.low, self.counts) = (low, counts)
        }

        mutating func add(_ bin: Int, _ count: UInt32) {
            if counts.isEmpty { (low, counts) = (bin, [0]) }
            let high = low + counts.count - 1
            if bin > high { extend(to: bin) }
            if bin < low { extend(down: max(bin, low + counts.count - binsMax)) }
            let place = max(0, bin - low)
            let (sum, overflows) = counts[place].addingReportingOverflow(count)
            counts[place] = overflows ? .max : sum
        }

        private mutating func extend(to bin: Int) {
            let first = bin - binsMax + 1
            if first > low {
                let merged = counts.prefix(first - low).reduce(0 as UInt64) { $0 + UInt64($1) }
                counts.removeFirst(min(counts.count, first - low))
                low = first
                if counts.isEmpty { counts.append(0) }
                counts[0] = UInt32(clamping: merged + UInt64(counts[0]))
            }
            counts += repeatElement(0, count: bin - low + 1 - counts.count)
        }

        private mutating func extend(down bin: Int) {
            guard bin < low else { return }
            counts.insert(contentsOf: repeatElement(0, count: low - bin), at: 0)
            low = bin
        }

        mutating func add(_ other: Bins) {
            guard let first = other.counts.firstIndex(where: { $0 > 0 }),
                let last = other.counts.lastIndex(where: { $0 > 0 })
            else { return }
            // The greatest first, and then room for all of them at once.
            add(other.low + last, other.counts[last])
            extend(down: max(other.low + first, low + counts.count - binsMax))
            for place in first..<last where other.counts[place] > 0 { add(other.low + place, other.counts[place]) }
        }

        var total: UInt64 { counts.reduce(0) { $0 + UInt64($1) } }
    }

    var positive = Bins()
    var negative = Bins()
    var zeros: UInt32 = 0

    var total: UInt64 { positive.total + negative.total + UInt64(zeros) }

    /// - Parameter value: a number, and finite.
    mutating func add(_ value: Double) {
        if value > 0 {
            positive.add(Self.bin(value), 1)
        } else if value < 0 {
            negative.add(Self.bin(-value), 1)
        } else {
            zeros = zeros == .max ? zeros : zeros + 1
        }
    }

    mutating func add(_ other: EventSketch) {
        positive.add(other.positive)
        negative.add(other.negative)
        zeros = UInt32(clamping: UInt64(zeros) + UInt64(other.zeros))
    }

    /// NaN where there are no values.
    func quantile(_ quantile: Double) -> Double {
        let total = total
        guard total > 0 else { return .nan }
        let rank = UInt64(max(0, min(1, quantile)) * Double(total - 1))
        var seen: UInt64 = 0
        for place in negative.counts.indices.reversed() {
            seen += UInt64(negative.counts[place])
            if seen > rank { return -Self.middle(negative.low + place) }
        }
        seen += UInt64(zeros)
        if seen > rank { return 0 }
        for place in positive.counts.indices {
            seen += UInt64(positive.counts[place])
            if seen > rank { return Self.middle(positive.low + place) }
        }
        return .nan
    }

    private static func bin(_ value: Double) -> Int { Int((log(value) / base).rounded(.up)) }

    /// What is within one per cent of all that is in the bin.
    private static func middle(_ bin: Int) -> Double {
        let border = exp(Double(bin) * base)
        return border.isFinite ? border * 0.99 : .greatestFiniteMagnitude
    }
}

/// The sketches of the last while, in five slices of time of which the oldest goes as a whole.
struct EventWindow: Sendable, Equatable {
    static let slices = 5

    struct Slice: Sendable, Equatable {
        /// Of all slices since the monotonic clock began.
        var number: Int64
        var sketch: EventSketch
    }

    /// The oldest first.
    private(set) var slices: [Slice] = []

    init(_ slices: [Slice] = []) { self.slices = slices.suffix(Self.slices) }

    /// Of one slice, in nanoseconds.
    static func span(_ maxAge: Duration) -> Int64 { max(1, maxAge.eventNanoseconds / Int64(slices)) }

    /// Which slice a time is in; times before the clock began are in slices of their own.
    static func number(at time: Int64, span: Int64) -> Int64 {
        let (number, rest) = time.quotientAndRemainder(dividingBy: span)
        return rest < 0 ? number - 1 : number
    }

    mutating func observe(_ value: Double, at time: Int64, span: Int64) {
        let number = Self.number(at: time, span: span)
        if slices.last.map({ $0.number < number }) ?? true {
            slices.append(Slice(number: number, sketch: EventSketch()))
            dropOld(at: time, span: span)
        }
        slices[slices.count - 1].sketch.add(value)
    }

    /// The last one that does not count any more.
    private static func oldest(at time: Int64, span: Int64) -> Int64 {
        number(at: time, span: span) &- Int64(slices)
    }

    private mutating func dropOld(at time: Int64, span: Int64) {
        let oldest = Self.oldest(at: time, span: span)
        slices.removeAll { $0.number <= oldest }
        if slices.count > Self.slices { slices.removeFirst(slices.count - Self.slices) }
    }

    /// All values that still count.
    func sketch(at time: Int64, span: Int64) -> EventSketch {
        let oldest = Self.oldest(at: time, span: span)
        var sum = EventSketch()
        for slice in slices where slice.number > oldest { sum.add(slice.sketch) }
        return sum
    }

    /// When the oldest values go; `.max` where there are none.
    func end(after time: Int64, span: Int64) -> Int64 {
        let oldest = Self.oldest(at: time, span: span)
        guard let first = slices.first(where: { $0.number > oldest }) else { return .max }
        let (end, overflows) = (first.number &+ Int64(Self.slices)).multipliedReportingOverflow(by: span)
        return overflows ? .max : end
    }
}
