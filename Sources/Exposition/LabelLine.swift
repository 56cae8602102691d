/// One sample line of canonical text taken apart, and written again with other labels.
///
/// A byte scanner: reads only up to the line feed that ends the line. Memory for the entries belongs to whoever made
/// it.
struct LabelLine {
    /// A label, or the room of one.
    struct Entry {
        var name: UnsafeRawBufferPointer
        /// With its quotes.
        var value: UnsafeRawBufferPointer
        /// Nothing but an equals sign stands between name and value.
        var isInOnePiece: Bool
        /// What it adds to the number of the series.
        var hash: UInt64
    }

    /// Labels of a series, and of a group together with the one that is put in where it is missing.
    static let capacity = CanonicalText.labelsMax &+ groupMax &+ 1
    /// Longer groups are cut: the door refuses them before.
    static let groupMax = 64

    private let hash = SeriesHash.ofThisProcess
    private let table = ByteClass.table
    private let entries: UnsafeMutablePointer<Entry>
    /// Sorted by name.
    private let group: UnsafeBufferPointer<Entry>
    private let fallback: Entry?
    private let mark: UnsafeRawBufferPointer

    private var count = 0
    /// That the labels need when they are written, but for the closing brace.
    private var bytes = 0
    private var name = UnsafeRawBufferPointer(start: nil, count: 0)
    private var nameHash: UInt64 = 0
    private var number = UnsafeRawBufferPointer(start: nil, count: 0)

    // Of the family that is being read.
    private var isHistogram = false
    private(set) var hasMark = false
    private(set) var counts = 0
    private(set) var infinities = 0
    /// A label of a sample was left out, ever.
    private(set) var hasOverridden = false
    /// A label of this line begins with `__`.
    private(set) var hasReserved = false

    /// Calls `body` with a line whose group's labels are written out.
    static func with(
        _ labels: GroupedText.Labels, _ entries: UnsafeMutablePointer<Entry>, _ body: (inout LabelLine) -> Void
    ) {
        var text: [UInt8] = []
        var ranges: [(name: Range<Int>, value: Range<Int>)] = []
        let added = labels.group.prefix(groupMax) + (labels.fallback.map { [Label($0, "")] } ?? [])
        for label in added {
            let start = text.count
            text += label.name.utf8
            let middle = text.count
            text += [UInt8(ascii: "="), UInt8(ascii: "\"")]
            TextEscape.appendEscaped(label.value.utf8, to: &text)
            text.append(UInt8(ascii: "\""))
            ranges.append((start..<middle, (middle &+ 1)..<text.count))
        }
        var mark = labels.mark
        text.withUnsafeBytes { text in
            let all = ranges.map { range in
                entry(text.part(range.name), text.part(range.value))
            }
            let isFallen = labels.fallback.map { name in !labels.group.contains { $0.name == name } } ?? false
            let group = labels.fallback == nil ? all[...] : all.dropLast()
            group.withUnsafeBufferPointer { group in
                mark.withUTF8 { mark in
                    var line = LabelLine(
                        entries, group: group, fallback: isFallen ? all.last : nil, mark: UnsafeRawBufferPointer(mark))
                    body(&line)
                }
            }
        }
    }

