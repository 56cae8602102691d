import Exposition
import NIOCore

/// Pushes and other records as bytes of the journal. Times are those of the wall.
package enum PushCodec {
    private enum Kind: UInt8 {
        case push, failure, delete, deleteSelected, wipe, expire, limits
    }

    package static func encode(_ push: Push) -> ByteBuffer { encode(.push(push)) }

    package static func encode(_ record: PushRecord) -> ByteBuffer {
        var writer = RecordWriter(kind: kind(of: record).rawValue, room: room(of: record))
        switch record {
        case .push(let push): writer.write(push)
        case .failure(let group, let moment):
            writer.write(group)
            writer.write(moment.wall.nanoseconds)
        case .delete(let group): writer.write(group)
        case .deleteSelected(let selection): writer.write(selection)
        case .wipe: break
        case .expire(let moment): writer.write(moment.wall.nanoseconds)
        case .limits(let limits): writer.write(limits)
        }
        return writer.bytes
    }

    /// About as many bytes as it will have, and not many fewer.
    private static func room(of record: PushRecord) -> Int {
        guard case .push(let push) = record else { return 64 }
        if let lines = push.lines { return 256 + 128 * lines.form.count + lines.count }
        return push.families.reduce(256) { room, family in
            guard case .block(let block) = family.content else { return room + 256 }
            return room + 128 + block.lines.readableBytes
        }
    }

    private static func kind(of record: PushRecord) -> Kind {
        switch record {
        case .push: .push
        case .failure: .failure
        case .delete: .delete
        case .deleteSelected: .deleteSelected
        case .wipe: .wipe
        case .expire: .expire
        case .limits: .limits
        }
    }

    /// The record, as if it came as long ago as the wall's clock says.
    package static func decode(_ bytes: ByteBuffer, at now: Moment) throws(RecordError) -> PushRecord {
        var reader = try RecordReader(push: bytes)
        let times = RestoredTimes(now: now)
        let record: PushRecord
        switch Kind(rawValue: try reader.byte()) {
        case .push: record = .push(try reader.push(times))
        case .failure: record = .failure(try reader.checkedGroup(), at: try reader.moment(times))
        case .delete: record = .delete(try reader.group())
        case .deleteSelected: record = .deleteSelected(try reader.selection())
        case .wipe: record = .wipe
        case .expire: record = .expire(at: try reader.moment(times))
        case .limits: record = .limits(try reader.limits())
        case nil: throw .damaged("the kind of a record")
        }
        try reader.end()
        return record
    }
}

extension RecordWriter {
    mutating func write(_ limits: PushLimits) {
        for number in limits.numbers { write(Int64(limits[keyPath: number])) }
        write(life: limits.expireAfter)
        write(life: limits.idempotencyLife)
    }

    fileprivate mutating func write(_ push: Push) {
        write(push.group)
        write(byte: push.clearing.rawValue)
        write(each: push.allFamilies) { $0.write($1) }
        write(life: push.expiresAfter)
        write(optional: push.idempotencyKey) { $0.write($1) }
        write(push.at.wall.nanoseconds)
    }

    private mutating func write(_ family: PushedFamily) {
        write(family.name)
        write(family.type)
        write(optional: family.help) { $0.write($1) }
        write(byte: family.clears.rawValue)
        write(life: family.expiresAfter)
        switch family.content {
        case .block(let block):
            write(byte: 0)
            write(block.lines)
        case .metrics(let metrics):
            write(byte: 1)
            write(each: metrics) { writer, metric in
                writer.write(metric.labels)
                writer.write(metric.mode)
                writer.write(metric.point)
            }
        }
    }

    fileprivate mutating func write(_ selection: PushSelection) {
        write(each: selection.metrics) { writer, metric in
            writer.write(metric.group)
            writer.write(metric.family)
            writer.write(metric.labels)
        }
        write(each: selection.groups) { $0.write($1) }
    }
}

extension RecordReader {
    mutating func limits() throws(RecordError) -> PushLimits {
        var limits = PushLimits()
        for number in limits.numbers {
            let value = try int64()
            guard value >= 0 else { throw .damaged("a limit") }
            limits[keyPath: number] = Int(value)
        }
        limits.expireAfter = try life()
        guard let life = try life() else { throw .damaged("a limit") }
        limits.idempotencyLife = life
        return limits
    }

    /// A group whose labels can be served.
    fileprivate mutating func checkedGroup() throws(RecordError) -> GroupingKey {
        let group = try group()
        var text = WrittenText()
        text.append(group)
        try text.check()
        return group
    }

    fileprivate mutating func push(_ times: RestoredTimes) throws(RecordError) -> Push {
        let group = try checkedGroup()
        guard let clearing = Push.Clearing(rawValue: try byte()) else { throw .damaged("what is cleared") }
        // Each is looked at for itself: whether they go together is said when they are applied.
        let families = try each { reader throws(RecordError) in try reader.family() }
        guard Set(families.map(\.name)).count == families.count else { throw .damaged("a name that comes twice") }
        return Push(
            group: group, clearing: clearing, families: families, expiresAfter: try life(),
            idempotencyKey: try optional { reader throws(RecordError) in try reader.text() }, at: try moment(times))
    }

    private mutating func family() throws(RecordError) -> PushedFamily {
        let (name, type) = (try self.text(), try type())
        let help = try optional { reader throws(RecordError) in try reader.text() }
        guard let clears = PushedFamily.Clears(rawValue: try byte()) else { throw .damaged("what is cleared") }
        let life = try life()
        var text = WrittenText()
        text.append(name, type, help: help)
        let content = try content(name, type, &text)
        try text.check()
        return PushedFamily(
            name: name, type: type, help: help, clears: clears, content: content, expiresAfter: life)
    }

    private mutating func content(
        _ name: String, _ type: MetricType, _ text: inout WrittenText
    ) throws(RecordError) -> PushedFamily.Content {
        switch try byte() {
        case 0:
            let lines = try lines()
            text.append(lines)
            return .block(PushedBlock(lines: lines, series: try WrittenText.series(name, type, lines)))
        case 1:
            let metrics = try each { reader throws(RecordError) in
                PushedMetric(labels: try reader.text(), mode: try reader.mode(), point: try reader.point())
            }
            for metric in metrics { text.append(name, labels: metric.labels, metric.point) }
            return .metrics(metrics)
        default: throw .damaged("a family")
        }
    }

    fileprivate mutating func selection() throws(RecordError) -> PushSelection {
        var selection = PushSelection()
        selection.metrics = try each { reader throws(RecordError) in
            PushSelection.Metric(group: try reader.group(), family: try reader.text(), labels: try reader.text())
        }
        selection.groups = try each { reader throws(RecordError) in try reader.group() }
        return selection
    }
}

extension PushLimits {
    /// In the order in which they are written.
    fileprivate var numbers: [WritableKeyPath<PushLimits, Int>] {
        [
            \.groups, \.familiesOfGroup, \.seriesOfGroup, \.series, \.keptValues, \.bases, \.idempotencyKeys,
            \.idempotencyKeyBytes, \.conflicts,
        ]
    }
}
