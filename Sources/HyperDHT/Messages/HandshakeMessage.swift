/// Who a relayed message comes from.
package enum RelayMode: UInt64, Sendable {
    case fromClient = 0
    case fromServer = 1
    case fromRelay = 2
    case fromSecondRelay = 3
    case reply = 4

    init(from reader: inout WireReader) throws(WireError) {
        let number = try reader.uint()
        guard let mode = RelayMode(rawValue: number) else { throw .unknownValue(field: "mode", value: number) }
        self = mode
    }
}

/// The value of peer_handshake: a Noise message on its way through the DHT.
package struct HandshakeMessage: Equatable, Sendable, WireValue {
    private enum Flag {
        static let peerAddress: UInt64 = 1
        static let relayAddress: UInt64 = 2
    }

    package var mode: RelayMode
    package var noise: [UInt8]
    /// The other end, as the relay sees it.
    package var peerAddress: IPv4Address?
    /// The first of two relays.
    package var relayAddress: IPv4Address?

    package init(
        mode: RelayMode, noise: [UInt8], peerAddress: IPv4Address? = nil, relayAddress: IPv4Address? = nil
    ) {
        (self.mode, self.noise, self.peerAddress, self.relayAddress) = (mode, noise, peerAddress, relayAddress)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let flags = try reader.uint()
        mode = try RelayMode(from: &reader)
        noise = Array(try reader.buffer())
        peerAddress = flags & Flag.peerAddress != 0 ? try IPv4Address(from: &reader) : nil
        relayAddress = flags & Flag.relayAddress != 0 ? try IPv4Address(from: &reader) : nil
    }

    package func write(to writer: inout WireWriter) {
        writer.uint((peerAddress == nil ? 0 : Flag.peerAddress) | (relayAddress == nil ? 0 : Flag.relayAddress))
        writer.uint(mode.rawValue)
        writer.buffer(noise)
        peerAddress?.write(to: &writer)
        relayAddress?.write(to: &writer)
    }
}
