/// Bytes in a row, added at the end and taken from the front without moving the others.
///
/// It has no bound of its own; whoever adds has looked at `count`.
struct ByteRing: Sendable {
    // Its size is zero or a power of two.
    private var storage: [UInt8] = []
    private var head = 0
    private(set) var count = 0
    private static let storageBytesMin = 1024

    /// What it holds on to, in bytes.
    var capacity: Int { storage.count }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        guard !bytes.isEmpty else { return }
        reserve(count + bytes.count)
        let start = (head + count) & (storage.count - 1)
        let untilEnd = min(bytes.count, storage.count - start)
        storage.overwrite(at: start, with: bytes.prefix(untilEnd))
        storage.overwrite(at: 0, with: bytes.dropFirst(untilEnd))
        count += bytes.count
    }

    /// Appends `range` of these bytes to `bytes`; the range counts from the front.
    func copy(_ range: Range<Int>, to bytes: inout [UInt8]) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bytes that are not in the ring")
        guard !range.isEmpty else { return }
        let start = (head + range.lowerBound) & (storage.count - 1)
        let untilEnd = min(range.count, storage.count - start)
        bytes += storage[start..<start + untilEnd]
        bytes += storage[..<(range.count - untilEnd)]
    }

    mutating func removeFirst(_ number: Int) {
        precondition(0...count ~= number, "bytes that are not in the ring")
        count -= number
        head = count == 0 ? 0 : (head + number) & (storage.count - 1)
    }

    /// Gives the memory back as well.
    mutating func removeAll() { self = ByteRing() }

    /// Gives back what its bytes do not need.
    mutating func shrink() {
        if isEmpty {
            removeAll()
        } else if storage.count > max(count, Self.storageBytesMin) * 4 {
            resize(for: count)
        }
    }

    private mutating func reserve(_ bytes: Int) {
        if bytes > storage.count { resize(for: bytes) }
    }

    private mutating func resize(for bytes: Int) {
        var size = Self.storageBytesMin
        while size < bytes { size *= 2 }
        var other = [UInt8](repeating: 0, count: size)
        let untilEnd = min(count, storage.count - head)
        other.overwrite(at: 0, with: storage[head..<head + untilEnd])
        other.overwrite(at: untilEnd, with: storage[..<(count - untilEnd)])
        (storage, head) = (other, 0)
    }
}

extension [UInt8] {
    fileprivate mutating func overwrite(at offset: Int, with bytes: ArraySlice<UInt8>) {
        withUnsafeMutableBytes { storage in
            storage[offset..<offset + bytes.count].copyBytes(from: bytes)
        }
    }
}
