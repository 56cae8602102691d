/// Walks over the fields of one message (protobuf.dev, "Encoding").
///
/// A byte scanner: reads only `bytes[position ..< end]`, which lies within `bytes`.
struct ProtobufCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) { self.init(bytes, 0..<bytes.count) }

    private init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        (position, end) = (range.lowerBound, range.upperBound)
    }

    /// One field, not yet understood.
    struct Field {
        enum Payload {
            case varint(UInt64)
            case fixed64(UInt64)
            case bytes(Range<Int>)
            case fixed32
        }

        var number: UInt64
        /// Of its tag.
        var offset: Int
        var payload: Payload
    }

    var isAtEnd: Bool { position == end }

    mutating func next() throws(ProtobufError) -> Field? {
        guard !isAtEnd else { return nil }
        let offset = position
        let tag = try takeVarint()
        guard 1...0x1FFF_FFFF ~= tag >> 3 else { throw ProtobufError(.fieldNumber, at: offset) }
        return Field(number: tag >> 3, offset: offset, payload: try takePayload(UInt8(tag & 7), offset))
    }

    private mutating func takePayload(_ wireType: UInt8, _ offset: Int) throws(ProtobufError) -> Field.Payload {
        switch wireType {
        case 0: return .varint(try takeVarint())
        case 1: return .fixed64(bytes.loadUnaligned(fromByteOffset: try take(8), as: UInt64.self).littleEndian)
        case 2: return .bytes(try takeDelimited())
        case 5:
            _ = try take(4)
            return .fixed32
        default: throw ProtobufError(.wireType(wireType), at: offset)
        }
    }

    /// The bytes behind their length.
    private mutating func takeDelimited() throws(ProtobufError) -> Range<Int> {
        let offset = position
        let length = try takeVarint()
        guard let length = Int(exactly: length), length <= end &- position else {
            throw ProtobufError(.truncated, at: offset)
        }
        let start = try take(length)
        return start..<position
    }

    /// Where so many bytes begin.
    private mutating func take(_ count: Int) throws(ProtobufError) -> Int {
        guard count <= end &- position else { throw ProtobufError(.truncated, at: position) }
        defer { position &+= count }
        return position
    }

    private mutating func takeVarint() throws(ProtobufError) -> UInt64 {
        let offset = position
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position &+= 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw ProtobufError(.varint, at: offset) }
            number |= UInt64(byte & 0x7F) &<< shift
            guard byte & 0x80 != 0 else { return number }
            shift &+= 7
        }
        throw ProtobufError(.truncated, at: offset)
    }
}

// MARK: - What a field means

extension ProtobufCursor {
    /// A message behind its length, as they stand one after the other in a body.
    mutating func nextDelimited() throws(ProtobufError) -> ProtobufCursor? {
        isAtEnd ? nil : ProtobufCursor(bytes, try takeDelimited())
    }

    /// Lets `read` go through the message that a field holds.
    func within(
        _ field: Field, _ name: String, _ element: Int? = nil,
        _ read: (ProtobufCursor) throws(ProtobufError) -> Void
    ) throws(ProtobufError) {
        do { try read(ProtobufCursor(bytes, try range(field))) } catch { throw error.within(name, element) }
    }

    func string(_ field: Field, _ name: String) throws(ProtobufError) -> String {
        do throws(ProtobufError) {
            let range = try range(field)
            if let invalid = TextUTF8.firstInvalid(bytes, range) { throw ProtobufError(.notUTF8, at: invalid) }
            return String(decoding: bytes.part(range), as: UTF8.self)
        } catch { throw error.within(name) }
    }

    /// `int64`, `uint64` and enumerations.
    func integer(_ field: Field, _ name: String) throws(ProtobufError) -> UInt64 {
        guard case .varint(let number) = field.payload else { throw field.mismatch(expected: 0).within(name) }
        return number
    }

    func double(_ field: Field, _ name: String) throws(ProtobufError) -> Double {
        guard case .fixed64(let bits) = field.payload else { throw field.mismatch(expected: 1).within(name) }
        return Double(bitPattern: bits)
    }

    private func range(_ field: Field) throws(ProtobufError) -> Range<Int> {
        guard case .bytes(let range) = field.payload else { throw field.mismatch(expected: 2) }
        return range
    }
}

extension ProtobufCursor.Field {
    fileprivate func mismatch(expected: UInt8) -> ProtobufError {
        ProtobufError(.otherWireType(wireType, expected: expected), at: offset)
    }

    private var wireType: UInt8 {
        switch payload {
        case .varint: 0
        case .fixed64: 1
        case .bytes: 2
        case .fixed32: 5
        }
    }
}
