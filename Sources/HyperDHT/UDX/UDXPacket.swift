/// One datagram of UDX: a fixed header, ranges of packets received out of order, a payload.
package struct UDXPacket: Equatable, Sendable {
    /// What a packet is; without any of these it is a plain acknowledgment.
    package struct Kinds: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let data = Kinds(rawValue: 1)
        /// The last packet of its sender; with `data` it also has a payload.
        package static let end = Kinds(rawValue: 2)
        /// It has ranges.
        package static let ranges = Kinds(rawValue: 4)
        /// Unordered and unreliable, beside the stream.
        package static let message = Kinds(rawValue: 8)
        package static let destroy = Kinds(rawValue: 16)
        package static let heartbeat = Kinds(rawValue: 32)
        /// These have a sequence number of their own, and are acknowledged.
        package static let sequenced: Kinds = [.data, .end]
        /// These are answered with an acknowledgment.
        package static let answered: Kinds = [.data, .end, .heartbeat]
    }

    package var kinds: Kinds
    /// The number that the receiver of the packet has chosen for the stream.
    package var streamID: UInt32
    /// How many bytes, from `next` on, the sender of the packet has room for.
    package var window: UInt32
    /// Of this packet, or of the sender's next sequenced one.
    package var sequence: UInt32
    /// Everything before it has been received.
    package var next: UInt32
    package var ranges = Ranges([])
    package var payload: ArraySlice<UInt8> = []

    package init(
        _ kinds: Kinds, streamID: UInt32, window: UInt32, sequence: UInt32, next: UInt32,
        payload: ArraySlice<UInt8> = []
    ) {
        self.kinds = kinds
        self.streamID = streamID
        self.window = window
        self.sequence = sequence
        self.next = next
        self.payload = payload
    }
}

// MARK: Reading

extension UDXPacket {
    /// Kinds that no version has yet are left out; bytes between the header and the payload are skipped.
    package init(_ datagram: ArraySlice<UInt8>) throws(UDXPacketError) {
        try Self.check(datagram)
        let header = datagram.prefix(UDXWire.headerBytes)
        let start = header.startIndex
        kinds = Kinds(rawValue: header[start + 2] & 0x3F)
        streamID = header.number(at: 4)
        window = header.number(at: 8)
        sequence = header.number(at: 12)
        next = header.number(at: 16)
        let rest = datagram[header.endIndex...]
        let offset = Int(header[start + 3])
        guard offset <= rest.count else { throw .dataOffset(offset, bytes: datagram.count) }
        guard kinds.contains(.ranges) else {
            payload = rest.dropFirst(offset)
            return
        }
        guard offset > 0 || kinds.isDisjoint(with: [.data, .message]) else { throw .rangesWithoutEnd }
        ranges = Ranges(bytes: offset > 0 ? rest.prefix(offset) : rest)
        payload = offset > 0 ? rest.dropFirst(offset) : []
    }

    /// The stream that a datagram is for; nil where it is none of UDX.
    package static func streamID(of datagram: ArraySlice<UInt8>) -> UInt32? {
        do throws(UDXPacketError) {
            try check(datagram)
            return datagram.number(at: 4)
        } catch {
            return nil
        }
    }

    private static func check(_ datagram: ArraySlice<UInt8>) throws(UDXPacketError) {
        guard datagram.count >= UDXWire.headerBytes else { throw .truncated(bytes: datagram.count) }
        guard datagram.count <= UDXWire.datagramBytesMax else { throw .tooLong(bytes: datagram.count) }
        guard datagram[datagram.startIndex] == UDXWire.mark[0], datagram[datagram.startIndex + 1] == UDXWire.mark[1]
        else { throw .otherProtocol }
    }
}

// MARK: Writing

extension UDXPacket {
    package func write(to bytes: inout [UInt8]) {
        writeHeader(to: &bytes)
        bytes += ranges.bytes
        bytes += payload
    }

    /// Without ranges and payload. Ranges in front of a payload get their length as the data offset.
    func writeHeader(to bytes: inout [UInt8]) {
        let offset = payload.isEmpty ? 0 : UInt8(clamping: ranges.bytes.count)
        bytes += UDXWire.mark
        bytes.append(kinds.rawValue)
        bytes.append(offset)
        for number in [streamID, window, sequence, next] { bytes.append(number) }
    }
}

extension ArraySlice<UInt8> {
    /// Four bytes, the lowest first; the caller has looked that they are there.
    func number(at offset: Int) -> UInt32 {
        let start = startIndex + offset
        return UInt32(self[start]) | UInt32(self[start + 1]) << 8 | UInt32(self[start + 2]) << 16
            | UInt32(self[start + 3]) << 24
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: UInt32) {
        append(UInt8(truncatingIfNeeded: number))
        append(UInt8(truncatingIfNeeded: number >> 8))
        append(UInt8(truncatingIfNeeded: number >> 16))
        append(UInt8(truncatingIfNeeded: number >> 24))
    }
}
