/// One pass over a body that is believed to be canonical: the first doubt ends it.
struct CanonicalScan {
    private let bytes: UnsafeRawBufferPointer
    private let start: LineScan.Position
    private let end: LineScan.Position
    private let table = ByteClass.table
    private let hash = SeriesHash.ofThisProcess
    private let limits: ExpositionLimits
    private var position: LineScan.Position

    private var families: [ExpositionShape.Family] = []
    private var extents: [IndexedExposition.Extent] = []
    private var names = FamilyNames(hash: .ofThisProcess)
    private var prefixes: [UInt32] = []
    private var series: [UInt64] = []
    /// Samples of a series that another sample has as well.
    private var repeatedSeries = 0
    private var hasTimestamps = false

    // The family whose lines are being read.
    private var familyName = UnsafeRawBufferPointer(start: nil, count: 0)
    private var familySuffixes = FamilyNames.Suffixes.none
    private var familyBorder = SeriesHash.Border.none

    // The sample before in the same family: most often the next has the same name.
    private var sampleName = UnsafeRawBufferPointer(start: nil, count: 0)
    private var sampleNameHash: UInt64 = 0
    private var memory: LabelMemory

    /// `bytes` must end with a line feed.
    init(_ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits, memory: LabelMemory) {
        self.bytes = bytes
        self.memory = memory
        self.limits = limits
        // The caller has seen a last byte, so there is a base.
        start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress ?? ByteClass.table
        end = start + bytes.count
        position = start
    }

    mutating func run(repeats: ((_ line: Int) -> Void)?) -> IndexedExposition? {
        let lines = LineCount.of(bytes)
        guard lines &* Self.shortestLine <= bytes.count else { return nil }
        let room = min(lines, linesExpected)
        prefixes.reserveCapacity(room)
        series.reserveCapacity(room)
        var seen = HashSet(capacity: room)
        while position < end {
            let isTaken = position.pointee == UInt8(ascii: "#") ? header() : sample(&seen, repeats)
            guard isTaken else { return nil }
        }
        endFamily()
        let shape = ExpositionShape(
            families: families, series: series, prefixes: prefixes, hasRepeatedSeries: repeatedSeries > 0,
            hasTimestamps: hasTimestamps)
        return IndexedExposition(shape: shape, extents: extents)
    }

    /// `a 1` and a line feed.
    private static let shortestLine = 4

    /// So many lines can be taken, but for series that come at several times: room is not made for more.
    private var linesExpected: Int {
        let (headers, overflows) = limits.families.multipliedReportingOverflow(by: 2)
        let (lines, overflowsToo) = limits.series.addingReportingOverflow(headers)
        return overflows || overflowsToo ? .max : max(0, lines)
    }

    // MARK: Families

    private var offset: Int { position - start }

    private mutating func beginFamily(_ name: UnsafeRawBufferPointer) -> Bool {
        endFamily()
        guard families.count < limits.families, name.count <= limits.nameBytes, names.add(name) else { return false }
        familyName = name
        familySuffixes = .none
        familyBorder = .none
        sampleName = UnsafeRawBufferPointer(start: nil, count: 0)
        families.append(
            ExpositionShape.Family(
                name: String(decoding: name, as: UTF8.self), lines: prefixes.count..<prefixes.count,
                samples: series.count..<series.count))
        extents.append(.init(start: offset, samples: offset, end: offset))
        return true
    }

    private mutating func endFamily() {
        guard let last = families.indices.last else { return }
        families[last].lines = families[last].lines.lowerBound..<prefixes.count
        families[last].samples = families[last].samples.lowerBound..<series.count
        extents[last].end = offset
    }

    /// A HELP or TYPE line: the only comments there are.
    private mutating func header() -> Bool {
        let begin = position
        guard end - begin > 7, begin[1] == UInt8(ascii: " "), begin[6] == UInt8(ascii: " ") else { return false }
        let word = UnsafeRawPointer(begin + 2).loadUnaligned(as: UInt32.self)
        let nameEnd = LineScan.skip(ByteClass.metricName, begin + 7, table)
        let name = UnsafeRawBufferPointer(start: begin + 7, count: nameEnd - begin - 7)
        guard let first = name.first, first &- 48 >= 10, nameEnd.pointee == UInt8(ascii: " ") else { return false }
        if !Self.areEqual(name, familyName) || families.isEmpty {
            guard beginFamily(name) else { return false }
        }
        let last = families.count &- 1
        guard families[last].samples.lowerBound == series.count else { return false }
        let isTaken = word == Self.type ? type(nameEnd + 1, last) : word == Self.help && help(nameEnd + 1, last)
        guard isTaken else { return false }
        prefixes.append(UInt32(truncatingIfNeeded: position - begin) | ExpositionShape.headerBit)
        extents[last].samples = offset
        return true
    }

