import Exposition
import NIOCore

/// What a group holds of one family: what is replaced, as lines, and what is aggregated.
///
/// What is replaced is one block as it came, or, once single metrics of it have gone other ways, a table.
struct GroupFamily: Sendable {
    struct Block: Sendable {
        var content: PushedBlock
        /// As ``FamilyNumbers/numbers(of:)-(PushedBlock)`` has them.
        var numbers: [UInt64]
        var life: Lifetime
    }

    /// A metric in replace mode.
    struct Lines: Sendable {
        var text: [UInt8]
        /// Of samples.
        var count: Int32
        var life: Lifetime
    }

    struct Aggregated: Sendable {
        /// In ``GroupFamily/labels``.
        var labels: LabelStore.Place
        var life: Lifetime
        var state: Aggregate
    }

    /// The push that something comes with.
    struct Arrival {
        var group: GroupingKey
        /// Which of the groups it is.
        var slot: Int32
        var at: Moment
        /// The push's own; it goes before the family's.
        var life: Duration?
        /// Of what nobody has given another life.
        var standardLife: Duration?
    }

    let name: String
    private(set) var type: MetricType
    /// As in text format, escaped.
    var help: String?
    var pushedAt: Moment
    private(set) var numbers: FamilyNumbers
    private(set) var block: Block?
    private(set) var replaced = MetricTable<Lines>()
    private(set) var aggregated = MetricTable<Aggregated>()
    /// Those of what is aggregated, each as in ``PushedMetric/labels``.
    private(set) var labels = LabelStore()
    /// Samples of the block and the table of those that are replaced.
    private(set) var replacedSamples = 0
    private(set) var aggregatedSamples = 0
    /// Nothing expires before, on the monotonic clock.
    var due = Int64.max
    /// Where it stands in the text of the group; `nil` where that has to be written anew.
    var text: Range<Int>?
    /// From when on the text does not hold although nobody pushes.
    var textEnd = Int64.max

    init(_ name: String, _ type: MetricType, help: String? = nil, at: Moment) {
        self.name = name
        self.type = type
        self.help = help
        pushedAt = at
        numbers = FamilyNumbers(name, type)
    }

    var samples: Int { replacedSamples + aggregatedSamples }
    var isEmpty: Bool { samples == 0 }

    // MARK: Pushes

    /// Takes what is pushed, after the check; `numbers` are those of its metrics or lines.
    mutating func take(
        _ pushed: PushedFamily, _ numbers: [UInt64], clears: PushedFamily.Clears, _ arrival: Arrival,
        _ ledger: inout PushLedger
    ) {
        text = nil
        // Where nothing of the old one is left, its HELP is not either.
        let isReplaced = clears == .all || clears == .replaced && aggregated.isEmpty
        if pushed.help != nil || isReplaced { help = pushed.help }
        guard !pushed.content.isEmpty else { return drop(clears, arrival.slot, &ledger) }
        if pushed.type != type { restart(pushed, arrival, &ledger) }
        pushedAt = arrival.at
        let life = Lifetime(pushedAt: arrival.at.monotonic, arrival.life ?? pushed.expiresAfter)
        switch pushed.content {
        case .block(let content):
            take(Block(content: content, numbers: numbers, life: life), clears, arrival, &ledger)
        case .metrics(let metrics):
            drop(clears, arrival.slot, &ledger)
            for (metric, number) in zip(metrics, numbers) { take(metric, number, life, arrival, &ledger) }
        }
        due = min(due, life.end(arrival.standardLife))
    }

    /// Takes other values for the same lines.
    mutating func takeAgain(_ lines: ByteBuffer, _ expiresAfter: Duration?, _ arrival: Arrival) {
        let life = Lifetime(pushedAt: arrival.at.monotonic, arrival.life ?? expiresAfter)
        text = nil
        pushedAt = arrival.at
        block?.content.lines = lines
        block?.life = life
        due = min(due, life.end(arrival.standardLife))
    }

    /// The lines of the block have memory of their own from now on.
    mutating func separateLines() {
        guard let lines = block?.content.lines, lines.storageCapacity > lines.capacity else { return }
        block?.content.lines = ByteBuffer(bytes: lines.readableBytesView)
    }

    /// Where the lines of the block are in the text of the group, after HELP and TYPE.
    var blockInText: Range<Int>? {
        guard let text, let count = block?.content.lines.readableBytes else { return nil }
        let start = text.lowerBound + header.utf8.count
        return start..<start + count
    }

