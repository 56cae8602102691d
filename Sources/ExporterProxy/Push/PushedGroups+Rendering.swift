import NIOCore

extension PushedGroups {
    /// The text of a group that is other than it was; `nil` where the group has gone.
    package struct Rendered: Sendable {
        package var key: GroupingKey
        /// Canonical text 0.0.4.
        package var body: ByteBuffer?
        /// When somebody last pushed to the group, or tried to.
        package var at: Moment

        package var source: String { key.source }
    }

    /// The texts that are others than at the last call.
    ///
    /// - Returns: also until when they hold if nobody pushes; `nil` is for ever.
    package mutating func render(at moment: Moment) -> (changed: [Rendered], until: Moment?) {
        var changed = unrendered.gone.filter { places[$0] == nil }.map {
            Rendered(key: $0, body: nil, at: moment)
        }
        let old = windowed.filter { $0.value <= moment.monotonic }.map(\.key)
        let slots = unrendered.slots.union(old)
        unrendered.removeAll()
        for slot in slots.sorted() {
            if let text = render(slot, at: moment) { changed.append(text) }
        }
        return (changed, windowed.values.min().map(moment.at))
    }

    /// The texts of these groups have not come to where they are served.
    mutating func markUnrendered(_ groups: [GroupingKey]) {
        for slot in groups.compactMap({ places[$0] }) {
            slots[slot]?.isUnrendered = true
            unrendered.slots.insert(slot)
        }
    }

    private mutating func render(_ slot: Int, at moment: Moment) -> Rendered? {
        refresh(slot, at: moment)
        slots[slot]?.isUnrendered = false
        slots[slot]?.isRendered = true
        guard let group = slots[slot] else { return nil }
        windowed[slot] = group.text.end == .max ? nil : group.text.end
        return Rendered(key: group.key, body: group.text.body, at: group.lastChange ?? moment)
    }

    /// Brings the text of a group up to date.
    mutating func refresh(_ slot: Int, at moment: Moment) { slots[slot]?.refresh(at: moment.monotonic) }
}

extension PushedGroup {
    fileprivate mutating func refresh(at time: Int64) {
        guard time >= text.end else { return }
        if text.hasOtherFamilies {
            text.order = families.indices.sorted { families[$0].name < families[$1].name }
            text.hasOtherFamilies = false
        }
        var body = ByteBufferAllocator().buffer(capacity: max(text.body.readableBytes, bytesOfBlocks) + 64)
        var end = Int64.max
        for place in text.order {
            families[place].write(to: &body, before: text.body, at: time)
            end = min(end, families[place].textEnd)
        }
        PushTimes.append(self, to: &body)
        text.body = body
        text.end = end
        shareText()
    }

    /// Of lines that are ready, with some more for HELP and TYPE.
    private var bytesOfBlocks: Int {
        families.reduce(512) { $0 + 128 + ($1.block?.content.lines.readableBytes ?? 0) }
    }
}

extension GroupFamily {
    /// Takes the lines of the text of before, if they still hold.
    fileprivate mutating func write(to body: inout ByteBuffer, before: ByteBuffer, at time: Int64) {
        let start = body.writerIndex
        if let text, time < textEnd, let lines = before.getSlice(at: text.lowerBound, length: text.count) {
            body.writeImmutableBuffer(lines)
        } else {
            textEnd = write(to: &body, at: time)
        }
        text = start..<body.writerIndex
    }

    /// Answers until when the lines hold if nobody pushes.
    func write(to body: inout ByteBuffer, at time: Int64) -> Int64 {
        let start = body.writerIndex
        body.writeString(header)
        let samples = body.writerIndex
        let end = writeSamples(to: &body, at: time)
        // Nothing but empty windows.
        if body.writerIndex == samples { body.moveWriterIndex(to: start) }
        return end
    }

    /// HELP and TYPE.
    var header: String {
        (help.map { "# HELP \(name) \($0)\n" } ?? "") + "# TYPE \(name) \(type.rawValue)\n"
    }

    /// Those of the block first.
    func writeSamples(to body: inout ByteBuffer, at time: Int64) -> Int64 {
        if let block { body.writeImmutableBuffer(block.content.lines) }
        for entry in replaced.entries { body.writeBytes(entry.metric.text) }
        var end = Int64.max
        for entry in aggregated.entries {
            end = min(end, entry.metric.state.change(after: time))
            let lines = MetricLines(name: name, labels: labels.text(entry.metric.labels))
            switch entry.metric.state {
            case .histogram(let point, _): lines.append(point, to: &body)
            case .summary(let point, _): lines.append(point, to: &body)
            default: if let value = entry.metric.state.value(at: time) { lines.append(value, to: &body) }
            }
        }
        return end
    }
}
