import NIOCore

/// The values of one metric as bytes that outlive the process. Times are those of the wall.
struct SavedEvents: Sendable {
    struct Series: Sendable {
        /// In the order of the sorted names.
        var labels: [String]
        var lastPacket: Int64
        var value: Double
        var count: UInt64
        var counts: [UInt64]
        /// Each with the time at which it began.
        var slices: [(start: Int64, sketch: EventSketch)]
    }

    private static let version: UInt8 = 1
    static let seriesMax = 10_000_000

    /// Its name, kind, labels, buckets, and help; of a summary objectives and age too.
    var definition: EventDefinition
    var isDeclared: Bool
    var series: [Series] = []

    init(_ definition: EventDefinition, isDeclared: Bool) {
        (self.definition, self.isDeclared) = (definition, isDeclared)
    }

    // MARK: Writing

    var bytes: ByteBuffer {
        var writer = RecordWriter(version: Self.version, room: 256 + series.count * 64)
        writer.write(byte: Self.number(of: definition.kind))
        writer.write(definition.name)
        writer.write(definition.help)
        writer.write(each: definition.labels) { $0.write($1) }
        writer.write(each: definition.kind == .histogram ? definition.buckets : []) { $0.write($1) }
        writer.write(each: definition.kind == .summary ? definition.objectives : []) { $0.write($1) }
        writer.write(definition.maxAge.eventNanoseconds)
        writer.write(isDeclared)
        writer.write(each: series) { $0.write($1) }
        return writer.bytes
    }

    private static func number(of kind: EventDefinition.Kind) -> UInt8 {
        switch kind {
        case .counter: 0
        case .gauge: 1
        case .histogram: 2
        case .summary: 3
        }
    }

    // MARK: Reading

    init(_ bytes: ByteBuffer) throws(RecordError) {
        var reader = try RecordReader(bytes, version: Self.version)
        let kinds: [EventDefinition.Kind] = [.counter, .gauge, .histogram, .summary]
        let kind = Int(try reader.byte())
        guard kinds.indices.contains(kind) else { throw .damaged("a kind") }
        definition = EventDefinition(
            kinds[kind], try reader.text(), help: try reader.text(),
            labels: try reader.each(max: EventDefinition.labelsMax) { reader throws(RecordError) in
                try reader.text()
            },
            buckets: try reader.each(max: EventDefinition.bucketsMax) { reader throws(RecordError) in
                try reader.number()
            },
            objectives: try reader.each(max: EventDefinition.objectivesMax) { reader throws(RecordError) in
                try reader.number()
            },
            maxAge: .nanoseconds(max(1, try reader.int64())))
        isDeclared = try reader.flag()
        guard definition.problems.isEmpty else { throw .damaged("a definition") }
        let definition = definition
        series = try reader.each(max: Self.seriesMax) { reader throws(RecordError) in
            try reader.series(of: definition)
        }
        try reader.end()
    }
}

extension RecordWriter {
    fileprivate mutating func write(_ series: SavedEvents.Series) {
        write(each: series.labels) { $0.write($1) }
        write(series.lastPacket)
        write(series.value)
        write(count: series.count)
        write(each: series.counts) { $0.write(count: $1) }
        write(each: series.slices) { writer, slice in
            writer.write(slice.start)
            writer.write(slice.sketch.positive)
            writer.write(slice.sketch.negative)
            writer.write(count: UInt64(slice.sketch.zeros))
        }
    }

    private mutating func write(_ bins: EventSketch.Bins) {
        write(Int64(bins.low))
        write(each: bins.counts) { $0.write(count: UInt64($1)) }
    }
}

extension RecordReader {
    fileprivate mutating func series(of definition: EventDefinition) throws(RecordError) -> SavedEvents.Series {
        let series = SavedEvents.Series(
            labels: try each(max: EventDefinition.labelsMax) { reader throws(RecordError) in try reader.text() },
            lastPacket: try int64(), value: try number(), count: try count(),
            counts: try each(max: EventDefinition.bucketsMax + 1) { reader throws(RecordError) in
                try reader.count()
            },
            slices: try each(max: EventWindow.slices) { reader throws(RecordError) in
                (try reader.int64(), try reader.sketch())
            })
        let buckets = definition.kind == .histogram ? definition.buckets.count + 1 : 0
        guard series.labels.count == definition.labels.count, series.counts.count == buckets else {
            throw .damaged("a series")
        }
        if definition.kind == .counter, !(series.value >= 0) { throw .damaged("a value") }
        return series
    }

    private mutating func sketch() throws(RecordError) -> EventSketch {
        var sketch = EventSketch()
        sketch.positive = try bins()
        sketch.negative = try bins()
        sketch.zeros = try count32()
        return sketch
    }

    private mutating func bins() throws(RecordError) -> EventSketch.Bins {
        let low = Int(try int64())
        let counts = try each(max: EventSketch.binsMax) { reader throws(RecordError) in try reader.count32() }
        guard let bins = EventSketch.Bins(low: low, counts: counts) else { throw .damaged("a sketch") }
        return bins
    }

    private mutating func count32() throws(RecordError) -> UInt32 {
        guard let count = UInt32(exactly: try count()) else { throw .damaged("a count") }
        return count
    }
}

