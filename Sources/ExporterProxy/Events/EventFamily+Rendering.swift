import NIOCore

/// A family as canonical text; nothing while no packet has come.
extension EventFamily {
    func needsRendering(at time: Int64) -> Bool { changes != text.changes || time >= text.end }

    /// The text as far as it is written.
    struct Rendering: Sendable {
        fileprivate(set) var cursor: EventCursor
        fileprivate var bytes: ByteBuffer
        fileprivate var end = Int64.max

        init(_ family: EventFamily, serialEnd: UInt64) {
            cursor = EventCursor(family, serialEnd: serialEnd)
            bytes = ByteBufferAllocator().buffer(capacity: family.text.bytes.readableBytes + 256)
        }

        var text: Text { Text(bytes: bytes, changes: cursor.changes, end: end) }
    }

    /// Lines of one step: about a millisecond.
    private static let linesMax = 4096

    /// Of a series; quantiles take longer than lines.
    private var lines: Int {
        switch definition.kind {
        case .counter, .gauge: 1
        case .histogram: stride + 2
        case .summary: hasWindows ? 40 + 8 * definition.objectives.count : 2
        }
    }

    /// Writes some more series.
    func write(_ rendering: inout Rendering, prefix: String, at time: Int64) {
        let places = rendering.cursor.advance(by: Self.linesMax / lines, in: self)
        if places.isEmpty { return }
        let name = prefix + definition.name
        if rendering.bytes.readableBytes == 0 { writeHead(name, to: &rendering.bytes) }
        switch definition.kind {
        case .counter, .gauge: writeValues(name, places, to: &rendering.bytes)
        case .histogram: writeHistograms(name, places, to: &rendering.bytes)
        case .summary: writeSummaries(name, places, to: &rendering, at: time)
        }
    }

    private func writeHead(_ name: String, to text: inout ByteBuffer) {
        let help = definition.help.trimmed
        if !help.isEmpty { text.writeString("# HELP \(name) \(MetricText.help(help))\n") }
        text.writeString("# TYPE \(name) \(definition.kind.rawValue)\n")
    }

    private func writeValues(_ name: String, _ places: [Int], to text: inout ByteBuffer) {
        for place in places { append(name, place, MetricText.number(series[place].value), to: &text) }
    }

    private func writeHistograms(_ name: String, _ places: [Int], to text: inout ByteBuffer) {
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

    private func writeSummaries(_ name: String, _ places: [Int], to rendering: inout Rendering, at time: Int64) {
        let objectives = definition.objectives.map { (number: $0, text: MetricText.number($0)) }
        let (sum, count, span) = (name + "_sum", name + "_count", windowSpan)
        for place in places {
            if hasWindows {
                let sketch = windows[place].sketch(at: time, span: span)
                rendering.end = min(rendering.end, windows[place].end(after: time, span: span))
                for objective in objectives {
                    let value = MetricText.number(sketch.quantile(objective.number))
                    append(name, place, value, label: "quantile", objective.text, to: &rendering.bytes)
                }
            }
            append(sum, place, MetricText.number(series[place].value), to: &rendering.bytes)
            append(count, place, String(series[place].count), to: &rendering.bytes)
        }
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
