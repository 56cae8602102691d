import Exposition
import Glibc

/// Texts with numbers from 0 on, found by their bytes; the bytes lie in one piece of memory.
struct ByteTable: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        var start: Int
        /// Negative where there is none.
        var count: Int
    }

    private let hash = ByteHash()
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    private var unused = 0
    private var free: [Int] = []
    /// Places in `entries` plus 1, or 0; a power of two, at most half full.
    private var slots = [UInt32](repeating: 0, count: 8)

    /// All numbers are less than this.
    var end: Int { entries.count }
    var count: Int { entries.count &- free.count }

    func contains(_ number: Int) -> Bool { entries.indices.contains(number) && entries[number].count >= 0 }

    func withText<T>(_ number: Int, _ body: (UnsafeRawBufferPointer) -> T) -> T {
        let entry = entries[number]
        return bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[entry.start..<entry.start + entry.count]))
        }
    }

    @inline(__always)
    func find(_ text: UnsafeRawBufferPointer) -> Int? { find(text, hash.number(text)) }

    @inline(__always)
    private func find(_ text: UnsafeRawBufferPointer, _ number: UInt64) -> Int? {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: number) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) &- 1
            if entries[place].hash == number, holds(entries[place], text) { return place }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    @inline(__always)
    private func holds(_ entry: Entry, _ text: UnsafeRawBufferPointer) -> Bool {
        guard entry.count == text.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, let other = text.baseAddress else { return entry.count == 0 }
            return memcmp(base + entry.start, other, entry.count) == 0
        }
    }

    /// The number of a text that is not there yet.
    mutating func insert(_ text: UnsafeRawBufferPointer) -> Int {
        let entry = Entry(hash: hash.number(text), start: bytes.count, count: text.count)
        bytes.append(contentsOf: text)
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(entry) } else { entries[place] = entry }
        if count &* 2 > slots.count { grow() } else { link(place) }
        return place
    }

    /// Their numbers are given to others later.
    mutating func remove(_ gone: [Int]) {
        guard !gone.isEmpty else { return }
        for place in gone where contains(place) {
            unused += entries[place].count
            entries[place].count = -1
            free.append(place)
        }
        if unused > 4096, unused > bytes.count / 2 { closeGaps() }
        relink(slots.count)
    }

    private mutating func closeGaps() {
        var dense: [UInt8] = []
        dense.reserveCapacity(bytes.count &- unused)
        for place in entries.indices where entries[place].count >= 0 {
            let entry = entries[place]
            entries[place].start = dense.count
            dense += bytes[entry.start..<entry.start + entry.count]
        }
        (bytes, unused) = (dense, 0)
    }

    private mutating func grow() { relink(slots.count &* 2) }

    private mutating func relink(_ size: Int) {
        slots = [UInt32](repeating: 0, count: size)
        for place in entries.indices where entries[place].count >= 0 { link(place) }
    }

    private mutating func link(_ place: Int) {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: entries[place].hash) & mask
        while slots[slot] != 0 { slot = (slot &+ 1) & mask }
        slots[slot] = UInt32(place &+ 1)
    }
}
