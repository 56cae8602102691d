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
        /// From before the time of `dropBefore`.
        public var samplesDropped = 0
        /// Samples that would have come out the same as others. Of a series that came at several times the newest
        /// stays; of two series that differ only in `x` and `exported_x` the first.
        public var samplesRepeated = 0
    }

    /// Whether a body of this shape would come out as it went in.
    public func isIdle(for shape: ExpositionShape) -> Bool {
        labels.isEmpty && (timestamps == .pass || !shape.hasTimestamps)
    }

    /// `bytes` changed, and canonical again but for limits; `index` must be theirs.
    public func apply(
        to bytes: UnsafeRawBufferPointer, _ index: IndexedExposition
    ) -> (bytes: [UInt8], tally: Tally) {
        var output = Output(without: timestamps == .strip ? index.olderSamples(in: bytes) : [], inserting: inserted)
        output.bytes.reserveCapacity(bytes.count &+ index.shape.series.count &* (output.inserted.count &+ 2))
        var lines = LineCursor(bytes)
        for prefix in index.shape.prefixes {
            let line = lines.next()
            if prefix & ExpositionShape.headerBit != 0 {
                output.bytes.append(contentsOf: line)
            } else if output.takesSample() {
                rewrite(line, prefix: Int(prefix), into: &output)
            }
        }
        output.removeRepeatedSeries()
        return (output.bytes, output.tally)
    }

    private func rewrite(_ line: UnsafeRawBufferPointer, prefix: Int, into output: inout Output) {
        let number = line[prefix...].prefix { $0 > UInt8(ascii: " ") }
        let time = line[number.endIndex...].drop { $0 <= UInt8(ascii: " ") }
        var rest = line[prefix...]
        if !time.isEmpty {
            switch timestamps {
            case .pass: break
            case .dropBefore(let limit):
                if Milliseconds.of(time) < limit {
                    output.tally.samplesDropped &+= 1
                    return
                }
            case .strip:
                output.tally.timestampsStripped &+= 1
                rest = number
            }
        }
        insertLabels(UnsafeRawBufferPointer(rebasing: line[..<prefix]), into: &output)
        output.bytes.append(contentsOf: rest)
        if rest.endIndex < line.endIndex { output.bytes.append(UInt8(ascii: "\n")) }
    }
}

// MARK: - Labels

extension SampleRewrite {
    /// As they stand in every sample.
    private var inserted: [UInt8] {
        var text: [UInt8] = []
        for (index, label) in labels.enumerated() {
            text.append(index > 0 ? UInt8(ascii: ",") : UInt8(ascii: "{"))
            text.append(contentsOf: label.name.utf8)
            text.append(contentsOf: "=\"".utf8)
            TextEscape.appendEscaped(label.value.utf8, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    /// `prefix` is a name, perhaps labels, and the blanks in front of the value.
    private func insertLabels(_ prefix: UnsafeRawBufferPointer, into output: inout Output) {
        guard !labels.isEmpty else { return output.bytes.append(contentsOf: prefix) }
        let nameEnd = prefix.firstIndex { ByteClass.table[Int($0)] & ByteClass.metricName == 0 } ?? prefix.count
        output.bytes.append(contentsOf: prefix[..<nameEnd])
        output.bytes.append(contentsOf: output.inserted)
        let brace = prefix[nameEnd...].firstIndex { $0 > UInt8(ascii: " ") }
        guard let brace else {
            output.bytes.append(UInt8(ascii: "}"))
            return output.bytes.append(contentsOf: prefix[nameEnd...])
        }
        appendOwn(prefix, from: brace &+ 1, to: &output)
    }

    /// The sample's own labels from behind its opening brace, renamed where theirs is one of ours.
    private func appendOwn(_ prefix: UnsafeRawBufferPointer, from start: Int, to output: inout Output) {
        let own = Self.labelNames(prefix, from: start)
        if !own.isEmpty { output.bytes.append(UInt8(ascii: ",")) }
        var copied = start
        var names = own.map { String(decoding: prefix[$0], as: UTF8.self) }
        for (place, range) in own.enumerated() {
            let name = names[place]
            if name.utf8.starts(with: Self.exported.utf8) { output.hasExported = true }
            guard labels.contains(where: { $0.name == name }) else { continue }
            output.hasRenamed = true
            names.append(exportedName(of: name, beside: names))
            output.bytes.append(contentsOf: prefix[copied..<range.lowerBound])
            output.bytes.append(contentsOf: names[names.count - 1].utf8)
            copied = range.upperBound
        }
        output.bytes.append(contentsOf: prefix[copied...])
    }

    private static let exported = "exported_"

    private func exportedName(of name: String, beside names: [String]) -> String {
        var exported = Self.exported + name
        while names.contains(exported) || labels.contains(where: { $0.name == exported }) {
            exported = Self.exported + exported
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
}

// MARK: - Output

/// What a rewrite has written so far.
private struct Output {
    var bytes: [UInt8] = []
    var tally = SampleRewrite.Tally()
    /// A label was renamed.
    var hasRenamed = false
    /// A label was called as if it had been renamed: only then can two series have become one.
    var hasExported = false

    /// Brace and labels, put in front of a sample's own.
    let inserted: [UInt8]

    /// Samples, by their number, that are left out.
    private let left: Set<Int>
    private var samples = 0

    init(without left: Set<Int>, inserting inserted: [UInt8]) {
        self.left = left
        self.inserted = inserted
    }

    /// Whether the next sample is to be written.
    mutating func takesSample() -> Bool {
        defer { samples &+= 1 }
        guard left.contains(samples) else { return true }
        tally.samplesRepeated &+= 1
        return false
    }

    mutating func removeRepeatedSeries() {
        guard hasRenamed, hasExported else { return }
        var repeated: [Int] = []
        let count = bytes.withUnsafeBytes { bytes in
            CanonicalText.index(bytes, limits: .none) { repeated.append($0) }?.shape.prefixes.count
        }
        guard let count, !repeated.isEmpty else { return }
        tally.samplesRepeated &+= repeated.count
        bytes = bytes.withUnsafeBytes { bytes in
            var kept: [UInt8] = []
            var lines = LineCursor(bytes)
            var next = repeated.makeIterator()
            var left = next.next()
            for number in 0..<count {
                let line = lines.next()
                if number == left { left = next.next() } else { kept.append(contentsOf: line) }
            }
            return kept
        }
    }
}
