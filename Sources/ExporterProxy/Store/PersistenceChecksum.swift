import CZlib
import NIOCore

/// Of the values of a row. SQLite itself does not notice where the disk has changed a byte of them.
struct PersistenceChecksum {
    private(set) var value: UInt = 0

    static func of(_ values: [DatabaseStatement.Value]) -> Int64 {
        var sum = PersistenceChecksum()
        for value in values {
            switch value {
            case .integer(let number): withUnsafeBytes(of: number.littleEndian) { sum.add($0) }
            case .text(var text): text.withUTF8 { sum.add(UnsafeRawBufferPointer($0)) }
            case .blob(let buffer): buffer.withUnsafeReadableBytes { sum.add($0) }
            }
        }
        return Int64(sum.value)
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // Where one value ends is part of what is said.
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { value = Self.crc(value, $0) }
        value = Self.crc(value, bytes)
    }

    /// Of 32 bits.
    private static func crc(_ value: UInt, _ bytes: UnsafeRawBufferPointer) -> UInt {
        guard let start = bytes.baseAddress else { return value }
        return crc32_z(value, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}