    /// The lines of the block are from now on those of the text of the group, so that they are held once.
    mutating func share(_ body: ByteBuffer) {
        guard let place = blockInText, let lines = body.getSlice(at: place.lowerBound, length: place.count) else {
            return
        }
        block?.content.lines = lines
    }

    /// Under another type nothing of the old one is left.
    private mutating func restart(_ pushed: PushedFamily, _ arrival: Arrival, _ ledger: inout PushLedger) {
        drop(.all, arrival.slot, &ledger)
        ledger.bases.forget(name, of: arrival.group)
        type = pushed.type
        help = pushed.help
        numbers = FamilyNumbers(name, type)
    }

    private mutating func take(
        _ new: Block, _ clears: PushedFamily.Clears, _ arrival: Arrival, _ ledger: inout PushLedger
    ) {
        if clears == .all { dropAggregated(arrival.slot, &ledger) }
        if let block, block.content.series == new.content.series {
            self.block = Block(content: new.content, numbers: block.numbers, life: new.life)
            return
        }
        if clears != .nothing { dropReplaced(arrival.slot, &ledger) }
        guard replacedSamples == 0 else {
            spreadBlock()
            for entry in Self.table(of: new).entries { put(entry.metric, entry.number, arrival, &ledger) }
            return
        }
        for number in new.numbers {
            removeAggregated(number, &ledger)
            claim(number, arrival, &ledger)
        }
        block = new
        replacedSamples = new.content.series.count
    }

    /// Nothing is left of what has expired of it: it begins anew.
    private func claim(_ number: UInt64, _ arrival: Arrival, _ ledger: inout PushLedger) {
        ledger.claim(number, for: arrival.slot)
        _ = ledger.bases.take(number, of: name, in: arrival.group)
    }

    private mutating func take(
        _ metric: PushedMetric, _ number: UInt64, _ life: Lifetime, _ arrival: Arrival, _ ledger: inout PushLedger
    ) {
        if metric.mode.operation == .replace {
            var text = ByteBuffer()
            MetricLines(name: name, labels: metric.labels).append(metric.point, to: &text)
            let lines = Array(text.readableBytesView)
            let count = Int32(truncatingIfNeeded: lines.count { $0 == UInt8(ascii: "\n") })
            spreadBlock()
            return put(Lines(text: lines, count: count, life: life), number, arrival, &ledger)
        }
        let time = arrival.at.monotonic
        let change = aggregated.update(number) { held in
            let (samples, kept) = (held.state.samples, held.state.keptValues)
            if !held.state.add(metric.mode, metric.point, at: time) {
                held.state = Aggregate(metric.mode, metric.point, at: time)
            }
            held.life = life
            return (held.state.samples - samples, held.state.keptValues - kept, held.state.emptyAt)
        }
        guard let (samples, kept, emptyAt) = change else { return begin(metric, number, life, arrival, &ledger) }
        aggregatedSamples += samples
        ledger.keptValues += kept
        due = min(due, emptyAt)
    }

    private mutating func begin(
        _ metric: PushedMetric, _ number: UInt64, _ life: Lifetime, _ arrival: Arrival, _ ledger: inout PushLedger
    ) {
        if ledger.owner(of: number) == arrival.slot {
            spreadBlock()
            if let lines = replaced.remove(number) { replacedSamples -= Int(lines.count) }
        }
        var state = Aggregate(metric.mode, metric.point, at: arrival.at.monotonic)
        if let base = ledger.bases.take(number, of: name, in: arrival.group), base.type == type {
            var sum = base.state
            if sum.add(metric.mode, metric.point, at: arrival.at.monotonic) { state = sum }
        }
        hold(state, metric.labels, life, number, arrival.slot, &ledger)
    }

    // MARK: Metrics

    /// Of a block that is to be held beside other metrics: its lines, metric by metric.
    private static func table(of block: Block) -> MetricTable<Lines> {
        var table = MetricTable<Lines>()
        block.content.lines.withUnsafeReadableBytes { bytes in
            for (line, number) in zip(SampleLines(bytes), block.numbers) {
                let count = table.update(number) { lines in
                    lines.text += bytes[line.line]
                    lines.count &+= 1
                    return lines.count
                }
                if count == nil {
                    table.put(number, Lines(text: Array(bytes[line.line]), count: 1, life: block.life))
                }
            }
        }
        return table
    }

