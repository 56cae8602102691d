/// The samples of canonical text with the labels of a group put into each, as the push door stores them.
///
/// Each line is `name{a="x",b="y"} value` and a line feed: labels sorted by name, label values and the number as they
/// were written, no timestamp, no HELP and TYPE. The order of lines stays.
public struct GroupedText: Sendable {
    /// What is put into each sample.
    public struct Labels: Sendable {
        /// Sorted by name, each name once, values unescaped. They go before labels of the sample with the same name.
        public var group: LabelSet
        /// Put in, with this name and no value, where a sample and the group have none of the name.
        public var fallback: String?
        /// A sample that has this label is told of in ``Family/hasMark``.
        public var mark: String

        public init(group: LabelSet, fallback: String? = nil, mark: String) {
            self.group = group
            self.fallback = fallback
            self.mark = mark
        }
    }

    /// One for each family of the text that was read, in its order.
    public struct Family: Equatable, Sendable {
        /// Bytes of ``GroupedText/bytes``.
        public var lines: Range<Int>
        /// Places in ``GroupedText/series``.
        public var samples: Range<Int>
        /// At least one sample has the label that marks.
        public var hasMark = false
        /// A histogram with fewer buckets up to +Inf than counts.
        public var lacksInfinity = false
    }

    public var bytes: [UInt8] = []
    /// One number for each line: see ``ExpositionShape/series``.
    public var series: [UInt64] = []
    public var families: [Family] = []
    /// For each line: the bytes in front of its value.
    var prefixes: [UInt32] = []
    /// The first line, by its place, that has the same name and labels as one before; `nil` where none has.
    public var repeated: Int?
    /// The first line, by its place, with a label whose name begins with `__`, which Prometheus keeps for itself.
    public var reserved: Int?

    /// `text` must be canonical, and `index` its own.
    public init(_ text: UnsafeRawBufferPointer, _ index: IndexedExposition, _ labels: Labels) {
        let count = index.shape.series.count
        series.reserveCapacity(count)
        prefixes.reserveCapacity(count)
        families.reserveCapacity(index.shape.families.count)
        let room = Self.bytes(of: text.count, index, labels)
        bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, written in
            var lines = GroupedLines(buffer)
            withUnsafeTemporaryAllocation(of: LabelLine.Entry.self, capacity: LabelLine.capacity) { entries in
                guard let base = entries.baseAddress else { return }
                LabelLine.with(labels, base) { line in write(text, index, &line, &lines) }
            }
            written = lines.count
        }
    }

    private mutating func write(
        _ text: UnsafeRawBufferPointer, _ index: IndexedExposition, _ line: inout LabelLine, _ lines: inout GroupedLines
    ) {
        let count = index.shape.series.count
        var seen = index.shape.hasRepeatedSeries ? HashSet(capacity: count) : nil
        for (family, extent) in zip(index.shape.families, index.extents) {
            add(family, text.part(extent.samples..<extent.end), &line, &seen, to: &lines, room: count)
        }
    }

    /// How many bytes the lines have at most that come of so many bytes of text; every sample gets the labels of the group.
    public static func bytes(of textBytes: Int, _ index: IndexedExposition, _ labels: Labels) -> Int {
        textBytes &+ index.shape.series.count &* (size(of: labels) &+ 4)
    }

    private static func size(of labels: Labels) -> Int {
        labels.group.reduce((labels.fallback?.utf8.count ?? 0) &+ 4) {
            $0 &+ $1.name.utf8.count &+ 2 &* $1.value.utf8.count &+ 4
        }
    }

    private mutating func add(
        _ family: ExpositionShape.Family, _ text: UnsafeRawBufferPointer, _ line: inout LabelLine,
        _ seen: inout HashSet?, to lines: inout GroupedLines, room: Int
    ) {
        let (start, first) = (lines.count, series.count)
        var position = text.assumingLineFeed
        line.beginFamily(isHistogram: family.type == .histogram)
        for _ in family.samples {
            guard let begin = position else { break }
            let end = line.read(begin)
            position = end < text.end ? end : nil
            // Labels that went may have been all that kept two series apart.
            if line.hasOverridden, seen == nil { seen = haveSeen(room: room) }
            guard let prefix = line.write(to: &lines) else { break }
            if seen?.insert(line.series) == false, repeated == nil { repeated = series.count }
            if line.hasReserved, reserved == nil { reserved = series.count }
            series.append(line.series)
            prefixes.append(UInt32(truncatingIfNeeded: prefix))
        }
        families.append(
            Family(
                lines: start..<lines.count, samples: first..<series.count, hasMark: line.hasMark,
                lacksInfinity: line.infinities < line.counts))
    }

    /// - Parameter room: for all samples there will be.
    private func haveSeen(room: Int) -> HashSet {
        var seen = HashSet(capacity: room)
        for number in series { _ = seen.insert(number) }
        return seen
    }
}

/// Memory that lines are written to, one behind the other.
struct GroupedLines {
    private let start: UnsafeMutablePointer<UInt8>?
    private let capacity: Int
    private(set) var count = 0

    init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
        start = memory.baseAddress
        capacity = memory.count
    }

    /// Where so many bytes can be written; `nil` where there is not as much room.
    @inline(__always)
    mutating func take(_ bytes: Int) -> UnsafeMutablePointer<UInt8>? {
        guard let start, bytes <= capacity &- count else { return nil }
        defer { count &+= bytes }
        return start + count
    }
}
