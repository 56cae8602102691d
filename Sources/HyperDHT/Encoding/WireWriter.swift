/// Writes the compact encoding of HyperDHT; see ``WireReader``.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    package mutating func raw(_ raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    package mutating func uint16(_ number: UInt16) { fixed(UInt64(number), 2) }

    /// Of the lower 24 bits.
    package mutating func uint24(_ number: UInt32) { fixed(UInt64(number), 3) }

    package mutating func uint32(_ number: UInt32) { fixed(UInt64(number), 4) }

    package mutating func uint64(_ number: UInt64) { fixed(number, 8) }

    /// In the shortest form. The reference reads numbers up to ``WireReader/uintMax``.
    package mutating func uint(_ number: UInt64) {
        switch number {
        case ...0xFC: byte(UInt8(number))
        case ...0xFFFF:
            byte(0xFD)
            fixed(number, 2)
        case ...0xFFFF_FFFF:
            byte(0xFE)
            fixed(number, 4)
        default:
            byte(0xFF)
            fixed(number, 8)
        }
    }

    package mutating func uint(_ number: Int) {
        precondition(number >= 0, "a uint is not below zero")
        uint(UInt64(number))
    }

    package mutating func int(_ number: Int64) {
        uint(UInt64(bitPattern: number << 1 ^ number >> 63))
    }

    package mutating func bool(_ bool: Bool) { byte(bool ? 1 : 0) }

    package mutating func buffer(_ buffer: some Collection<UInt8>) {
        uint(buffer.count)
        raw(buffer)
    }

    package mutating func string(_ string: String) { buffer(string.utf8) }

    package mutating func bytes32(_ value: Bytes32) { value.withUnsafeBytes { bytes.append(contentsOf: $0) } }

    package mutating func list<Item>(_ items: [Item], _ item: (Item, inout WireWriter) -> Void) {
        uint(items.count)
        for each in items { item(each, &self) }
    }

    private mutating func fixed(_ number: UInt64, _ count: Int) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }
}
