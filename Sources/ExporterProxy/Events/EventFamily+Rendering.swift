import NIOCore

/// A family as canonical text; nothing while no packet has come.
extension EventFamily {
    func needsRendering(at time: Int64) -> Bool { changes != text.changes || time >= text.end }

    mutating func render(prefix: String, at time: Int64) {
        var bytes = ByteBufferAllocator().buffer(capacity: text.bytes.readableBytes + 256)
        let end = write(as: prefix + definition.name, to: &bytes, at: time)
        text = Text(bytes: bytes, changes: changes, end: end)
    }

    /// Answers until when that holds.
    private func write(as name: String, to text: inout ByteBuffer, at time: Int64) -> Int64 {
        guard table.count > 0 else { return .max }
        let help = definition.help.trimmed
        if !help.isEmpty { text.writeString("# HELP \(name) \(MetricText.help(help))\n") }
        text.writeString("# TYPE \(name) \(definition.kind.rawValue)\n")
        switch definition.kind {
        case .counter, .gauge: writeValues(name, to: &text)
        case .histogram: writeHistograms(name, to: &text)
        case .summary: return writeSummaries(name, to: &text, at: time)
        }
        return .max
    }

    private var places: some Sequence<Int> { series.indices.lazy.filter { table.contains($0) } }

    private func writeValues(_ name: String, to text: inout ByteBuffer) {
        for place in places { append(name, place, MetricText.number(series[place].value), to: &text) }
    }

    private func writeHistograms(_ name: String, to text: inout ByteBuffer) {
        let borders = definition.buckets.map(MetricText.number) + ["+Inf"]
        let (bucket, sum, count) = (name + "_bucket", name + "_sum", name + "_count")
        for place in places {
            var total: UInt64 = 0
            for (border, own) in zip(borders, counts[place * stride..<(place + 1) * stride]) {
                total &+= own
                append(bucket, place, String(total), label: "le", border, to: &text)
            }
            append(sum, place, MetricText.number(series[place].value), to: &text)
            append(count, place, String(total), to: &text)
        }
    }

    private func writeSummaries(_ name: String, to text: inout ByteBuffer, at time: Int64) -> Int64 {
        let objectives = definition.objectives.map { (number: $0, text: MetricText.number($0)) }
        let (sum, count, span) = (name + "_sum", name + "_count", windowSpan)
        var end = Int64.max
        for place in places {
            if hasWindows {
                let sketch = windows[place].sketch(at: time, span: span)
                end = min(end, windows[place].end(after: time, span: span))
                for objective in objectives {
                    let value = MetricText.number(sketch.quantile(objective.number))
                    append(name, place, value, label: "quantile", objective.text, to: &text)
                }
            }
            append(sum, place, MetricText.number(series[place].value), to: &text)
            append(count, place, String(series[place].count), to: &text)
        }
        return end
    }

    private func append(
        _ name: String, _ place: Int, _ value: String, label: StaticString? = nil, _ border: String = "",
        to text: inout ByteBuffer
    ) {
        text.writeString(name)
        let hasLabels = !labels.names.isEmpty
        if hasLabels || label != nil { text.writeInteger(UInt8(ascii: "{")) }
        if hasLabels { table.withText(place) { _ = text.writeBytes($0) } }
        if let label {
            if hasLabels { text.writeInteger(UInt8(ascii: ",")) }
            text.writeStaticString(label)
            text.writeStaticString("=\"")
            text.writeString(border)
            text.writeInteger(UInt8(ascii: "\""))
        }
        if hasLabels || label != nil { text.writeInteger(UInt8(ascii: "}")) }
        text.writeInteger(UInt8(ascii: " "))
        text.writeString(value)
        text.writeInteger(UInt8(ascii: "\n"))
    }
}
