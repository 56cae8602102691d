/// What stays of a text, and of what ``GroupedText`` makes of it, while only its values move.
///
/// Holds no text: a number for all that was read in front of the values, and how long the lines are. A text of the same
/// form is read, and written with the labels of the group, without looking at its labels.
public final class GroupedForm: Sendable {
    /// A family of the text as it was read.
    struct Family {
        /// Of ``read``, with HELP and TYPE.
        var lines: Range<Int>
        /// Of ``written``.
        var samples: Range<Int>
        /// How many bytes its name has, where it is a histogram.
        var histogramName: Int?
    }

    let families: [Family]
    /// For each line: the bytes in front of its value; of HELP and TYPE all bytes.
    let read: [UInt32]
    /// For each sample: the bytes in front of its value.
    let written: [UInt32]
    /// Of all bytes that ``read`` counts.
    let number: UInt64
    /// How many bytes more are written than read.
    private let growth: Int

    /// `nil` where of a text of the same form more than its values had to be looked at: one with timestamps, or with
    /// samples that come twice.
    ///
    /// `index` must be that of `text`, and `grouped` what was made of both.
    public init?(_ text: UnsafeRawBufferPointer, _ index: IndexedExposition, _ grouped: GroupedText) {
        let shape = index.shape
        guard !shape.hasTimestamps, grouped.repeated == nil, grouped.reserved == nil else { return nil }
        families = zip(shape.families, grouped.families).map { read, written in
            Family(
                lines: read.lines, samples: written.samples,
                histogramName: read.type == .histogram ? read.name.utf8.count : nil)
        }
        read = shape.prefixes.map { $0 & ~ExpositionShape.headerBit }
        written = grouped.prefixes
        guard families.count == shape.families.count, written.count == shape.series.count,
            let number = Self.number(text, shape.prefixes)
        else { return nil }
        self.number = number
        growth = written.reduce(0) { $0 &+ Int($1) } &- read.reduce(0) { $0 &+ Int($1) }
    }

    private static func number(_ text: UnsafeRawBufferPointer, _ prefixes: [UInt32]) -> UInt64? {
        var sum: UInt64 = 0
        var position = 0
        for prefix in prefixes {
            let end = position &+ Int(prefix & ~ExpositionShape.headerBit)
            guard end <= text.count else { return nil }
            sum = ByteHash.ofThisProcess.chain(sum, text.part(position..<end))
            position = end
            if prefix & ExpositionShape.headerBit != 0 { continue }
            while position < text.count, text[position] != UInt8(ascii: "\n") { position &+= 1 }
            position &+= 1
        }
        return sum
    }

    /// How many bytes the lines of all families have, if the text is of this form; `nil` where it cannot be.
    public func bytes(of text: UnsafeRawBufferPointer) -> Int? {
        let count = text.count &+ growth
        return count > 0 ? count : nil
    }
}

extension GroupedForm {
    /// Writes the lines of a text of this form, and answers where each family has its own; `nil` where the text is of
    /// another form, or has a value that has to be looked at more closely.
    ///
    /// - Parameters:
    ///   - before: where the lines of an earlier text of this form are, at `places`, one for each family.
    ///   - memory: has ``bytes(of:)``, and lines in all of it where there is an answer.
    public func write(
        _ text: UnsafeRawBufferPointer, like before: UnsafeRawBufferPointer, at places: [Range<Int>],
        to memory: UnsafeMutableRawBufferPointer
    ) -> [Range<Int>]? {
        guard places.count == families.count else { return nil }
        return read.withUnsafeBufferPointer { read in
            written.withUnsafeBufferPointer { written in
                guard var writer = GroupedFormWriter(read, written, text, to: memory) else { return nil }
                var ranges: [Range<Int>] = []
                ranges.reserveCapacity(places.count)
                for (family, place) in zip(families, places) {
                    guard place.lowerBound >= 0, place.upperBound <= before.count else { return nil }
                    let start = writer.count
                    guard writer.write(family, before: before.part(place)) else { return nil }
                    ranges.append(start..<writer.count)
                }
                // That it only seems so has a chance of 2^-64.
                return writer.isAtEnd && writer.sum == number ? ranges : nil
            }
        }
    }
}

