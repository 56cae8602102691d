/// One datagram of dht-rpc.
package enum DHTDatagram: Equatable, Sendable {
    case request(DHTRequest)
    case response(DHTResponse)

    /// The version in the low half, the type in the high one.
    static let requestByte: UInt8 = 0x03
    static let responseByte: UInt8 = 0x13

    /// Whether a datagram that came on a shared socket is one of these.
    package static func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 2 && (bytes.first == requestByte || bytes.first == responseByte)
    }

    package init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        let type = try reader.byte()
        switch type {
        case Self.requestByte: self = .request(try DHTRequest(after: &reader))
        case Self.responseByte: self = .response(try DHTResponse(after: &reader))
        default: throw .unknownValue(field: "type", value: UInt64(type))
        }
    }

    package var bytes: [UInt8] {
        switch self {
        case .request(let request): request.bytes
        case .response(let response): response.bytes
        }
    }
}

/// A question.
package struct DHTRequest: Equatable, Sendable {
    private enum Flag {
        static let id: UInt64 = 1
        static let token: UInt64 = 2
        static let `internal`: UInt64 = 4
        static let target: UInt64 = 8
        static let value: UInt64 = 16
    }

    /// Comes back with the answer.
    package var tid: UInt16
    /// Where it is sent, as the sender knows the place.
    package var to: IPv4Address
    /// Of a node that others may keep. It is only worth something if it is the hash of the packet's source.
    package var id: Bytes32?
    package var token: Bytes32?
    package var command: DHTCommand
    package var target: Bytes32?
    package var value: [UInt8]?

    package init(
        tid: UInt16, to: IPv4Address, command: DHTCommand, id: Bytes32? = nil, token: Bytes32? = nil,
        target: Bytes32? = nil, value: [UInt8]? = nil
    ) {
        (self.tid, self.to, self.command, self.id) = (tid, to, command, id)
        (self.token, self.target, self.value) = (token, target, value)
    }

    /// Of what follows the byte that says it is one.
    fileprivate init(after reader: inout WireReader) throws(WireError) {
        let flags = UInt64(try reader.byte())
        tid = try reader.uint16()
        to = try IPv4Address(from: &reader)
        id = flags & Flag.id != 0 ? try reader.bytes32() : nil
        token = flags & Flag.token != 0 ? try reader.bytes32() : nil
        command = DHTCommand(number: try reader.uint(), isInternal: flags & Flag.internal != 0)
        target = flags & Flag.target != 0 ? try reader.bytes32() : nil
        value = flags & Flag.value != 0 ? Array(try reader.buffer()) : nil
    }

    package var bytes: [UInt8] {
        var writer = WireWriter(capacity: 128 + (value?.count ?? 0))
        writer.byte(DHTDatagram.requestByte)
        writer.byte(flags)
        writer.uint16(tid)
        to.write(to: &writer)
        if let id { writer.bytes32(id) }
        if let token { writer.bytes32(token) }
        writer.uint(command.number)
        if let target { writer.bytes32(target) }
        if let value { writer.buffer(value) }
        return writer.bytes
    }

    private var flags: UInt8 {
        var flags: UInt64 = 0
        if id != nil { flags |= Flag.id }
        if token != nil { flags |= Flag.token }
        if command.isInternal { flags |= Flag.internal }
        if target != nil { flags |= Flag.target }
        if value != nil { flags |= Flag.value }
        return UInt8(flags)
    }
}

/// An answer.
package struct DHTResponse: Equatable, Sendable {
    private enum Flag {
        static let id: UInt64 = 1
        static let token: UInt64 = 2
        static let closerNodes: UInt64 = 4
        static let error: UInt64 = 8
        static let value: UInt64 = 16
    }

    package enum Failure {
        package static let unknownCommand: UInt64 = 1
        package static let invalidToken: UInt64 = 2
        package static let sequenceReused: UInt64 = 16
        package static let sequenceTooLow: UInt64 = 17
    }

    /// The request's.
    package var tid: UInt16
    /// Who asked, as the answering node sees it: so a node learns its public address.
    package var to: IPv4Address
    package var id: Bytes32?
    package var token: Bytes32?
    package var closerNodes: [IPv4Address]
    /// 0 where all is well.
    package var error: UInt64
    package var value: [UInt8]?

    package init(
        tid: UInt16, to: IPv4Address, id: Bytes32? = nil, token: Bytes32? = nil, closerNodes: [IPv4Address] = [],
        error: UInt64 = 0, value: [UInt8]? = nil
    ) {
        (self.tid, self.to, self.id, self.token) = (tid, to, id, token)
        (self.closerNodes, self.error, self.value) = (closerNodes, error, value)
    }

    fileprivate init(after reader: inout WireReader) throws(WireError) {
        let flags = UInt64(try reader.byte())
        tid = try reader.uint16()
        to = try IPv4Address(from: &reader)
        id = flags & Flag.id != 0 ? try reader.bytes32() : nil
        token = flags & Flag.token != 0 ? try reader.bytes32() : nil
        closerNodes = flags & Flag.closerNodes != 0 ? try reader.addresses4() : []
        error = flags & Flag.error != 0 ? try reader.uint() : 0
        value = flags & Flag.value != 0 ? Array(try reader.buffer()) : nil
    }

    package var bytes: [UInt8] {
        var writer = WireWriter(capacity: 256 + (value?.count ?? 0))
        writer.byte(DHTDatagram.responseByte)
        writer.byte(flags)
        writer.uint16(tid)
        to.write(to: &writer)
        if let id { writer.bytes32(id) }
        if let token { writer.bytes32(token) }
        if !closerNodes.isEmpty { writer.values(closerNodes) }
        if error != 0 { writer.uint(error) }
        if let value { writer.buffer(value) }
        return writer.bytes
    }

    private var flags: UInt8 {
        var flags: UInt64 = 0
        if id != nil { flags |= Flag.id }
        if token != nil { flags |= Flag.token }
        if !closerNodes.isEmpty { flags |= Flag.closerNodes }
        if error != 0 { flags |= Flag.error }
        if value != nil { flags |= Flag.value }
        return UInt8(flags)
    }
}
