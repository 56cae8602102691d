import Exposition
import NIOCore

/// A group as it was read from a part, checked for itself.
struct SavedGroup {
    struct Metric {
        var labels: String
        var life: Lifetime
        var state: Aggregate
    }

    struct Family {
        var family: GroupFamily
        var block: PushedBlock?
        var blockLife = Lifetime(pushedAt: 0, nil)
        var lines: [GroupFamily.Lines]
        var metrics: [Metric]
    }

    let key: GroupingKey
    let lastPush: Moment?
    let lastFailure: Moment?
    let lastSucceeded: Bool
    let families: [Family]

    init(_ reader: inout RecordReader, _ times: RestoredTimes) throws(RecordError) {
        key = try reader.group()
        lastPush = try reader.optional { reader throws(RecordError) in try reader.moment(times) }
        lastFailure = try reader.optional { reader throws(RecordError) in try reader.moment(times) }
        lastSucceeded = try reader.flag()
        families = try reader.each { reader throws(RecordError) in try reader.savedFamily(times) }
        try checkText()
    }

    private func checkText() throws(RecordError) {
        var text = WrittenText()
        text.append(key)
        for saved in families {
            let family = saved.family
            guard !PushTimes.isReserved(family.name) else { throw .damaged("a reserved name") }
            text.append(family.name, family.type, help: family.help)
            if let block = saved.block { text.append(block.lines) }
            for lines in saved.lines { text.append(lines.text) }
            for metric in saved.metrics { text.append(family.name, metric.labels, metric.state) }
        }
        try text.check()
    }

    /// Whether no other group has what this one has.
    func fits(_ ledger: PushLedger) -> Bool {
        guard ledger.owner(of: key.timeNumber) == nil else { return false }
        return families.allSatisfy { saved in
            let held = ledger.names[saved.family.name]
            guard held == nil || held?.type == saved.family.type else { return false }
            return saved.numbers.allSatisfy { ledger.owner(of: $0) == nil }
        }
    }
}

extension SavedGroup.Family {
    /// Of all metrics.
    var numbers: [UInt64] {
        let numbers = family.numbers
        return (block.map(numbers.numbers) ?? [])
            + lines.compactMap { numbers.numbers(of: .init(bytes: $0.text)).first }
            + metrics.map { numbers.number(labels: $0.labels, hasParts: $0.state.hasParts) }
    }
}

extension PushedGroup {
    mutating func restore(_ saved: SavedGroup, _ ledger: inout PushLedger) {
        (lastPush, lastFailure, lastSucceeded) = (saved.lastPush, saved.lastFailure, saved.lastSucceeded)
        for family in saved.families {
            add(family.family)
            ledger.claim(family.family.name, family.family.type, for: slot)
            change(family.family.name, &ledger) { [key, slot] held, ledger in
                let arrival = Arrival(group: key, slot: slot, at: family.family.pushedAt)
                held.restore(family, arrival, &ledger)
            }
        }
        // All is looked at once, and then it is known when something is due.
        forgetDue()
    }
}

extension Aggregate {
    /// Whether it is of a histogram or a summary.
    var hasParts: Bool {
        switch self {
        case .histogram, .summary: true
        default: false
        }
    }
}

extension WrittenText {
    mutating func append(_ name: String, _ labels: String, _ state: Aggregate) {
        switch state {
        case .histogram(let point, _): append(name, labels: labels, .histogram(point))
        case .summary(let point, _): append(name, labels: labels, .summary(point))
        default: append(name, labels: labels, .value(0, text: "0"))
        }
    }
}

// MARK: Bytes

extension RecordWriter {
    mutating func write(_ group: PushedGroup, _ times: WrittenTimes) {
        write(group.key)
        write(optional: group.lastPush) { $0.write($1.wall.nanoseconds) }
        write(optional: group.lastFailure) { $0.write($1.wall.nanoseconds) }
        write(group.lastSucceeded)
        write(each: group.families) { $0.write($1, times) }
    }

    private mutating func write(_ family: GroupFamily, _ times: WrittenTimes) {
        write(family.name)
        write(family.type)
        write(optional: family.help) { $0.write($1) }
        write(family.pushedAt.wall.nanoseconds)
        write(optional: family.block) { writer, block in
            writer.write(block.content.lines)
            writer.write(block.life, times)
        }
        write(each: Array(family.replaced.entries)) { writer, entry in
            writer.write(entry.metric.text)
            writer.write(entry.metric.life, times)
        }
        write(each: Array(family.aggregated.entries)) { writer, entry in
            writer.write(family.labels.text(entry.metric.labels))
            writer.write(entry.metric.life, times)
            writer.write(entry.metric.state, times)
        }
    }

