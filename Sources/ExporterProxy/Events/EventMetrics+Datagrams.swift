/// From datagrams to packets.
extension EventMetrics {
    /// Takes a packet, a batch of them in an array, or several of both in lines of their own.
    ///
    /// What is not JSON counts for nothing as a whole, up to the next line; of a batch each packet counts for itself.
    /// Where broken lines have been read again and again, the rest is one refusal.
    package mutating func take(_ datagram: UnsafeRawBufferPointer, at time: Int64, into tally: inout EventTally) {
        var tag: UInt64 = 0
        if remembers, datagram.count <= EventMemo.bytesMax {
            tag = memo.tag(datagram)
            if let entry = memo.find(datagram, tag), add(entry, at: time) {
                tally.accepted &+= 1
                return
            }
        }
        takeUnknown(datagram, tag, at: time, into: &tally)
    }

    /// Takes lines that have come over a stream, each as a datagram of its own: so nothing depends on which of them
    /// have come together.
    mutating func take(lines: UnsafeRawBufferPointer, at time: Int64, into tally: inout EventTally) {
        var rest = lines[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            take(UnsafeRawBufferPointer(rebasing: rest[..<end]), at: time, into: &tally)
            rest = rest[end...].dropFirst()
        }
    }

    @inline(__always)
    private mutating func add(_ entry: EventMemo.Entry, at time: Int64) -> Bool {
        families[Int(entry.family)].add(entry.amount, to: Int(entry.series), entry.serial, at: time)
    }

    // So that one datagram of broken lines does not take much longer than one of good ones.
    private static let vainMin = 4096
    private static let vainFactor = 4
    /// A refusal takes as long as reading so much.
    private static let refusalBytes = 64

    @inline(never)
    private mutating func takeUnknown(
        _ datagram: UnsafeRawBufferPointer, _ tag: UInt64, at time: Int64, into tally: inout EventTally
    ) {
        var scanner = EventScanner(datagram)
        var documents = 0
        var known: EventMemo.Entry?
        // Of what may be read in vain.
        var bytesLeft = Self.vainMin + Self.vainFactor * datagram.count
        while true {
            scanner.skipSpace()
            if scanner.isAtEnd { break }
            documents &+= 1
            let start = scanner
            do throws(EventRefusal) {
                known = try takeDocument(&scanner, at: time, into: &tally)
            } catch {
                tally.refuse(error)
                known = nil
                // Nobody can say where something broken ends, but not behind the line in which it begins.
                if error.isBroken {
                    bytesLeft -= Self.refusalBytes + scanner.i - start.i
                    if bytesLeft < 0 { break }
                    scanner = start
                }
                scanner.skipLine()
            }
        }
        if documents == 0 { tally.refuse(.empty) }
        if tag != 0, documents == 1, let known { memo.remember(datagram, tag, known) }
    }

    /// Answers what a single packet came to, if that is worth remembering.
    private mutating func takeDocument(
        _ scanner: inout EventScanner, at time: Int64, into tally: inout EventTally
    ) throws(EventRefusal) -> EventMemo.Entry? {
        if scanner.next == UInt8(ascii: "[") {
            try takeBatch(&scanner, at: time, into: &tally)
            return nil
        }
        guard scanner.next == UInt8(ascii: "{") else {
            throw .malformed(offset: scanner.i, "a packet is an object, and a batch an array")
        }
        try read(&scanner)
        try Self.expectEndOfLine(&scanner)
        let known = try apply(in: scanner.bytes, at: time)
        tally.accepted &+= 1
        return known
    }

    private static func expectEndOfLine(_ scanner: inout EventScanner) throws(EventRefusal) {
        if !scanner.skipToEndOfLine() { throw .malformed(offset: scanner.i, "expected the end of the line") }
    }

    private mutating func read(_ scanner: inout EventScanner) throws(EventRefusal) {
        var reader = EventPacketReader(scanner: scanner, takesFlat: settings.autoDeclare)
        defer { scanner = reader.scanner }
        try reader.read(&packet)
    }

    private mutating func takeBatch(
        _ scanner: inout EventScanner, at time: Int64, into tally: inout EventTally
    ) throws(EventRefusal) {
        // Of a batch that is no JSON nothing counts: so all of it is looked at first.
        var whole = scanner
        defer { scanner = whole }
        try whole.skipValue(depth: 0)
        try Self.expectEndOfLine(&whole)
        guard scanner.begin(until: UInt8(ascii: "]")) else { throw .empty }
        repeat {
            scanner.skipSpace()
            do throws(EventRefusal) {
                try takeElement(&scanner, at: time)
                tally.accepted &+= 1
            } catch {
                tally.refuse(error)
            }
        } while try scanner.hasMore(before: UInt8(ascii: "]"))
    }

    private mutating func takeElement(_ scanner: inout EventScanner, at time: Int64) throws(EventRefusal) {
        let start = scanner
        // Also where the packet is refused the next one is behind it.
        try scanner.skipValue(depth: 1)
        guard start.next == UInt8(ascii: "{") else { throw .notObject }
        var element = start
        try read(&element)
        _ = try apply(in: element.bytes, at: time)
    }
}
