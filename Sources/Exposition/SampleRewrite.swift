/// Changes that configuration asks for in every sample of a canonical body: labels added, timestamps left out.
public struct SampleRewrite: Equatable, Sendable {
    public enum Timestamps: Equatable, Sendable {
        case pass
        case strip
        /// Samples from before this time, in milliseconds since 1970, are left out.
        case dropBefore(Int64)
    }

    /// Put in front of a sample's own labels. A label of the sample with the same name gets the prefix `exported_`,
    /// as Prometheus does it to the labels of its targets (`honor_labels: false`).
    public var labels: LabelSet
    public var timestamps: Timestamps

    public init(labels: LabelSet = [], timestamps: Timestamps = .pass) {
        self.labels = labels
        self.timestamps = timestamps
    }

    /// What was left out.
    public struct Tally: Equatable, Sendable {
        public var timestampsStripped = 0
        public var samplesDropped = 0
    }

    /// Whether a body of this shape would come out as it went in.
    public func isIdle(for shape: ExpositionShape) -> Bool {
        labels.isEmpty && (timestamps == .pass || !shape.hasTimestamps)
    }

    /// `bytes` changed; `index` must be theirs.
    public func apply(
        to bytes: UnsafeRawBufferPointer, _ index: IndexedExposition
    ) -> (bytes: [UInt8], tally: Tally) {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count &+ index.shape.series.count &* insertedBytes)
        var tally = Tally()
        var offset = 0
        for prefix in index.shape.prefixes {
            let lineEnd = Self.lineEnd(bytes, from: offset)
            let line = UnsafeRawBufferPointer(rebasing: bytes[offset..<lineEnd])
            offset = lineEnd
            if prefix & ExpositionShape.headerBit != 0 {
                output.append(contentsOf: line)
            } else {
                rewrite(line, prefix: Int(prefix), into: &output, &tally)
            }
        }
        return (output, tally)
    }

    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from offset: Int) -> Int {
        var end = offset
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end &+= 1 }
        return min(end &+ 1, bytes.count)
    }

    private func rewrite(
        _ line: UnsafeRawBufferPointer, prefix: Int, into output: inout [UInt8], _ tally: inout Tally
    ) {
        let number = line[prefix...].prefix { $0 > UInt8(ascii: " ") }
        let time = line[number.endIndex...].drop { $0 <= UInt8(ascii: " ") }
        if !time.isEmpty, timestamps != .pass {
            if case .dropBefore(let limit) = timestamps {
                if Self.milliseconds(time) < limit {
                    tally.samplesDropped &+= 1
                    return
                }
            } else {
                tally.timestampsStripped &+= 1
                insertLabels(UnsafeRawBufferPointer(rebasing: line[..<prefix]), into: &output)
                output.append(contentsOf: number)
                output.append(UInt8(ascii: "\n"))
                return
            }
        }
        insertLabels(UnsafeRawBufferPointer(rebasing: line[..<prefix]), into: &output)
        output.append(contentsOf: line[prefix...])
    }

    /// The digits of a canonical line fit: they were counted when it was indexed.
    private static func milliseconds(_ digits: Slice<UnsafeRawBufferPointer>) -> Int64 {
        digits.prefix { $0 &- 48 < 10 }.reduce(0) { $0 &* 10 &+ Int64($1 &- 48) }
    }

    // MARK: Labels

    private var insertedBytes: Int {
        labels.reduce(0) { $0 &+ $1.name.utf8.count &+ $1.value.utf8.count &+ 4 } &+ 2
    }

    /// `prefix` is a name, perhaps labels, and the blanks in front of the value.
    private func insertLabels(_ prefix: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        guard !labels.isEmpty else { return output.append(contentsOf: prefix) }
        let nameEnd = prefix.firstIndex { ByteClass.table[Int($0)] & ByteClass.metricName == 0 } ?? prefix.count
        output.append(contentsOf: prefix[..<nameEnd])
        output.append(UInt8(ascii: "{"))
        for (index, label) in labels.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            output.append(contentsOf: label.name.utf8)
            output.append(contentsOf: "=\"".utf8)
            Self.appendEscaped(label.value, to: &output)
            output.append(UInt8(ascii: "\""))
        }
        guard nameEnd < prefix.count, prefix[nameEnd] == UInt8(ascii: "{") else {
            output.append(UInt8(ascii: "}"))
            return output.append(contentsOf: prefix[nameEnd...])
        }
        appendOwn(prefix, from: nameEnd &+ 1, to: &output)
    }

    /// The sample's own labels from behind its opening brace, renamed where theirs is one of ours.
    private func appendOwn(_ prefix: UnsafeRawBufferPointer, from start: Int, to output: inout [UInt8]) {
        let own = Self.labelNames(prefix, from: start)
        if !own.isEmpty { output.append(UInt8(ascii: ",")) }
        var copied = start
        let names = own.map { String(decoding: prefix[$0], as: UTF8.self) }
        for (range, name) in zip(own, names) where labels.contains(where: { $0.name == name }) {
            output.append(contentsOf: prefix[copied..<range.lowerBound])
            output.append(contentsOf: exportedName(of: name, beside: names).utf8)
            copied = range.upperBound
        }
        output.append(contentsOf: prefix[copied...])
    }

    private func exportedName(of name: String, beside names: [String]) -> String {
        var exported = "exported_" + name
        while names.contains(exported) || labels.contains(where: { $0.name == exported }) {
            exported = "exported_" + exported
        }
        return exported
    }

    /// Where the label names lie, from behind the opening brace of a canonical line.
    private static func labelNames(_ prefix: UnsafeRawBufferPointer, from start: Int) -> [Range<Int>] {
        var names: [Range<Int>] = []
        var index = start
        while index < prefix.count, prefix[index] != UInt8(ascii: "}") {
            guard ByteClass.table[Int(prefix[index])] & ByteClass.labelName != 0 else {
                index &+= 1
                continue
            }
            let nameStart = index
            while index < prefix.count, ByteClass.table[Int(prefix[index])] & ByteClass.labelName != 0 { index &+= 1 }
            names.append(nameStart..<index)
            index = behindValue(prefix, from: index)
        }
        return names
    }

    /// Behind the closing quote of the value that follows.
    private static func behindValue(_ prefix: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < prefix.count, prefix[index] != UInt8(ascii: "\"") { index &+= 1 }
        index &+= 1
        while index < prefix.count, prefix[index] != UInt8(ascii: "\"") {
            index &+= prefix[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index &+ 1, prefix.count)
    }

    static func appendEscaped(_ value: String, to output: inout [UInt8]) {
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): output.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\""): output.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\n"): output.append(contentsOf: "\\n".utf8)
            default: output.append(byte)
            }
        }
    }
}

extension IndexedExposition {
    /// The parts of a family's samples, in bytes of `bytes`, without those whose series is in `left`.
    public func samples(
        of family: Int, in bytes: UnsafeRawBufferPointer, without left: Set<UInt64>
    ) -> [Range<Int>] {
        let extent = extents[family]
        let series = shape.families[family].samples
        guard series.contains(where: { left.contains(shape.series[$0]) }) else { return [extent.samples..<extent.end] }
        var parts: [Range<Int>] = []
        var start = extent.samples
        for sample in series {
            var end = start
            while end < extent.end, bytes[end] != UInt8(ascii: "\n") { end &+= 1 }
            end = min(end &+ 1, extent.end)
            if !left.contains(shape.series[sample]) {
                if let last = parts.last, last.upperBound == start {
                    parts[parts.count - 1] = last.lowerBound..<end
                } else {
                    parts.append(start..<end)
                }
            }
            start = end
        }
        return parts
    }
}
