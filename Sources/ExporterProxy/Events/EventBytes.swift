import NIOCore

package enum EventCodecError: Error, Equatable, CustomStringConvertible {
    case version(UInt8)
    /// It ends in the middle, or goes on behind its end.
    case length
    case damaged(String)

    package var description: String {
        switch self {
        case .version(let version): "written by another version (\(version))"
        case .length: "cut off or too long"
        case .damaged(let part): "damaged: \(part)"
        }
    }
}

/// Writes saved values: a version, and then fields without names.
struct EventWriter {
    static let version: UInt8 = 1

    private(set) var bytes: ByteBuffer

    init(room: Int) {
        bytes = ByteBufferAllocator().buffer(capacity: room)
        bytes.writeInteger(Self.version)
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

    mutating func write<Values: Collection>(
        each values: Values, _ write: (inout EventWriter, Values.Element) -> Void
    ) {
        self.write(count: UInt64(values.count))
        for value in values { write(&self, value) }
    }
}

/// Reads what an ``EventWriter`` wrote, or refuses; whatever the bytes are, it does not trap.
struct EventReader {
    private var bytes: ByteBuffer

    init(_ bytes: ByteBuffer) throws(EventCodecError) {
        self.bytes = bytes
        let version = try byte()
        guard version == EventWriter.version else { throw .version(version) }
    }

    func end() throws(EventCodecError) {
        guard bytes.readableBytes == 0 else { throw .length }
    }

    mutating func byte() throws(EventCodecError) -> UInt8 { try integer() }
    mutating func number() throws(EventCodecError) -> Double { Double(bitPattern: try integer()) }
    mutating func int64() throws(EventCodecError) -> Int64 { try integer() }

    private mutating func integer<Value: FixedWidthInteger>() throws(EventCodecError) -> Value {
        guard let value = bytes.readInteger(as: Value.self) else { throw .length }
        return value
    }

    mutating func flag() throws(EventCodecError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .damaged("a flag")
        }
    }

    mutating func count() throws(EventCodecError) -> UInt64 {
        var count: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
            let byte = try byte()
            let part = UInt64(byte & 0x7F)
            guard (part << shift) >> shift == part else { throw .damaged("a count") }
            count |= part << shift
            if byte & 0x80 == 0 { return count }
        }
        throw .damaged("a count")
    }

    /// At most as many as there are bytes left: nothing that is counted takes less than one.
    private mutating func elements() throws(EventCodecError) -> Int {
        let count = try count()
        guard count <= UInt64(bytes.readableBytes) else { throw .length }
        return Int(count)
    }

    mutating func text() throws(EventCodecError) -> String {
        let count = try elements()
        guard let slice = bytes.readSlice(length: count) else { throw .length }
        guard let text = String(validating: slice.readableBytesView, as: UTF8.self) else { throw .damaged("a text") }
        return text
    }

    mutating func each<Value>(
        max: Int, _ read: (inout EventReader) throws(EventCodecError) -> Value
    ) throws(EventCodecError) -> [Value] {
        let count = try elements()
        guard count <= max else { throw .damaged("too many of something") }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }
}
