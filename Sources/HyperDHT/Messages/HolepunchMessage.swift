/// The value of peer_holepunch: a sealed message between two peers that have had their handshake.
package struct HolepunchMessage: Equatable, Sendable, WireValue {
    private static let peerAddressFlag: UInt64 = 1

    package var mode: RelayMode
    /// From the server's handshake; 0 in answers.
    package var id: UInt64
    /// A ``HolepunchPayload``.
    package var sealed: [UInt8]
    package var peerAddress: IPv4Address?

    package init(mode: RelayMode, id: UInt64, sealed: [UInt8], peerAddress: IPv4Address? = nil) {
        (self.mode, self.id, self.sealed, self.peerAddress) = (mode, id, sealed, peerAddress)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let flags = try reader.uint()
        mode = try RelayMode(from: &reader)
        id = try reader.uint()
        sealed = Array(try reader.buffer())
        peerAddress = flags & Self.peerAddressFlag != 0 ? try IPv4Address(from: &reader) : nil
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(peerAddress == nil ? 0 : Self.peerAddressFlag)
        writer.uint(mode.rawValue)
        writer.uint(id)
        writer.buffer(sealed)
        peerAddress?.write(to: &writer)
    }
}
