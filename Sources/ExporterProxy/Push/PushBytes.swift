import Exposition
import NIOCore

package enum PushCodecError: Error, Equatable, CustomStringConvertible {
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

/// Writes records and parts: a version, a kind, and then fields without names.
struct PushWriter {
    static let version: UInt8 = 1

    private(set) var bytes: ByteBuffer

    init(kind: UInt8, room: Int = 0) {
        bytes = ByteBufferAllocator().buffer(capacity: room)
        bytes.writeInteger(Self.version)
        bytes.writeInteger(kind)
    }

    mutating func write(byte: UInt8) { bytes.writeInteger(byte) }
    mutating func write(_ flag: Bool) { bytes.writeInteger(flag ? 1 : 0 as UInt8) }
    mutating func write(_ number: Double) { bytes.writeInteger(number.bitPattern) }
    mutating func write(_ number: Int64) { bytes.writeInteger(number) }

    /// Seven bits in each byte, the lowest first.
    mutating func write(count: Int) {
        var rest = UInt64(count)
        while rest >= 0x80 {
            bytes.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    mutating func write(_ text: String) {
        write(count: text.utf8.count)
        bytes.writeString(text)
    }

    mutating func write(_ lines: ByteBuffer) {
        write(count: lines.readableBytes)
        bytes.writeImmutableBuffer(lines)
    }

    mutating func write(_ lines: [UInt8]) {
        write(count: lines.count)
        bytes.writeBytes(lines)
    }

    mutating func write<Value>(optional value: Value?, _ write: (inout PushWriter, Value) -> Void) {
        self.write(value != nil)
        if let value { write(&self, value) }
    }

    mutating func write<Values: Collection>(
        each values: Values, _ write: (inout PushWriter, Values.Element) -> Void
    ) {
        self.write(count: values.count)
        for value in values { write(&self, value) }
    }

    mutating func write(_ group: GroupingKey) {
        write(each: group.labels) { writer, label in
            writer.write(label.name)
            writer.write(label.value)
        }
    }
}

/// Reads what a ``PushWriter`` wrote, or refuses; whatever the bytes are, it does not trap.
struct PushReader {
    private var bytes: ByteBuffer
    let kind: UInt8
    /// Turns wall times into moments of this run of the machine.
    let clock: RestoredClock

    init(_ bytes: ByteBuffer, at now: Moment) throws(PushCodecError) {
        self.bytes = bytes
        clock = RestoredClock(now: now)
        guard let version = self.bytes.readInteger(as: UInt8.self) else { throw .length }
        guard version == PushWriter.version else { throw .version(version) }
        guard let kind = self.bytes.readInteger(as: UInt8.self) else { throw .length }
        self.kind = kind
    }

    func end() throws(PushCodecError) {
        guard bytes.readableBytes == 0 else { throw .length }
    }

    mutating func byte() throws(PushCodecError) -> UInt8 { try integer() }
    mutating func number() throws(PushCodecError) -> Double { Double(bitPattern: try integer()) }
    mutating func int64() throws(PushCodecError) -> Int64 { try integer() }

    private mutating func integer<Value: FixedWidthInteger>() throws(PushCodecError) -> Value {
        guard let value = bytes.readInteger(as: Value.self) else { throw .length }
        return value
    }

    mutating func flag() throws(PushCodecError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw .damaged("a flag")
        }
    }

    /// At most as many as there are bytes left: nothing that is counted takes less than one.
    mutating func count() throws(PushCodecError) -> Int {
        var count: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 63, by: 7) {
            let byte = try byte()
            count |= UInt64(byte & 0x7F) << shift
            guard byte & 0x80 == 0 else { continue }
            guard count <= UInt64(bytes.readableBytes) else { throw .length }
            return Int(count)
        }
        throw .damaged("a count")
    }

    mutating func text() throws(PushCodecError) -> String {
        guard let text = String(validating: try slice().readableBytesView, as: UTF8.self) else {
            throw .damaged("a text")
        }
        return text
    }

    /// With memory of their own: they outlive the record.
    mutating func lines() throws(PushCodecError) -> ByteBuffer { ByteBuffer(bytes: try slice().readableBytesView) }

    private mutating func slice() throws(PushCodecError) -> ByteBuffer {
        let count = try count()
        guard let slice = bytes.readSlice(length: count) else { throw .length }
        return slice
    }

    mutating func optional<Value>(
        _ read: (inout PushReader) throws(PushCodecError) -> Value
    ) throws(PushCodecError) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func each<Value>(
        _ read: (inout PushReader) throws(PushCodecError) -> Value
    ) throws(PushCodecError) -> [Value] {
        var values: [Value] = []
        for _ in 0..<(try count()) { values.append(try read(&self)) }
        return values
    }

    mutating func group() throws(PushCodecError) -> GroupingKey {
        GroupingKey(
            try each { reader throws(PushCodecError) in Label(try reader.text(), try reader.text()) })
    }

    mutating func moment() throws(PushCodecError) -> Moment { clock.moment(wall: try int64()) }
}

/// Times that were written by the wall's clock, on the monotonic clock of this run of the machine.
struct RestoredClock {
    let now: Moment

    /// As long ago as the wall says; never in the future.
    func moment(wall: Int64) -> Moment {
        let (age, overflows) = now.wall.nanoseconds.subtractingReportingOverflow(wall)
        let past = overflows ? (wall < 0 ? Int64.max / 2 : 0) : min(max(0, age), .max / 2)
        return Moment(wall: Timestamp(nanoseconds: wall), monotonic: now.monotonic &- past)
    }

    func monotonic(wall: Int64) -> Int64 { moment(wall: wall).monotonic }
}
