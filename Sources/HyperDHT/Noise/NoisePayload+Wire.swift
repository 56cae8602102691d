extension NoisePayload {
    private enum Flag {
        static let holepunch: UInt64 = 1
        static let addresses4: UInt64 = 2
        static let addresses6: UInt64 = 4
        static let stream: UInt64 = 8
        static let secretStream: UInt64 = 16
        static let relayThrough: UInt64 = 32
        static let relayAddresses: UInt64 = 64
    }

    /// Of another version only the number is read.
    package init(from reader: inout WireReader) throws(WireError) {
        self.init()
        version = try reader.uint()
        guard version == Self.version else { return }
        let flags = try reader.uint()
        let failure = try reader.uint()
        // One that we do not know is still a failure.
        self.failure = Failure(rawValue: failure) ?? .aborted
        // What we do not know of a NAT we cannot use.
        firewall = Firewall(rawValue: try reader.uint()) ?? .unknown
        holepunch = try reader.optional(flags, Flag.holepunch, Self.readHolepunch)
        if flags & Flag.addresses4 != 0 { addresses4 = try reader.addresses4(max: Self.addressesMax) }
        if flags & Flag.addresses6 != 0 { addresses6 = try reader.addresses6(max: Self.addressesMax) }
        stream = try reader.optional(flags, Flag.stream, Self.readStream)
        if flags & Flag.secretStream != 0 { secretStream = try reader.uint() }
        relayThrough = try reader.optional(flags, Flag.relayThrough, Self.readRelayThrough)
        if flags & Flag.relayAddresses != 0 { relayAddresses = try reader.addresses4(max: Self.addressesMax) }
    }

    private static func readHolepunch(_ reader: inout WireReader) throws(WireError) -> Holepunch {
        let id = try reader.uint()
        let relays = try reader.list(max: addressesMax, itemBytesMin: Holepunch.Relay.wireBytes) {
            reader throws(WireError) in try Holepunch.Relay(from: &reader)
        }
        return Holepunch(id: id, relays: relays)
    }

    private static func readStream(_ reader: inout WireReader) throws(WireError) -> Stream {
        let version = try reader.uint()
        let features = try reader.uint()
        let id = try reader.uint()
        guard let id = UInt32(exactly: id) else { throw .unknownValue(field: "stream id", value: id) }
        var stream = Stream(id: id, socketIsReusable: features & 1 != 0)
        stream.version = version
        stream.firstSequence = try reader.uint()
        return stream
    }

    private static func readRelayThrough(_ reader: inout WireReader) throws(WireError) -> RelayThrough {
        // A version and flags, neither of which says anything yet.
        _ = try reader.uint()
        _ = try reader.uint()
        return RelayThrough(publicKey: try PublicKey(from: &reader), token: try reader.bytes32())
    }

    private var flags: UInt64 {
        var flags: UInt64 = 0
        if holepunch != nil { flags |= Flag.holepunch }
        if !addresses4.isEmpty { flags |= Flag.addresses4 }
        if !addresses6.isEmpty { flags |= Flag.addresses6 }
        if stream != nil { flags |= Flag.stream }
        if secretStream != nil { flags |= Flag.secretStream }
        if relayThrough != nil { flags |= Flag.relayThrough }
        if relayAddresses != nil { flags |= Flag.relayAddresses }
        return flags
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(version)
        writer.uint(flags)
        writer.uint(failure.rawValue)
        writer.uint(firewall.rawValue)
        if let holepunch {
            writer.uint(holepunch.id)
            writer.values(holepunch.relays)
        }
        if !addresses4.isEmpty { writer.values(addresses4) }
        if !addresses6.isEmpty { writer.values(addresses6) }
        if let stream { write(stream, to: &writer) }
        if let secretStream { writer.uint(secretStream) }
        if let relayThrough { write(relayThrough, to: &writer) }
        if let relayAddresses { writer.values(relayAddresses) }
    }

    private func write(_ stream: Stream, to writer: inout WireWriter) {
        writer.uint(stream.version)
        writer.uint(stream.socketIsReusable ? 1 : 0)
        writer.uint(UInt64(stream.id))
        writer.uint(stream.firstSequence)
    }

    private func write(_ relayThrough: RelayThrough, to writer: inout WireWriter) {
        writer.uint(1)
        writer.uint(0)
        relayThrough.publicKey.write(to: &writer)
        writer.bytes32(relayThrough.token)
    }
}
