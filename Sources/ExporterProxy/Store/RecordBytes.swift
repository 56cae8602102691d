import NIOCore

package enum RecordError: Error, Equatable, CustomStringConvertible {
    case version(UInt8)
    /// It ends in the middle, or goes on behind its end.
    case length
    case damaged(String)
    /// With what is there already.
    case conflict

    package var description: String {
        switch self {
        case .version(let version): "written by another version (\(version))"
        case .length: "cut off or too long"
        case .damaged(let part): "damaged: \(part)"
        case .conflict: "contradicts what is there"
        }
    }
}

/// Writes what is to outlive the process: a version, and then fields without names. Rooms add what they have.
struct RecordWriter {
    private(set) var bytes: ByteBuffer

    init(version: UInt8, room: Int = 0) {
        bytes = ByteBufferAllocator().buffer(capacity: room)
        bytes.writeInteger(version)
    }

    mutating func write(byte: UInt8) { bytes.writeInteger(byte) }
    mutating func write(_ flag: Bool) { bytes.writeInteger(flag ? 1 : 0 as UInt8) }
    mutating func write(_ number: Double) { bytes.writeInteger(number.bitPattern) }
    mutating func write(_ number: Int64) { bytes.writeInteger(number) }

    /// Seven bits in each byte, the lowest first.
    mutating func write(count: UInt64) {
        var rest = count
        while rest >= 0x80 {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ text: String) {
        write(count: UInt64(text.utf8.count))
        bytes.writeString(text)
    }

    mutating func write(_ lines: ByteBuffer) {
        write(count: UInt64(lines.readableBytes))
        bytes.writeImmutableBuffer(lines)
    }

    mutating func write(_ lines: [UInt8]) {
        write(count: UInt64(lines.count))
        bytes.writeBytes(lines)
    }

    mutating func write<Value>(optional value: Value?, _ write: (inout RecordWriter, Value) -> Void) {
        self.write(value != nil)
        if let value { write(&self, value) }
    }

    mutating func write<Values: Collection>(
        each values: Values, _ write: (inout RecordWriter, Values.Element) -> Void
    ) {
        self.write(count: UInt64(values.count))
        for value in values { write(&self, value) }
    }
}

/// Reads what a ``RecordWriter`` wrote, or refuses; whatever the bytes are, it does not trap.
struct RecordReader {
    private var bytes: ByteBuffer

    init(_ bytes: ByteBuffer, version: UInt8) throws(RecordError) {
        self.bytes = bytes
        let written = try byte()
        guard written == version else { throw .version(written) }
    }

    func end() throws(RecordError) {
        guard bytes.readableBytes == 0 else { throw .length }
    }

    mutating func byte() throws(RecordError) -> UInt8 { try integer() }
    mutating func number() throws(RecordError) -> Double { Double(bitPattern: try integer()) }
    mutating func int64() throws(RecordError) -> Int64 { try integer() }

    private mutating func integer<Value: FixedWidthInteger>() throws(RecordError) -> Value {
        guard let value = bytes.readInteger(as: Value.self) else { throw .length }
        return value
    }

    mutating func flag() throws(RecordError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .damaged("a flag")
        }
    }

    mutating func count() throws(RecordError) -> UInt64 { try count(bits: 64) }

    private mutating func count(bits: UInt64) throws(RecordError) -> UInt64 {
        var count: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: bits, by: 7) {
            let byte = try byte()
            let part = UInt64(byte & 0x7F)
            guard (part << shift) >> shift == part else { throw .damaged("a count") }
            count |= part << shift
            if byte & 0x80 == 0 { return count }
        }
        throw .damaged("a count")
    }

    /// At most as many as there are bytes left: nothing that is counted takes less than one.
    private mutating func elements() throws(RecordError) -> Int {
        let count = try count(bits: 63)
        guard count <= UInt64(bytes.readableBytes) else { throw .length }
        return Int(count)
    }

    mutating func text() throws(RecordError) -> String {
        guard let text = String(validating: try slice().readableBytesView, as: UTF8.self) else {
            throw .damaged("a text")
        }
        return text
    }

    /// With memory of their own: they outlive the record.
    mutating func lines() throws(RecordError) -> ByteBuffer { ByteBuffer(bytes: try slice().readableBytesView) }

    private mutating func slice() throws(RecordError) -> ByteBuffer {
        let count = try elements()
        guard let slice = bytes.readSlice(length: count) else { throw .length }
        return slice
    }

    mutating func optional<Value>(
        _ read: (inout RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func each<Value>(
        max: Int = .max, _ read: (inout RecordReader) throws(RecordError) -> Value
    ) throws(RecordError) -> [Value] {
        let count = try elements()
        guard count <= max else { throw .damaged("too many of something") }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }
}