extension EventFamily {
    /// Its values as far as they are copied.
    struct Saving: Sendable {
        fileprivate(set) var cursor: EventCursor
        fileprivate(set) var saved: SavedEvents

        init(_ family: EventFamily, serialEnd: UInt64) {
            cursor = EventCursor(family, serialEnd: serialEnd)
            saved = SavedEvents(family.definition, isDeclared: family.isDeclared)
        }
    }

    /// Of one step: less than a millisecond.
    private static let savedAtOnce = 512

    /// Copies some more series as they are at a moment, whose two times say what the monotonic ones are by the wall's
    /// clock.
    func save(_ saving: inout Saving, at now: Moment) {
        let span = windowSpan
        for place in saving.cursor.advance(by: Self.savedAtOnce, in: self) {
            let slices = hasWindows ? windows[place].slices : []
            saving.saved.series.append(
                SavedEvents.Series(
                    labels: table.withText(place) { labels.values(of: $0) },
                    lastPacket: now.wall(ofMonotonic: series[place].lastPacket), value: series[place].value,
                    count: series[place].count, counts: Array(counts[place * stride..<(place + 1) * stride]),
                    slices: slices.map { (now.wall(ofMonotonic: $0.number &* span), $0.sketch) }))
        }
    }

    /// Takes a series that is not there; `old` is like the definition that it has.
    mutating func restore(_ saved: SavedEvents.Series, serial: UInt64, of old: EventDefinition, at now: Moment) {
        let text = labels.text(of: saved.labels)
        guard text.withUnsafeBytes({ table.find($0) }) == nil else { return }
        let last = now.monotonic(ofWall: saved.lastPacket)
        let place = text.withUnsafeBytes { insert($0, serial: serial, at: last) }
        series[place].value = saved.value
        series[place].count = saved.count
        for (bucket, count) in saved.counts.enumerated() { counts[place * stride + bucket] = count }
        if hasWindows, old.maxAge == definition.maxAge {
            windows[place] = EventWindow(slices(saved, at: now))
        }
        changes &+= 1
    }

    private func slices(_ saved: SavedEvents.Series, at now: Moment) -> [EventWindow.Slice] {
        var slices: [EventWindow.Slice] = []
        for slice in saved.slices {
            // By their middle: slices of another clock begin at other times.
            let middle = now.monotonic(ofWall: slice.start &+ windowSpan / 2)
            let number = EventWindow.number(at: middle, span: windowSpan)
            // In order, whatever was saved, and by a clock that may have been set back since.
            if let last = slices.last, last.number >= number {
                slices[slices.count - 1].sketch.add(slice.sketch)
            } else {
                slices.append(EventWindow.Slice(number: number, sketch: slice.sketch))
            }
        }
        return slices
    }
}

extension Moment {
    /// What the wall's clock said at a time of the monotonic one.
    fileprivate func wall(ofMonotonic time: Int64) -> Int64 {
        let (age, overflows) = monotonic.subtractingReportingOverflow(time)
        return overflows ? wall.nanoseconds : wall.nanoseconds &- age
    }

    /// As long ago as the wall says; never in the future, and not so long that it could not be counted with.
    fileprivate func monotonic(ofWall time: Int64) -> Int64 {
        let (age, overflows) = wall.nanoseconds.subtractingReportingOverflow(time)
        let past = overflows ? (time < 0 ? Int64.max / 4 : 0) : min(max(0, age), .max / 4)
        return monotonic &- past
    }
}

extension EventMetrics {
    /// Where a part is kept is said by its metric's name.
    static let partPrefix = "events "

    package static func isPart(_ key: String) -> Bool { key.hasPrefix(partPrefix) }

    /// The metrics whose values have changed since they were said before, as bytes; `nil` where there is none any more.
    package mutating func changedParts(at now: Moment) -> [(key: String, part: ByteBuffer?)] {
        var walk = EventSavingWalk()
        return takeGoneParts() + Self.parts { save(&walk, at: now) }
    }

    mutating func takeGoneParts() -> [(key: String, part: ByteBuffer?)] {
        defer { goneParts = [] }
        return goneParts.sorted().map { (Self.partPrefix + $0, nil) }
    }

    /// What comes of a walk to its end.
    static func parts(_ step: () -> SavingStep) -> [(key: String, part: ByteBuffer?)] {
        var parts: [(key: String, part: ByteBuffer?)] = []
        while true {
            switch step() {
            case .more: continue
            case .part(let name, let saved): parts.append((partPrefix + name, saved?.bytes))
            case .end: return parts
            }
        }
    }

    /// Takes a part that was said by ``changedParts(at:)``, perhaps in another run. Nothing of one that is damaged is
    /// taken, nor of one whose metric is defined otherwise now: these parts are removed with the next ones. One of
    /// another version stays for that.
    package mutating func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws(RecordError) {
        do throws(RecordError) {
            try restore(part, at: now)
        } catch {
            if case .version = error { throw error }
            goneParts.insert(String(key.dropFirst(Self.partPrefix.count)))
            throw error
        }
    }

    package mutating func restore(_ part: ByteBuffer, at now: Moment) throws(RecordError) {
        restore(try SavedEvents(part), at: now)
    }
}