    /// The block becomes a table, so that single metrics of it can be changed.
    private mutating func spreadBlock() {
        guard let block else { return }
        replaced = Self.table(of: block)
        self.block = nil
    }

    private mutating func put(_ lines: Lines, _ number: UInt64, _ arrival: Arrival, _ ledger: inout PushLedger) {
        removeAggregated(number, &ledger)
        replacedSamples += Int(lines.count)
        if let old = replaced.put(number, lines) {
            replacedSamples -= Int(old.count)
        } else {
            claim(number, arrival, &ledger)
        }
    }

    private mutating func hold(
        _ state: Aggregate, _ labels: String, _ life: Lifetime, _ number: UInt64, _ slot: Int32,
        _ ledger: inout PushLedger
    ) {
        aggregatedSamples += state.samples
        ledger.keptValues += state.keptValues
        due = min(due, state.emptyAt)
        aggregated.put(number, Aggregated(labels: self.labels.add(labels), life: life, state: state))
        ledger.claim(number, for: slot)
    }

    /// The number stays claimed.
    private mutating func removeAggregated(_ number: UInt64, _ ledger: inout PushLedger) {
        guard !aggregated.isEmpty, let old = aggregated.remove(number) else { return }
        aggregatedSamples -= old.state.samples
        ledger.keptValues -= old.state.keptValues
        labels.remove(old.labels)
        if labels.isWasteful { moveLabels() }
    }

    private mutating func moveLabels() {
        var moved = LabelStore()
        aggregated.updateAll { [labels] in $0.labels = moved.add(labels.text($0.labels)) }
        labels = moved
    }

    // MARK: Clearing

    mutating func drop(_ clears: PushedFamily.Clears, _ slot: Int32, _ ledger: inout PushLedger) {
        if clears == .nothing { return }
        text = nil
        dropReplaced(slot, &ledger)
        if clears == .all { dropAggregated(slot, &ledger) }
    }

    private mutating func dropReplaced(_ slot: Int32, _ ledger: inout PushLedger) {
        for number in block?.numbers ?? [] { ledger.release(number, of: slot) }
        block = nil
        dropTable(slot, &ledger)
        replacedSamples = 0
    }

    private mutating func dropTable(_ slot: Int32, _ ledger: inout PushLedger) {
        if replaced.isEmpty { return }
        for entry in replaced.entries { ledger.release(entry.number, of: slot) }
        replaced.removeAll()
    }

    private mutating func dropAggregated(_ slot: Int32, _ ledger: inout PushLedger) {
        if aggregated.isEmpty { return }
        for entry in aggregated.entries {
            ledger.release(entry.number, of: slot)
            ledger.keptValues -= entry.metric.state.keptValues
        }
        aggregated.removeAll()
        labels = LabelStore()
        aggregatedSamples = 0
    }

    /// Takes what was saved; the family must be new.
    mutating func restore(_ saved: SavedGroup.Family, _ arrival: Arrival, _ ledger: inout PushLedger) {
        if let content = saved.block {
            let block = Block(content: content, numbers: numbers.numbers(of: content), life: saved.blockLife)
            take(block, .nothing, arrival, &ledger)
        }
        for lines in saved.lines {
            guard let number = numbers.numbers(of: ByteBuffer(bytes: lines.text)).first else { continue }
            put(lines, number, arrival, &ledger)
        }
        for metric in saved.metrics {
            let number = numbers.number(labels: metric.labels, hasParts: metric.state.hasParts)
            // One that comes twice was damaged.
            guard ledger.owner(of: number) == nil else { continue }
            hold(metric.state, metric.labels, metric.life, number, arrival.slot, &ledger)
        }
    }

    /// Removes one metric; answers how many samples it had.
    mutating func remove(_ number: UInt64, _ slot: Int32, _ ledger: inout PushLedger) -> Int {
        guard ledger.owner(of: number) == slot else { return 0 }
        text = nil
        let before = samples
        if !aggregated.contains(number) { spreadBlock() }
        if let lines = replaced.remove(number) { replacedSamples -= Int(lines.count) }
        removeAggregated(number, &ledger)
        ledger.release(number, of: slot)
        return before - samples
    }
}

extension PushedFamily.Content {
    var isEmpty: Bool {
        switch self {
        case .block(let block): block.series.isEmpty
        case .metrics(let metrics): metrics.isEmpty
        }
    }
}
