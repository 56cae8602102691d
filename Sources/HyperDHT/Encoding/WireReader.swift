/// Reads the compact encoding of HyperDHT: little-endian, without padding and without type tags.
///
/// It throws on whatever is not there, and allocates nothing before it has seen that the bytes for it are.
/// What it hands out are slices of the bytes it was given.
package struct WireReader {
    /// 2^53 - 1: numbers above cannot be said by the reference.
    package static let uintMax: UInt64 = 1 << 53 - 1

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package var remaining: Int { bytes.endIndex - position }

    package var isAtEnd: Bool { position == bytes.endIndex }

    package mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw .truncated }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    /// Everything up to the end of the enclosing message.
    package mutating func rest() -> ArraySlice<UInt8> {
        defer { position = bytes.endIndex }
        return bytes[position...]
    }

    // MARK: Numbers

    package mutating func byte() throws(WireError) -> UInt8 {
        guard !isAtEnd else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func uint16() throws(WireError) -> UInt16 { UInt16(truncatingIfNeeded: try fixed(2)) }

    package mutating func uint24() throws(WireError) -> UInt32 { UInt32(truncatingIfNeeded: try fixed(3)) }

    package mutating func uint32() throws(WireError) -> UInt32 { UInt32(truncatingIfNeeded: try fixed(4)) }

    package mutating func uint64() throws(WireError) -> UInt64 { try fixed(8) }

    /// One, three, five or nine bytes. A longer form than needed is read too.
    package mutating func uint() throws(WireError) -> UInt64 {
        let first = try byte()
        switch first {
        case 0xFD: return try fixed(2)
        case 0xFE: return try fixed(4)
        case 0xFF:
            let number = try fixed(8)
            guard number <= Self.uintMax else { throw .numberTooLarge }
            return number
        default: return UInt64(first)
        }
    }

    /// Zig-zag: even numbers are at or above zero, odd ones below.
    package mutating func int() throws(WireError) -> Int64 {
        let number = try uint()
        let half = Int64(number >> 1)
        return number & 1 == 0 ? half : -half - 1
    }

    /// Everything but 1 is false.
    package mutating func bool() throws(WireError) -> Bool { try byte() == 1 }

    private mutating func fixed(_ count: Int) throws(WireError) -> UInt64 {
        var number: UInt64 = 0
        for (index, byte) in try take(count).enumerated() { number |= UInt64(byte) << UInt64(8 * index) }
        return number
    }

    // MARK: Bytes, texts, lists

    /// Bytes behind their length.
    package mutating func buffer(max: Int = .max) throws(WireError) -> ArraySlice<UInt8> {
        let length = try uint()
        guard length <= max else { throw .tooLong(length: length, max: max) }
        guard length <= remaining else { throw .truncated }
        return try take(Int(length))
    }

    package mutating func string(max: Int) throws(WireError) -> String {
        guard let text = String(validating: try buffer(max: max), as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    /// A text that is only shown or compared, of which a bad byte is no reason to drop the message: it reads as U+FFFD.
    package mutating func looseString(max: Int) throws(WireError) -> String {
        String(decoding: try buffer(max: max), as: UTF8.self)
    }

    package mutating func bytes32() throws(WireError) -> Bytes32 { Bytes32(filling: try take(Bytes32.count)) }

    /// Items behind their count. `itemBytesMin` is what the shortest item takes, so that a count beyond the bytes is
    /// refused before there is room made for it.
    package mutating func list<Item>(
        max: Int, itemBytesMin: Int, _ item: (inout WireReader) throws(WireError) -> Item
    ) throws(WireError) -> [Item] {
        let count = try uint()
        guard count <= max else { throw .tooLong(length: count, max: max) }
        guard count <= remaining / Swift.max(itemBytesMin, 1) else { throw .truncated }
        var items: [Item] = []
        items.reserveCapacity(Int(count))
        for _ in 0..<count { items.append(try item(&self)) }
        return items
    }
}