/// Writes the lines of a text that is believed to be of a form, family by family.
private struct GroupedFormWriter {
    private let read: UnsafeBufferPointer<UInt32>
    private let written: UnsafeBufferPointer<UInt32>
    private let hash = ByteHash.ofThisProcess
    private let end: LineScan.Position
    private let linesStart: UnsafeMutablePointer<UInt8>
    private let linesEnd: UnsafeMutablePointer<UInt8>
    private var position: LineScan.Position
    private var lines: UnsafeMutablePointer<UInt8>
    /// Of all bytes in front of values so far.
    private(set) var sum: UInt64 = 0

    /// `nil` where there is nothing to be read or written.
    init?(
        _ read: UnsafeBufferPointer<UInt32>, _ written: UnsafeBufferPointer<UInt32>, _ text: UnsafeRawBufferPointer,
        to memory: UnsafeMutableRawBufferPointer
    ) {
        guard text.last == UInt8(ascii: "\n"),
            let start = text.assumingMemoryBound(to: UInt8.self).baseAddress,
            let lines = memory.assumingMemoryBound(to: UInt8.self).baseAddress
        else { return nil }
        (self.read, self.written) = (read, written)
        position = start
        end = start + text.count
        self.lines = lines
        linesStart = lines
        linesEnd = lines + memory.count
    }

    /// All is read, and all is written.
    var isAtEnd: Bool { position == end && lines == linesEnd }

    /// Bytes that are written.
    var count: Int { lines - linesStart }

    /// False where the text is of another form.
    ///
    /// - Parameter before: the family's lines in an earlier text of this form.
    mutating func write(_ family: GroupedForm.Family, before: UnsafeRawBufferPointer) -> Bool {
        headers(family.lines.lowerBound..<family.lines.upperBound &- family.samples.count)
            && samples(family, before: before)
    }

    private mutating func headers(_ lines: Range<Int>) -> Bool {
        for line in lines {
            guard Int(read[line]) <= end - position else { return false }
            take(Int(read[line]))
        }
        return true
    }

    @inline(__always)
    private mutating func take(_ count: Int) {
        sum = hash.chain(sum, UnsafeRawBufferPointer(start: position, count: count))
        position += count
    }

    private mutating func samples(_ family: GroupedForm.Family, before: UnsafeRawBufferPointer) -> Bool {
        var old = 0
        var line = family.lines.upperBound &- family.samples.count
        for sample in family.samples {
            let (prefix, writtenPrefix) = (Int(read[line]), Int(written[sample]))
            // Less than: a value has at least one byte.
            guard prefix < end - position, old &+ writtenPrefix < before.count else { return false }
            if let name = family.histogramName, !Lockstep.isPlain(position, prefix: prefix, nameCount: name) {
                return false
            }
            take(prefix)
            guard let valueEnd = LineScan.number(position), valueEnd.pointee == UInt8(ascii: "\n") else { return false }
            // With its line feed.
            let value = valueEnd - position + 1
            guard writtenPrefix &+ value <= linesEnd - lines else { return false }
            put(before, old, writtenPrefix)
            putValue(value)
            old = before.behindLineFeed(old &+ writtenPrefix)
            line &+= 1
        }
        return true
    }

    @inline(__always)
    private mutating func put(_ before: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) {
        guard let base = before.baseAddress else { return }
        UnsafeMutableRawPointer(lines).copyMemory(from: base + offset, byteCount: count)
        lines += count
    }

    /// Most are short: 16 bytes are copied then, of which the next line overwrites what is too much.
    @inline(__always)
    private mutating func putValue(_ count: Int) {
        if count <= 16, end - position >= 16, linesEnd - lines >= 16 {
            let (source, target) = (UnsafeRawPointer(position), UnsafeMutableRawPointer(lines))
            target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
            target.storeBytes(
                of: source.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 8, as: UInt64.self)
        } else {
            UnsafeMutableRawPointer(lines).copyMemory(from: position, byteCount: count)
        }
        lines += count
        position += count
    }
}

extension UnsafeRawBufferPointer {
    /// The place behind the next line feed from `start` on, or behind the last byte.
    @inline(__always)
    fileprivate func behindLineFeed(_ start: Int) -> Int {
        var offset = start
        while offset &+ 8 <= count {
            let found = LineCount.lineFeeds(loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if found != 0 { return offset &+ found.trailingZeroBitCount / 8 &+ 1 }
            offset &+= 8
        }
        while offset < count, self[offset] != UInt8(ascii: "\n") { offset &+= 1 }
        return Swift.min(offset &+ 1, count)
    }
}