    @inline(__always)
    private static func entry(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Entry {
        let part = SeriesHash.ofThisProcess.part(label: name, value: value.withoutQuotes, border: .none)
        let isInOnePiece = name.baseAddress.map { $0 + (name.count &+ 1) } == value.baseAddress
        return Entry(name: name, value: value, isInOnePiece: isInOnePiece, hash: part ?? 0)
    }

    private init(
        _ entries: UnsafeMutablePointer<Entry>, group: UnsafeBufferPointer<Entry>, fallback: Entry?,
        mark: UnsafeRawBufferPointer
    ) {
        self.entries = entries
        self.group = group
        self.fallback = fallback
        self.mark = mark
    }

    mutating func beginFamily(isHistogram: Bool) {
        self.isHistogram = isHistogram
        (hasMark, counts, infinities) = (false, 0, 0)
        name = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    // MARK: Reading

    /// Answers what is behind the line feed of the line that begins here.
    mutating func read(_ start: LineScan.Position) -> LineScan.Position {
        count = 0
        bytes = 0
        hasReserved = false
        let nameEnd = LineScan.skip(ByteClass.metricName, start, table)
        readName(UnsafeRawBufferPointer(start: start, count: nameEnd - start))
        var position = LineScan.skip(ByteClass.blank, nameEnd, table)
        if position.pointee == UInt8(ascii: "{") { position = readLabels(position + 1) }
        position = LineScan.skip(ByteClass.blank, position, table)
        number = LineScan.token(position)
        addGroup()
        // Perhaps there is a timestamp.
        return lineFeed(from: position + number.count) + 1
    }

    private mutating func readName(_ name: UnsafeRawBufferPointer) {
        if !CanonicalScan.areEqual(name, self.name) { nameHash = hash.begin(name: name) }
        self.name = name
        if isHistogram, name.ends(with: Self.countSuffix) { counts &+= 1 }
    }

    private static let countSuffix = Array("_count".utf8)
    private static let bucketSuffix = Array("_bucket".utf8)

    /// Behind the closing brace; at the line feed where the line is not what it was said to be.
    private mutating func readLabels(_ start: LineScan.Position) -> LineScan.Position {
        var position = start
        while true {
            while position.pointee == UInt8(ascii: ",") || table[Int(position.pointee)] & ByteClass.blank != 0 {
                position += 1
            }
            if position.pointee == UInt8(ascii: "}") { return position + 1 }
            let nameEnd = LineScan.skip(ByteClass.labelName, position, table)
            var quote = nameEnd
            while quote.pointee == UInt8(ascii: "=") || table[Int(quote.pointee)] & ByteClass.blank != 0 { quote += 1 }
            guard nameEnd > position, quote.pointee == UInt8(ascii: "\""), count < CanonicalText.labelsMax,
                let behind = LineScan.quoted(quote + 1, table)
            else { return lineFeed(from: position) }
            add(
                name: UnsafeRawBufferPointer(start: position, count: nameEnd - position),
                value: UnsafeRawBufferPointer(start: quote, count: behind - quote))
            position = behind
        }
    }

    private func lineFeed(from position: LineScan.Position) -> LineScan.Position {
        var position = position
        while position.pointee != UInt8(ascii: "\n") { position += 1 }
        return position
    }

    private mutating func add(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        for label in group where CanonicalScan.areEqual(label.name, name) {
            hasOverridden = true
            return
        }
        if CanonicalScan.areEqual(name, mark) {
            hasMark = true
            // Without it two series may be the same.
            hasOverridden = true
        }
        if name.count >= 2, name[0] == UInt8(ascii: "_"), name[1] == UInt8(ascii: "_") { hasReserved = true }
        if isHistogram, name.count == 2, name[0] == UInt8(ascii: "l"), name[1] == UInt8(ascii: "e"),
            self.name.ends(with: Self.bucketSuffix), isInfinite(value)
        {
            infinities &+= 1
        }
        insert(Self.entry(name, value))
    }

    private func isInfinite(_ value: UnsafeRawBufferPointer) -> Bool {
        FloatText.value(of: value.withoutQuotes) == .infinity
    }

    private mutating func addGroup() {
        for label in group { insert(label) }
        guard let fallback, !has(fallback.name) else { return }
        insert(fallback)
    }

    private func has(_ name: UnsafeRawBufferPointer) -> Bool {
        for place in 0..<count where CanonicalScan.areEqual(entries[place].name, name) { return true }
        return false
    }

    /// In its place by name; most labels come in order.
    private mutating func insert(_ entry: Entry) {
        guard count < Self.capacity else { return }
        var place = count
        while place > 0, Self.isLess(entry.name, entries[place &- 1].name) {
            (entries + place).initialize(to: entries[place &- 1])
            place &-= 1
        }
        (entries + place).initialize(to: entry)
        count &+= 1
        // Name, equals sign and value, and what stands in front of them.
        bytes &+= entry.name.count &+ entry.value.count &+ 2
    }

    private static func isLess(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        let common = min(a.count, b.count)
        for place in 0..<common where a[place] != b[place] { return a[place] < b[place] }
        return a.count < b.count
    }

    // MARK: Writing

    /// The number of the series as it is written.
    var series: UInt64 {
        var sum = nameHash
        for place in 0..<count { sum &+= entries[place].hash }
        return hash.end(sum)
    }

    /// Writes the line behind others, and answers how many bytes stand in front of its value; `nil` without room.
    func write(to lines: inout GroupedLines) -> Int? {
        let prefix = name.count &+ bytes &+ (count > 0 ? 2 : 1)
        guard let start = lines.take(prefix &+ number.count &+ 1) else { return nil }
        var position = start
        position.put(name)
        for place in 0..<count {
            position.put(place == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
            let entry = entries[place]
            if entry.isInOnePiece {
                let piece = entry.name.count &+ 1 &+ entry.value.count
                position.put(UnsafeRawBufferPointer(start: entry.name.baseAddress, count: piece))
            } else {
                position.put(entry.name)
                position.put(UInt8(ascii: "="))
                position.put(entry.value)
            }
        }
        if count > 0 { position.put(UInt8(ascii: "}")) }
        position.put(UInt8(ascii: " "))
        position.put(number)
        position.put(UInt8(ascii: "\n"))
        return prefix
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// The caller has made sure that there is room.
    @inline(__always)
    fileprivate mutating func put(_ byte: UInt8) {
        pointee = byte
        self += 1
    }

    @inline(__always)
    fileprivate mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: bytes.count)
        self += bytes.count
    }
}

extension UnsafeRawBufferPointer {
    /// The first byte, if the last one is a line feed: then every step of ``LineScan`` ends.
    var assumingLineFeed: LineScan.Position? {
        guard last == UInt8(ascii: "\n") else { return nil }
        return assumingMemoryBound(to: UInt8.self).baseAddress
    }

    /// Behind the last byte of what ``assumingLineFeed`` begins.
    var end: LineScan.Position { (assumingMemoryBound(to: UInt8.self).baseAddress ?? ByteClass.table) + count }

    /// Of a label value with its quotes.
    fileprivate var withoutQuotes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: baseAddress.map { $0 + 1 }, count: Swift.max(0, count &- 2))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func ends(with suffix: [UInt8]) -> Bool {
        guard count >= suffix.count else { return false }
        for (offset, byte) in suffix.enumerated() where self[count &- suffix.count &+ offset] != byte { return false }
        return true
    }
}
