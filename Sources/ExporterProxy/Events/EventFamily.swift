import NIOCore

/// One metric with the values of its series.
///
/// Times are those of the monotonic clock, in nanoseconds.
struct EventFamily: Sendable {
    struct Series: Sendable {
        /// No other series ever has it.
        var serial: UInt64
        var lastPacket: Int64
        /// The sum, of a histogram or summary.
        var value: Double
        var count: UInt64
    }

    /// What a packet does to a series.
    enum Act: Equatable, Sendable {
        case add(Double)
        case set(Double)
        case observe(Double)
    }

    var definition: EventDefinition
    /// A packet has declared it, and not the configuration.
    var isDeclared: Bool
    let labels: EventLabels
    /// By the number that `table` has for them.
    var series: [Series] = []
    /// The labels of each series, as they stand between the braces.
    var table = ByteTable()
    /// Of a histogram: one for each bucket and one for the rest, series after series.
    var counts: [UInt64] = []
    /// Of a summary with objectives, by series.
    var windows: [EventWindow] = []
    /// Changes since the beginning: those that are not written out yet, and not saved, are told by it.
    var changes: UInt64 = 0
    var savedChanges: UInt64 = 0
    /// There is a part of it.
    var isSaved = false
    /// No series is to go before that.
    private var nextExpiry = Int64.max

    var text = Text()

    struct Text: Sendable {
        var bytes = ByteBuffer()
        var changes: UInt64 = 0
        /// Until when the text holds if no packet comes.
        var end = Int64.max
    }

    init(_ definition: EventDefinition, isDeclared: Bool = false) {
        self.definition = definition
        self.isDeclared = isDeclared
        labels = EventLabels(definition.labels)
    }

    var stride: Int { definition.kind == .histogram ? definition.buckets.count &+ 1 : 0 }
    var hasWindows: Bool { definition.kind == .summary && !definition.objectives.isEmpty }
    var windowSpan: Int64 { EventWindow.span(definition.maxAge) }

    // MARK: Packets

    /// For a packet that is known; false, and nothing has happened, where the series is not there any more, or its sum
    /// would not be finite.
    @inline(__always)
    mutating func add(_ amount: Double, to place: Int, _ serial: UInt64, at time: Int64) -> Bool {
        guard place < series.count, series[place].serial == serial else { return false }
        let sum = series[place].value + amount
        guard sum.isFinite else { return false }
        series[place].value = sum
        series[place].lastPacket = time
        changes &+= 1
        return true
    }

    /// False, and nothing has happened, where a sum would not be finite: it could never be told from what comes later.
    mutating func apply(_ act: Act, to place: Int, at time: Int64) -> Bool {
        let value: Double
        switch act {
        case .set(let new): value = new
        case .add(let amount), .observe(let amount):
            value = series[place].value + amount
            guard value.isFinite || definition.kind == .gauge else { return false }
        }
        series[place].value = value
        series[place].lastPacket = time
        changes &+= 1
        if case .observe(let value) = act { observe(value, place, time) }
        return true
    }

    private mutating func observe(_ value: Double, _ place: Int, _ time: Int64) {
        series[place].count &+= 1
        if stride > 0 { counts[place &* stride &+ bucket(of: value)] &+= 1 }
        if hasWindows { windows[place].observe(value, at: time, span: windowSpan) }
    }

    /// The first one whose border is not less.
    private func bucket(of value: Double) -> Int {
        var (low, high) = (0, definition.buckets.count)
        while low < high {
            let middle = (low &+ high) / 2
            if definition.buckets[middle] < value { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    // MARK: Series

    /// The number of a series that is not there yet.
    mutating func insert(_ text: UnsafeRawBufferPointer, serial: UInt64, at time: Int64) -> Int {
        let place = table.insert(text)
        let new = Series(serial: serial, lastPacket: time, value: 0, count: 0)
        if place == series.count {
            series.append(new)
            counts += repeatElement(0, count: stride)
            if hasWindows { windows.append(EventWindow()) }
        } else {
            series[place] = new
            for bucket in place * stride..<(place + 1) * stride { counts[bucket] = 0 }
            if hasWindows { windows[place] = EventWindow() }
        }
        if let life { nextExpiry = min(nextExpiry, Self.sum(time, life)) }
        return place
    }

    private var life: Int64? { definition.expireAfter?.eventNanoseconds }

    private static func sum(_ time: Int64, _ span: Int64) -> Int64 {
        let (end, overflows) = time.addingReportingOverflow(span)
        return overflows ? .max : end
    }

    /// Removes the series of which no packet has come for long; answers how many.
    mutating func expire(at time: Int64) -> Int {
        guard let life, time >= nextExpiry else { return 0 }
        var gone: [Int] = []
        nextExpiry = .max
        for place in series.indices where table.contains(place) {
            let end = Self.sum(series[place].lastPacket, life)
            if end <= time { gone.append(place) } else { nextExpiry = min(nextExpiry, end) }
        }
        for place in gone { series[place].serial = 0 }
        table.remove(gone)
        if !gone.isEmpty { changes &+= 1 }
        return gone.count
    }

    // MARK: Definitions

    /// Whether values counted by one are values of the other.
    static func areAlike(_ a: EventDefinition, _ b: EventDefinition) -> Bool {
        a.name == b.name && a.kind == b.kind && a.labels.sorted() == b.labels.sorted()
            && (a.kind != .histogram || a.buckets == b.buckets)
    }

    /// Takes a definition that is like the one it has.
    mutating func adopt(_ new: EventDefinition, isDeclared: Bool) {
        let (hadWindows, oldAge) = (hasWindows, definition.maxAge)
        definition = new
        self.isDeclared = isDeclared
        // They answer any quantile, but only of slices of their own length.
        if hadWindows != hasWindows || oldAge != new.maxAge {
            windows = hasWindows ? series.map { _ in EventWindow() } : []
        }
        // The next look finds out.
        nextExpiry = new.expireAfter == nil ? .max : .min
        changes &+= 1
    }
}
