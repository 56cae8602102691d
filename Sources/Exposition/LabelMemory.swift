/// The labels of the line being read, over those of the line before: neighbours have most of them in common.
///
/// A label that is byte for byte the one in the same place of the line before is known to be well-formed, and its
/// hash is known. Memory belongs to whoever made it, and must hold `capacity` labels.
struct LabelMemory {
    struct Entry {
        /// `name="value"` with the quotes.
        var text: UnsafeRawBufferPointer
        var nameCount: Int
        /// What it adds to the series' number.
        var hash: UInt64

        var name: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text[..<nameCount]) }
    }

    private let entries: UnsafeMutablePointer<Entry>
    private let capacity: Int
    /// Entries of the line before, or of this one where they are written over.
    private var known = 0
    /// Labels of this line so far.
    private(set) var count = 0
    /// All of this line's labels so far stood in the line before.
    private var isLikeBefore = true

    init(_ entries: UnsafeMutablePointer<Entry>, capacity: Int) {
        self.entries = entries
        self.capacity = capacity
    }

    @inline(__always)
    mutating func beginLine() {
        known = count
        count = 0
        isLikeBefore = true
    }

    /// What is looked at in a label has changed: none is known any more.
    mutating func forget() { count = 0 }

    /// Behind the label at `position` if the line before had the same in this place; the label is taken then.
    @inline(__always)
    mutating func repeated(
        at position: LineScan.Position, before end: LineScan.Position, _ hash: inout UInt64
    ) -> LineScan.Position? {
        guard count < known else { return nil }
        let entry = entries[count]
        guard let text = entry.text.baseAddress, end - position > entry.text.count,
            ByteCompare.areEqual(position, text, entry.text.count)
        else { return nil }
        if !isLikeBefore, isTaken(entry.name) { return nil }
        count &+= 1
        hash &+= entry.hash
        return position + entry.text.count
    }

    /// Takes a label that was not there; false where its name occurs twice, is `__name__`, or there is no room.
    @inline(__always)
    mutating func add(_ entry: Entry) -> Bool {
        let name = entry.name
        guard count < capacity, !isTaken(name), !Self.isReserved(name) else { return false }
        entries[count] = entry
        count &+= 1
        // The labels behind it are no longer those of the line before.
        isLikeBefore = false
        known = max(known, count)
        return true
    }

    @inline(__always)
    private func isTaken(_ name: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<count where CanonicalScan.areEqual(entries[index].name, name) { return true }
        return false
    }

    /// `__name__`
    @inline(__always)
    private static func isReserved(_ name: UnsafeRawBufferPointer) -> Bool {
        name.count == 8 && name.loadUnaligned(as: UInt64.self) == 0x5F5F_656D_616E_5F5F
    }
}
