import Exposition

/// The label names of one metric, in the order in which the page has them, and how packets fill them.
struct EventLabels: Sendable, Equatable {
    private struct Spot: Sendable, Equatable {
        /// With what stands in front of the value, such as `,name="`.
        var head: Range<Int>
        var name: Range<Int>
    }

    /// Sorted.
    let names: [String]
    private var bytes: [UInt8] = []
    private var spots: [Spot] = []

    init(_ names: [String]) {
        self.names = names.sorted()
        for (place, name) in self.names.enumerated() {
            let start = bytes.count
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            let nameStart = bytes.count
            bytes += name.utf8
            let nameEnd = bytes.count
            bytes += "=\"".utf8
            spots.append(Spot(head: start..<bytes.count, name: nameStart..<nameEnd))
        }
    }

    /// Memory that is used again for each packet.
    struct Scratch: Sendable {
        /// The labels as they stand between the braces.
        var text: [UInt8] = []
        fileprivate var plain: [UInt8] = []
        /// Of each name, which field of the packet fills it.
        fileprivate var fields: [Int] = []
    }

    /// Writes the labels of a packet into `scratch.text`.
    func write(
        _ payload: EventPacket.Payload, in packet: UnsafeRawBufferPointer, bytesMax: Int, of metric: String,
        to scratch: inout Scratch
    ) throws(EventRefusal) {
        if payload.hasOtherLabels { throw .otherLabels }
        try choose(payload.labels, in: packet, of: metric, &scratch)
        scratch.text.removeAll(keepingCapacity: true)
        for (place, spot) in spots.enumerated() {
            scratch.text.append(contentsOf: bytes[spot.head])
            switch payload.labels[scratch.fields[place]].value {
            case .string(let value): Self.append(value, in: packet, &scratch)
            case .absent: break
            case .number, .other: throw .labelValue(metric: metric, label: names[place])
            }
            scratch.text.append(UInt8(ascii: "\""))
        }
        if scratch.text.count > bytesMax { throw .labelsTooLong(metric: metric, bytesMax: bytesMax) }
    }

    /// Finds the last field of each name.
    private func choose(
        _ labels: [EventPacket.LabelField], in packet: UnsafeRawBufferPointer, of metric: String,
        _ scratch: inout Scratch
    ) throws(EventRefusal) {
        scratch.fields.removeAll(keepingCapacity: true)
        for _ in spots { scratch.fields.append(-1) }
        for (field, label) in labels.enumerated() {
            guard let place = find(label.name, in: packet, &scratch) else {
                throw .unknownLabel(metric: metric, label: EscapedText.short(Self.plain(label.name, in: packet)))
            }
            scratch.fields[place] = field
        }
        if let missing = scratch.fields.firstIndex(of: -1) {
            throw .missingLabel(metric: metric, label: names[missing])
        }
    }

    private func find(_ name: JSONString, in packet: UnsafeRawBufferPointer, _ scratch: inout Scratch) -> Int? {
        if name.isPlain { return find(name.text(in: packet)) }
        scratch.plain.removeAll(keepingCapacity: true)
        JSONText.append(name.text(in: packet), to: &scratch.plain)
        return scratch.plain.withUnsafeBytes { find($0) }
    }

    @inline(__always)
    private func find(_ name: UnsafeRawBufferPointer) -> Int? {
        bytes.withUnsafeBytes { bytes in
            for place in spots.indices where spots[place].name.count == name.count {
                let start = spots[place].name.lowerBound
                var offset = 0
                while offset < name.count, bytes[start &+ offset] == name[offset] { offset &+= 1 }
                if offset == name.count { return place }
            }
            return nil
        }
    }

    static func plain(_ string: JSONString, in packet: UnsafeRawBufferPointer) -> [UInt8] {
        var plain: [UInt8] = []
        JSONText.append(string.text(in: packet), to: &plain)
        return plain
    }

    @inline(__always)
    private static func append(_ value: JSONString, in packet: UnsafeRawBufferPointer, _ scratch: inout Scratch) {
        // ASCII without quotes, backslashes and line feeds stands in both in the same way.
        if value.isPlain { return scratch.text.append(contentsOf: value.text(in: packet)) }
        scratch.plain.removeAll(keepingCapacity: true)
        JSONText.append(value.text(in: packet), to: &scratch.plain)
        TextEscape.appendEscaped(scratch.plain, to: &scratch.text)
    }

    /// The labels of these values, which are in the order of the names.
    func text(of values: [String]) -> [UInt8] {
        var text: [UInt8] = []
        for (spot, value) in zip(spots, values) {
            text += bytes[spot.head]
            TextEscape.appendEscaped(value.utf8, to: &text)
            text.append(UInt8(ascii: "\""))
        }
        return text
    }

    /// The values of a text that was made here.
    func values(of text: UnsafeRawBufferPointer) -> [String] {
        var values: [String] = []
        var i = 0
        for spot in spots {
            let start = i + spot.head.count
            i = start
            while i < text.count, text[i] != UInt8(ascii: "\"") { i += text[i] == UInt8(ascii: "\\") ? 2 : 1 }
            values.append(String(decoding: TextEscape.unescaped(text[start..<i]), as: UTF8.self))
            i += 1
        }
        return values
    }
}
