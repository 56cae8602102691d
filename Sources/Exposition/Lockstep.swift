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
            guard self.samples(firstSample..<family.lines.upperBound, of: family) else { return nil }
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
    private mutating func samples(_ lines: Range<Int>, of family: ExpositionShape.Family) -> Bool {
        let isHistogram = family.type == .histogram
        let nameCount = family.name.utf8.count
        return shape.prefixes.withUnsafeBufferPointer { prefixes in
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
                if isHistogram, new[count] == UInt8(ascii: "-"), isCount(nameCount) { return false }
                new = next
                old += count
                while old.pointee != UInt8(ascii: "\n") { old += 1 }
                old += 1
            }
            return !hasTimestamp || shape.hasTimestamps
        }
    }

    /// Whether this sample of a histogram counts: below 0 it needs a closer look. Its name, and a byte more, is equal.
    private func isCount(_ nameCount: Int) -> Bool {
        new[nameCount] == UInt8(ascii: "_") && new[nameCount + 1] != UInt8(ascii: "s")
    }
}
