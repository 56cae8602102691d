/// A server as nodes remember it: its key, and nodes through which it can be reached.
package struct PeerRecord: Equatable, Sendable, WireValue {
    /// How many relays nodes keep.
    package static let relaysMax = 3
    /// How many are read.
    private static let relaysReadMax = 64
    static let wireBytesMin = Bytes32.count + 1

    package var publicKey: PublicKey
    package var relayAddresses: [IPv4Address]

    package init(publicKey: PublicKey, relayAddresses: [IPv4Address] = []) {
        (self.publicKey, self.relayAddresses) = (publicKey, relayAddresses)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        publicKey = try PublicKey(from: &reader)
        relayAddresses = try reader.addresses4(max: Self.relaysReadMax)
    }

    package func write(to writer: inout WireWriter) {
        publicKey.write(to: &writer)
        writer.values(relayAddresses)
    }
}

/// What a node answers to a lookup.
package struct LookupReply: Equatable, Sendable, WireValue {
    private static let peersMax = 64

    package var peers: [PeerRecord]
    package var bump: UInt64

    package init(peers: [PeerRecord], bump: UInt64 = 0) { (self.peers, self.bump) = (peers, bump) }

    /// Older nodes leave the bump out.
    package init(from reader: inout WireReader) throws(WireError) {
        peers = try reader.list(max: Self.peersMax, itemBytesMin: PeerRecord.wireBytesMin) {
            reader throws(WireError) in try PeerRecord(from: &reader)
        }
        bump = reader.isAtEnd ? 0 : try reader.uint()
    }

    package func write(to writer: inout WireWriter) {
        writer.values(peers)
        writer.uint(bump)
    }
}