    private mutating func write(_ life: Lifetime, _ times: WrittenTimes) {
        write(times.wall(life.pushedAt))
        write(life: life.own)
    }

    mutating func write(_ state: Aggregate, _ times: WrittenTimes) {
        switch state {
        case .sum(let value): write(tag: 0, value)
        case .min(let value): write(tag: 1, value)
        case .max(let value): write(tag: 2, value)
        case .last(let value): write(tag: 3, value)
        case .mean(let sum, let pushes):
            write(tag: 4, sum)
            write(pushes)
        case .quantile(let quantile, let values):
            write(tag: 5, quantile)
            write(each: values.values) { $0.write($1) }
        case .window(let window):
            write(byte: 6)
            write(window, times)
        case .histogram(let point, let isSum):
            write(byte: 7)
            write(isSum)
            write(point)
        case .summary(let point, let isSum):
            write(byte: 8)
            write(isSum)
            write(point)
        }
    }

    private mutating func write(tag: UInt8, _ value: Double) {
        write(byte: tag)
        write(value)
    }

    private mutating func write(_ window: ValueWindow, _ times: WrittenTimes) {
        write(window.operation)
        write(window.length)
        write(each: window.buckets) { writer, bucket in
            writer.write(times.wall(bucket.start))
            writer.write(bucket.value)
            writer.write(bucket.pushes)
        }
    }
}

extension RecordReader {
    fileprivate mutating func savedFamily(_ times: RestoredTimes) throws(RecordError) -> SavedGroup.Family {
        let (name, type) = (try text(), try type())
        let help = try optional { reader throws(RecordError) in try reader.text() }
        let family = GroupFamily(name, type, help: help, at: try moment(times))
        let block = try optional { reader throws(RecordError) in (try reader.lines(), try reader.lifetime(times)) }
        let lines = try each { reader throws(RecordError) in try reader.savedLines(name, type, times) }
        let metrics = try each { reader throws(RecordError) in
            SavedGroup.Metric(
                labels: try reader.text(), life: try reader.lifetime(times), state: try reader.aggregate(times))
        }
        var saved = SavedGroup.Family(family: family, block: nil, lines: lines, metrics: metrics)
        if let (lines, life) = block {
            saved.block = PushedBlock(lines: lines, series: try WrittenText.series(name, type, lines))
            saved.blockLife = life
        }
        guard saved.block == nil || lines.isEmpty else { throw .damaged("a family") }
        return saved
    }

    private mutating func savedLines(
        _ name: String, _ type: MetricType, _ times: RestoredTimes
    ) throws(RecordError) -> GroupFamily.Lines {
        let text = try lines()
        let count = try WrittenText.series(name, type, text).count
        guard count > 0 else { throw .damaged("lines of \(name)") }
        return GroupFamily.Lines(
            text: Array(text.readableBytesView), count: Int32(truncatingIfNeeded: count), life: try lifetime(times))
    }

    private mutating func lifetime(_ times: RestoredTimes) throws(RecordError) -> Lifetime {
        Lifetime(pushedAt: times.monotonic(wall: try int64()), try life())
    }

    mutating func aggregate(_ times: RestoredTimes) throws(RecordError) -> Aggregate {
        switch try byte() {
        case 0: return .sum(try number())
        case 1: return .min(try number())
        case 2: return .max(try number())
        case 3: return .last(try number())
        case 4: return .mean(sum: try number(), pushes: try number())
        case 5:
            let quantile = try quantile()
            var values = RecentValues()
            for value in try each({ reader throws(RecordError) in try reader.number() }) { values.append(value) }
            return .quantile(quantile, values)
        case 6: return .window(try window(times))
        case 7: return .histogram(isSum: try flag(), try histogram())
        case 8: return .summary(isSum: try flag(), try summary())
        default: throw .damaged("a value")
        }
    }

    private mutating func window(_ times: RestoredTimes) throws(RecordError) -> ValueWindow {
        let operation = try operation()
        let length = try int64()
        guard 1...ValueWindow.lengthMax ~= length else { throw .damaged("a window") }
        let buckets = try each { reader throws(RecordError) in
            ValueWindow.Bucket(
                start: times.monotonic(wall: try reader.int64()), value: try reader.number(),
                pushes: try reader.number())
        }
        guard buckets.count <= ValueWindow.bucketsMax else { throw .damaged("a window") }
        return ValueWindow(operation, length: length, buckets: buckets)
    }
}

extension Aggregate {
    fileprivate static func histogram(isSum: Bool, _ point: HistogramPoint) -> Self {
        .histogram(point, isSum: isSum)
    }

    fileprivate static func summary(isSum: Bool, _ point: SummaryPoint) -> Self { .summary(point, isSum: isSum) }
}
