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
    /// The first line, by its place, that has the same name and labels as one before; `nil` where none has.
    public var repeated: Int?
    /// The first line, by its place, with a label whose name begins with `__`, which Prometheus keeps for itself.
    public var reserved: Int?

    /// `text` must be canonical, and `index` its own.
    public init(_ text: UnsafeRawBufferPointer, _ index: IndexedExposition, _ labels: Labels) {
        let count = index.shape.series.count
        bytes.reserveCapacity(text.count &+ count &* (Self.size(of: labels) &+ 4))
        series.reserveCapacity(count)
        families.reserveCapacity(index.shape.families.count)
        var seen = index.shape.hasRepeatedSeries ? HashSet(capacity: count) : nil
        withUnsafeTemporaryAllocation(of: LabelLine.Entry.self, capacity: LabelLine.capacity) { entries in
            guard let base = entries.baseAddress else { return }
            LabelLine.with(labels, base) { line in
                for (family, extent) in zip(index.shape.families, index.extents) {
                    add(
                        family, UnsafeRawBufferPointer(rebasing: text[extent.samples..<extent.end]), &line, &seen,
                        room: count)
                }
            }
        }
    }

    private static func size(of labels: Labels) -> Int {
        labels.group.reduce((labels.fallback?.utf8.count ?? 0) &+ 4) {
            $0 &+ $1.name.utf8.count &+ 2 &* $1.value.utf8.count &+ 4
        }
    }

    private mutating func add(
        _ family: ExpositionShape.Family, _ text: UnsafeRawBufferPointer, _ line: inout LabelLine,
        _ seen: inout HashSet?, room: Int
    ) {
        let (start, first) = (bytes.count, series.count)
        var lines = LineCursor(text)
        line.beginFamily(isHistogram: family.type == .histogram)
        for _ in family.samples {
            line.read(lines.next())
            // Labels that went may have been all that kept two series apart.
            if line.hasOverridden, seen == nil { seen = haveSeen(room: room) }
            let number = line.write(to: &bytes)
            if seen?.insert(number) == false, repeated == nil { repeated = series.count }
            if line.hasReserved, reserved == nil { reserved = series.count }
            series.append(number)
        }
        families.append(
            Family(
                lines: start..<bytes.count, samples: first..<series.count, hasMark: line.hasMark,
                lacksInfinity: line.infinities < line.counts))
    }

    /// - Parameter room: for all samples there will be.
    private func haveSeen(room: Int) -> HashSet {
        var seen = HashSet(capacity: room)
        for number in series { _ = seen.insert(number) }
        return seen
    }
}
