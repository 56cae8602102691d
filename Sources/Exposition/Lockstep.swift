/// Two bodies read side by side, a line at a time: all but values and timestamps must be equal.
struct Lockstep {
    private let newStart: LineScan.Position
    private let newEnd: LineScan.Position
    private let oldEnd: LineScan.Position
    private let shape: ExpositionShape
    private var new: LineScan.Position
    private var old: LineScan.Position
    private var extents: [IndexedExposition.Extent] = []

    /// Both must end with a line feed, and `shape` must be that of `old`.
    init(new: UnsafeRawBufferPointer, old: UnsafeRawBufferPointer, shape: ExpositionShape) {
        // The caller has seen a last byte of both, so there are bases.
        newStart = new.assumingMemoryBound(to: UInt8.self).baseAddress ?? ByteClass.table
        newEnd = newStart + new.count
        self.new = newStart
        self.old = old.assumingMemoryBound(to: UInt8.self).baseAddress ?? ByteClass.table
        oldEnd = self.old + old.count
        self.shape = shape
    }

    mutating func run() -> IndexedExposition? {
        extents.reserveCapacity(shape.families.count)
        for family in shape.families {
            let start = new - newStart
            let firstSample = family.lines.upperBound &- family.samples.count
            guard headers(family.lines.lowerBound..<firstSample) else { return nil }
            let samples = new - newStart
            let sampleLines = firstSample..<family.lines.upperBound
            let areEqual: Bool
            if case .histogram? = family.type {
                areEqual = histogramSamples(sampleLines, nameCount: family.name.utf8.count)
            } else {
                areEqual = self.samples(sampleLines) { _, _ in true }
            }
            guard areEqual else { return nil }
            extents.append(.init(start: start, samples: samples, end: new - newStart))
        }
        return new == newEnd && old == oldEnd ? IndexedExposition(shape: shape, extents: extents) : nil
    }

    private mutating func headers(_ lines: Range<Int>) -> Bool {
        for line in lines {
            let count = Int(shape.prefixes[line] & ~ExpositionShape.headerBit)
            guard newEnd - new >= count, oldEnd - old >= count, ByteCompare.areEqual(new, old, count) else {
                return false
            }
            new += count
            old += count
        }
        return true
    }

    @inline(__always)
    private mutating func samples(_ lines: Range<Int>, takes: (_ line: LineScan.Position, _ prefix: Int) -> Bool)
        -> Bool
    {
        shape.prefixes.withUnsafeBufferPointer { prefixes in
            var hasTimestamp = false
            for line in lines {
                let count = Int(prefixes[line])
                // Less than: a value has at least one byte.
                guard newEnd - new > count, oldEnd - old > count, ByteCompare.areEqual(new, old, count) else {
                    return false
                }
                guard let next = LineScan.valueAndTimestamp(new + count, hasTimestamp: &hasTimestamp) else {
                    return false
                }
                guard takes(new, count) else { return false }
                new = next
                old += count
                while old.pointee != UInt8(ascii: "\n") { old += 1 }
                old += 1
            }
            return !hasTimestamp || shape.hasTimestamps
        }
    }

    /// Buckets and counts below 0 need a closer look.
    private mutating func histogramSamples(_ lines: Range<Int>, nameCount: Int) -> Bool {
        samples(lines) { line, prefix in Self.isPlain(line, prefix: prefix, nameCount: nameCount) }
    }

    /// Whether of this line of a histogram nothing but its value has to be looked at; behind the family's name the
    /// prefix must have at least a byte, and the value one.
    @inline(__always)
    static func isPlain(_ line: LineScan.Position, prefix: Int, nameCount: Int) -> Bool {
        line[prefix] != UInt8(ascii: "-") || line[nameCount] != UInt8(ascii: "_")
            || line[nameCount + 1] == UInt8(ascii: "s")
    }
}