    /// "HELP" and "TYPE" as numbers of four bytes, the first byte the lowest.
    private static let help: UInt32 = 0x504C_4548
    private static let type: UInt32 = 0x4550_5954

    private mutating func help(_ text: LineScan.Position, _ family: Int) -> Bool {
        guard families[family].help == nil, let next = LineScan.helpText(text, table) else { return false }
        families[family].help = String(
            decoding: UnsafeRawBufferPointer(start: text, count: next - text - 1), as: UTF8.self)
        position = next
        return true
    }

    private mutating func type(_ word: LineScan.Position, _ family: Int) -> Bool {
        let wordEnd = LineScan.skip(ByteClass.metricName, word, table)
        guard families[family].type == nil, wordEnd.pointee == UInt8(ascii: "\n") else { return false }
        let text = String(decoding: UnsafeRawBufferPointer(start: word, count: wordEnd - word), as: UTF8.self)
        guard let type = MetricType(rawValue: text), type.isOfText else { return false }
        families[family].type = type
        position = wordEnd + 1
        switch type {
        case .histogram: return expect(.histogram, .le)
        case .summary: return expect(.summary, .quantile)
        default: return true
        }
    }

    /// The samples to come are those of a histogram or summary; false where their names are taken.
    private mutating func expect(_ suffixes: FamilyNames.Suffixes, _ border: SeriesHash.Border) -> Bool {
        (familySuffixes, familyBorder) = (suffixes, border)
        // A label of the line before was perhaps no border there.
        memory.forget()
        return names.declare(familyName, familySuffixes)
    }

    // MARK: Samples

    @inline(__always)
    private mutating func sample(_ seen: inout HashSet, _ repeats: ((_ line: Int) -> Void)?) -> Bool {
        let begin = position
        guard let nameEnd = name(begin) else { return false }
        var sum = sampleNameHash
        var value = LineScan.skip(ByteClass.blank, nameEnd, table)
        if value.pointee == UInt8(ascii: "{") {
            guard let behind = labels(value + 1, &sum) else { return false }
            value = LineScan.skip(ByteClass.blank, behind, table)
        } else if value == nameEnd {
            return false
        }
        var hasTimestamp = false
        guard let lineEnd = LineScan.valueAndTimestamp(value, hasTimestamp: &hasTimestamp) else { return false }
        if value.pointee == UInt8(ascii: "-"), isNegativeCount(value) { return false }
        position = lineEnd
        return note(hash.end(sum), isTimed: hasTimestamp, &seen, repeats, prefix: value - begin)
    }

    /// Whether a bucket or count of a histogram has a value below 0, as expfmt refuses it.
    @inline(never)
    private func isNegativeCount(_ value: LineScan.Position) -> Bool {
        // Longer than `_sum`.
        guard familySuffixes == .histogram, sampleName.count - familyName.count > 4 else { return false }
        return FloatText.value(of: LineScan.token(value)).map { $0 < 0 } ?? true
    }

    /// Behind the name of a sample, which is then in the family that is being read; or `nil`.
    @inline(__always)
    private mutating func name(_ begin: LineScan.Position) -> LineScan.Position? {
        if let before = sampleName.baseAddress, end - begin > sampleName.count,
            ByteCompare.areEqual(begin, before, sampleName.count),
            table[Int(begin[sampleName.count])] & ByteClass.metricName == 0
        {
            return begin + sampleName.count
        }
        let next = LineScan.skip(ByteClass.metricName, begin, table)
        let name = UnsafeRawBufferPointer(start: begin, count: next - begin)
        guard begin.pointee &- 48 >= 10, !name.isEmpty, name.count <= limits.nameBytes else { return nil }
        if !belongs(name) {
            guard beginFamily(name) else { return nil }
        }
        sampleName = name
        sampleNameHash = hash.begin(name: name)
        return next
    }

    /// Series and line go into the lists; false where the same was there before.
    @inline(__always)
    private mutating func note(
        _ hash: UInt64, isTimed: Bool, _ seen: inout HashSet, _ repeats: ((_ line: Int) -> Void)?, prefix: Int
    ) -> Bool {
        let isNew = isTimed ? noteTimed(hash, &seen) : seen.insert(hash)
        if !isNew {
            guard let repeats else { return false }
            if !isTimed { repeatedSeries &+= 1 }
            repeats(prefixes.count)
        } else if hasTimestamps, !isTimed, seen.contains(~hash) {
            repeatedSeries &+= 1
        }
        prefixes.append(UInt32(truncatingIfNeeded: prefix))
        series.append(hash)
        return series.count &- repeatedSeries <= limits.series
    }

