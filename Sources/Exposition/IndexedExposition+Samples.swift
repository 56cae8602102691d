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

    /// Samples, by their number in the body, that another one of the same series is newer than. Without a timestamp a
    /// sample is the newest.
    func olderSamples(in bytes: UnsafeRawBufferPointer) -> Set<Int> {
        guard shape.hasRepeatedSeries else { return [] }
        var newest: [UInt64: (sample: Int, time: Int64)] = [:]
        var older: Set<Int> = []
        var lines = LineCursor(bytes)
        var sample = 0
        for prefix in shape.prefixes {
            let line = lines.next()
            guard prefix & ExpositionShape.headerBit == 0 else { continue }
            let time = Self.time(of: line[Int(prefix)...])
            if let other = newest[shape.series[sample]], other.time > time {
                older.insert(sample)
            } else if let other = newest.updateValue((sample, time), forKey: shape.series[sample]) {
                older.insert(other.sample)
            }
            sample &+= 1
        }
        return older
    }

    /// `rest` is a value, and perhaps a timestamp, up to the line feed.
    private static func time(of rest: Slice<UnsafeRawBufferPointer>) -> Int64 {
        let time = rest.drop { $0 > UInt8(ascii: " ") }.drop { $0 <= UInt8(ascii: " ") }
        return time.isEmpty ? .max : Milliseconds.of(time)
    }
}
