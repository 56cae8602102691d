import Exposition
import Glibc

/// Remembers what whole datagrams came to: workers send the same bytes again and again.
///
/// In sets of four, of which the one that is next in turn makes room; at most ``entriesMax`` datagrams of at most
/// ``bytesMax`` bytes, in memory that grows when it is too small. Bytes are compared, so that a hit is never wrong.
struct EventMemo: Sendable {
    /// What was done: an amount added to a series.
    struct Entry: Sendable {
        var family: Int32
        var series: Int32
        /// Of the series: another one may have its place since.
        var serial: UInt64
        var amount: Double
        fileprivate var count: Int = 0

        init(family: Int, series: Int, serial: UInt64, amount: Double) {
            (self.family, self.series) = (Int32(truncatingIfNeeded: family), Int32(truncatingIfNeeded: series))
            (self.serial, self.amount) = (serial, amount)
        }

        fileprivate static let none = Entry(family: 0, series: 0, serial: 0, amount: 0)
    }

    static let bytesMax = 256
    static let entriesMax = 8192
    private static let ways = 4
    private static let entriesMin = 128

    private let hash = ByteHash()
    /// 0 where there is none.
    private var tags: [UInt64] = []
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    private var mask = 0
    private var turn = 0
    /// Since the memory has grown.
    private var evictions = 0

    /// A number for the datagram, to be handed in with it.
    @inline(__always)
    func tag(_ datagram: UnsafeRawBufferPointer) -> UInt64 { hash.number(datagram) | 1 }

    @inline(__always)
    func find(_ datagram: UnsafeRawBufferPointer, _ tag: UInt64) -> Entry? {
        guard !tags.isEmpty, let base = datagram.baseAddress else { return nil }
        let first = set(tag)
        for place in first..<first &+ Self.ways where tags[place] == tag && entries[place].count == datagram.count {
            let isSame = bytes.withUnsafeBytes { bytes in
                bytes.baseAddress.map { memcmp($0 + place &* Self.bytesMax, base, datagram.count) == 0 } ?? false
            }
            if isSame { return entries[place] }
        }
        return nil
    }

    @inline(__always)
    private func set(_ tag: UInt64) -> Int { (Int(truncatingIfNeeded: tag >> 1) & mask) &* Self.ways }

    mutating func remember(_ datagram: UnsafeRawBufferPointer, _ tag: UInt64, _ entry: Entry) {
        guard datagram.count <= Self.bytesMax else { return }
        if tags.isEmpty || evictions > tags.count / 2 { grow() }
        let first = set(tag)
        // The one of a series that has gone is written over.
        let same = (first..<first + Self.ways).first { tags[$0] == tag }
        let place = same ?? (first..<first + Self.ways).first { tags[$0] == 0 } ?? nextInTurn(first)
        tags[place] = tag
        entries[place] = entry
        entries[place].count = datagram.count
        let start = place * Self.bytesMax
        bytes.withUnsafeMutableBytes { bytes in
            UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + datagram.count]).copyMemory(from: datagram)
        }
    }

    private mutating func nextInTurn(_ first: Int) -> Int {
        turn = (turn + 1) % Self.ways
        evictions += 1
        return first + turn
    }

    /// Forgets what it knew: the next packets bring it back.
    private mutating func grow() {
        evictions = 0
        guard tags.count < Self.entriesMax else { return }
        let count = max(Self.entriesMin, tags.count * 2)
        tags = [UInt64](repeating: 0, count: count)
        entries = [Entry](repeating: .none, count: count)
        bytes = [UInt8](repeating: 0, count: count * Self.bytesMax)
        mask = count / Self.ways - 1
    }

    /// The numbers of families mean others now.
    mutating func forgetAll() {
        for place in tags.indices { tags[place] = 0 }
    }
}
