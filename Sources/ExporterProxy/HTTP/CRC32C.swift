/// The checksum of Castagnoli (RFC 3720, B.4), as snappy uses it.
enum CRC32C {
    /// Eight tables of 256: what a byte does to the sum with so many bytes behind it.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var sum = UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
            tables[byte] = sum
        }
        for index in 256..<tables.count {
            let sum = tables[index - 256]
            tables[index] = sum >> 8 ^ tables[Int(sum & 0xFF)]
        }
        return tables
    }()

    /// A byte scanner: reads only `bytes[0 ..< count]`.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var sum = ~UInt32(0)
            var index = 0
            while bytes.count - index >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian ^ UInt64(sum)
                sum = 0
                for place in 0..<8 { sum ^= tables[(7 - place) << 8 | Int(word >> UInt64(8 * place) & 0xFF)] }
                index += 8
            }
            while index < bytes.count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
            return ~sum
        }
    }

    /// So that a checksum of bytes that hold checksums is no odd number (framing_format.txt, 3).
    static func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let sum = checksum(bytes)
        return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
    }
}
