/// One packet, as it was read: nothing is known yet of the metric it names.
///
/// Used again and again, so that reading takes no memory. Of keys that come twice the last one holds, and `null` is
/// the same as nothing. Hermes' form is `metric_name` and `payload`; the flat form is pushprom's.
struct EventPacket: Sendable {
    /// So many labels are looked at, repetitions included.
    static let labelsMax = 256
    static let bucketsMax = 256

    enum Field: Equatable, Sendable {
        case absent
        case string(JSONString)
        case number(Double)
        case other
    }

    struct LabelField: Equatable, Sendable {
        var name: JSONString
        /// Absent where it is `null`, which stands for no text.
        var value: Field
    }

    struct Payload: Sendable {
        /// The payload is no object.
        var isOther = false
        /// `labels` is no object, or too large.
        var hasOtherLabels = false
        var labels: [LabelField] = []
        var operation = Field.absent
        var value = Field.absent
        var observation = Field.absent

        mutating func clear() {
            (isOther, hasOtherLabels) = (false, false)
            labels.removeAll(keepingCapacity: true)
            (operation, value, observation) = (.absent, .absent, .absent)
        }
    }

    /// What only the flat form has.
    struct Declaration: Sendable {
        var name = Field.absent
        var type = Field.absent
        var help = Field.absent
        var buckets: [Double]?
        /// `buckets` are no numbers, or too many.
        var hasOtherBuckets = false
    }

    var name = Field.absent
    var payload = Payload()
    /// In `flat` form, the operation is `method`.
    var flat = Payload()
    var declaration = Declaration()

    mutating func clear() {
        name = .absent
        payload.clear()
        flat.clear()
        declaration = Declaration()
    }
}

/// Reads packets: an object whose opening bracket is next.
struct EventPacketReader {
    var scanner: EventScanner
    /// Whether the flat form is looked for too.
    let takesFlat: Bool

    mutating func read(_ packet: inout EventPacket) throws(EventRefusal) {
        packet.clear()
        guard scanner.begin(until: UInt8(ascii: "}")) else { return }
        repeat {
            let key = try scanner.key()
            if isKey(key, "metric_name") {
                packet.name = try field(depth: 1)
            } else if isKey(key, "payload") {
                try payload(&packet.payload)
            } else if takesFlat {
                try flat(key, &packet)
            } else {
                try scanner.skipValue(depth: 1)
            }
        } while try scanner.hasMore(before: UInt8(ascii: "}"))
    }

    private mutating func payload(_ payload: inout EventPacket.Payload) throws(EventRefusal) {
        payload.clear()
        guard scanner.next == UInt8(ascii: "{") else {
            payload.isOther = try field(depth: 1) != .absent
            return
        }
        guard scanner.begin(until: UInt8(ascii: "}")) else { return }
        repeat {
            let key = try scanner.key()
            if isKey(key, "labels") {
                try labels(&payload, depth: 2)
            } else if isKey(key, "operation") {
                payload.operation = try field(depth: 2)
            } else if isKey(key, "value") {
                payload.value = try field(depth: 2)
            } else if isKey(key, "observation") {
                payload.observation = try field(depth: 2)
            } else {
                try scanner.skipValue(depth: 2)
            }
        } while try scanner.hasMore(before: UInt8(ascii: "}"))
    }

    private mutating func flat(_ key: JSONString, _ packet: inout EventPacket) throws(EventRefusal) {
        if isKey(key, "labels") {
            try labels(&packet.flat, depth: 1)
        } else if isKey(key, "method") {
            packet.flat.operation = try field(depth: 1)
        } else if isKey(key, "value") {
            packet.flat.value = try field(depth: 1)
        } else if isKey(key, "name") {
            packet.declaration.name = try field(depth: 1)
        } else if isKey(key, "type") {
            packet.declaration.type = try field(depth: 1)
        } else if isKey(key, "help") {
            packet.declaration.help = try field(depth: 1)
        } else if isKey(key, "buckets") {
            try buckets(&packet.declaration)
        } else {
            try scanner.skipValue(depth: 1)
        }
    }

    private mutating func labels(_ payload: inout EventPacket.Payload, depth: Int) throws(EventRefusal) {
        payload.labels.removeAll(keepingCapacity: true)
        guard scanner.next == UInt8(ascii: "{") else {
            payload.hasOtherLabels = try field(depth: depth) != .absent
            return
        }
        payload.hasOtherLabels = false
        guard scanner.begin(until: UInt8(ascii: "}")) else { return }
        repeat {
            let name = try scanner.key()
            let value = try field(depth: depth &+ 1)
            if payload.labels.count < EventPacket.labelsMax {
                payload.labels.append(EventPacket.LabelField(name: name, value: value))
            } else {
                payload.hasOtherLabels = true
            }
        } while try scanner.hasMore(before: UInt8(ascii: "}"))
    }

    private mutating func buckets(_ declaration: inout EventPacket.Declaration) throws(EventRefusal) {
        (declaration.buckets, declaration.hasOtherBuckets) = (nil, false)
        guard scanner.next == UInt8(ascii: "[") else {
            declaration.hasOtherBuckets = try field(depth: 1) != .absent
            return
        }
        var bounds: [Double] = []
        guard scanner.begin(until: UInt8(ascii: "]")) else { return }
        repeat {
            scanner.skipSpace()
            if case .number(let bound) = try field(depth: 2), bounds.count < EventPacket.bucketsMax {
                bounds.append(bound)
            } else {
                declaration.hasOtherBuckets = true
            }
        } while try scanner.hasMore(before: UInt8(ascii: "]"))
        declaration.buckets = bounds
    }

    /// The value that is next.
    @inline(__always)
    private mutating func field(depth: Int) throws(EventRefusal) -> EventPacket.Field {
        switch scanner.next {
        case UInt8(ascii: "\""): return .string(try scanner.string())
        case UInt8(ascii: "n"):
            try scanner.word("null")
            return .absent
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            try scanner.skipValue(depth: depth)
            return .other
        default: return .number(try scanner.number())
        }
    }

    /// In any letter case.
    @inline(__always)
    private func isKey(_ key: JSONString, _ word: StaticString) -> Bool {
        if !key.isPlain { return isMeant(key, word) }
        return key.end &- key.start == word.utf8CodeUnitCount && Self.isWord(key.text(in: scanner.bytes), word)
    }

    @inline(never)
    private func isMeant(_ key: JSONString, _ word: StaticString) -> Bool {
        var plain: [UInt8] = []
        JSONText.append(key.text(in: scanner.bytes), to: &plain)
        return plain.count == word.utf8CodeUnitCount && plain.withUnsafeBytes { Self.isWord($0, word) }
    }

    /// Both are of one length.
    @inline(__always)
    private static func isWord(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        for place in 0..<text.count {
            let byte = text[place]
            let folded = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            if folded != word.utf8Start[place] { return false }
        }
        return true
    }
}