    /// The same series may come at several times and once without, but not twice at one time.
    ///
    /// Three numbers stand for it: its own, if it came without a time; that upside down, if it came with one; and one
    /// for each time.
    @inline(never)
    private mutating func noteTimed(_ hash: UInt64, _ seen: inout HashSet) -> Bool {
        hasTimestamps = true
        if !seen.insert(~hash) || seen.contains(hash) { repeatedSeries &+= 1 }
        let end = position - 1
        var time = end - 1
        while time[-1] &- 48 < 10 { time -= 1 }
        while time.pointee == UInt8(ascii: "0"), time + 1 < end { time += 1 }
        return seen.insert(SeriesHash.hash(UnsafeRawBufferPointer(start: time, count: end - time), hash))
    }

    /// Whether a sample of this name is one of the family that is being read.
    @inline(__always)
    private func belongs(_ name: UnsafeRawBufferPointer) -> Bool {
        if name.count == familyName.count { return Self.areEqual(name, familyName) && !families.isEmpty }
        if familySuffixes == .none || name.count < familyName.count { return false }
        let head = UnsafeRawBufferPointer(rebasing: name[..<familyName.count])
        guard Self.areEqual(head, familyName) else { return false }
        return isSuffix(UnsafeRawBufferPointer(rebasing: name[familyName.count...]))
    }

    /// `_sum`, `_count`, and of histograms `_bucket`.
    @inline(__always)
    private func isSuffix(_ tail: UnsafeRawBufferPointer) -> Bool {
        switch tail.count {
        case 4: return tail.loadUnaligned(as: UInt32.self) == 0x6D75_735F
        case 6:
            return tail.loadUnaligned(as: UInt32.self) == 0x756F_635F
                && tail.loadUnaligned(fromByteOffset: 4, as: UInt16.self) == 0x746E
        case 7:
            return familySuffixes == .histogram && tail.loadUnaligned(as: UInt32.self) == 0x6375_625F
                && tail.loadUnaligned(fromByteOffset: 3, as: UInt32.self) == 0x7465_6B63
        default: return false
        }
    }

    /// Behind the closing brace, or `nil`.
    @inline(__always)
    private mutating func labels(_ start: LineScan.Position, _ sum: inout UInt64) -> LineScan.Position? {
        var position = start
        memory.beginLine()
        while true {
            if let behind = memory.repeated(at: position, before: end, &sum) {
                position = behind
            } else {
                if position.pointee != UInt8(ascii: "}"), table[Int(position.pointee)] & ByteClass.blank != 0 {
                    position = LineScan.skip(ByteClass.blank, position, table)
                }
                if position.pointee == UInt8(ascii: "}") { return position + 1 }
                guard let behind = label(position, &sum) else { return nil }
                position = behind
            }
            guard memory.count <= limits.labels else { return nil }
            if position.pointee != UInt8(ascii: ",") { position = LineScan.skip(ByteClass.blank, position, table) }
            if position.pointee == UInt8(ascii: "}") { return position + 1 }
            guard position.pointee == UInt8(ascii: ",") else { return nil }
            position += 1
        }
    }

    /// Behind the closing quote of a label that the line before did not have, or `nil`.
    @inline(__always)
    private mutating func label(_ position: LineScan.Position, _ sum: inout UInt64) -> LineScan.Position? {
        let nameEnd = LineScan.skip(ByteClass.labelName, position, table)
        let name = UnsafeRawBufferPointer(start: position, count: nameEnd - position)
        guard !name.isEmpty, position.pointee &- 48 >= 10, name.count <= limits.nameBytes else { return nil }
        var quote = nameEnd
        if quote.pointee != UInt8(ascii: "=") { quote = LineScan.skip(ByteClass.blank, quote, table) }
        guard quote.pointee == UInt8(ascii: "=") else { return nil }
        quote += 1
        if quote.pointee != UInt8(ascii: "\"") { quote = LineScan.skip(ByteClass.blank, quote, table) }
        guard quote.pointee == UInt8(ascii: "\""), let behind = LineScan.quoted(quote + 1, table) else { return nil }
        let value = UnsafeRawBufferPointer(start: quote + 1, count: behind - quote - 2)
        guard value.count <= limits.valueBytes else { return nil }
        guard let part = hash.part(label: name, value: value, border: familyBorder) else { return nil }
        sum &+= part
        let text = UnsafeRawBufferPointer(start: position, count: behind - position)
        return memory.add(.init(text: text, nameCount: name.count, hash: part)) ? behind : nil
    }

    @inline(__always)
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let a = left.baseAddress, let b = right.baseAddress else { return false }
        return ByteCompare.areEqual(a, b, left.count)
    }
}
