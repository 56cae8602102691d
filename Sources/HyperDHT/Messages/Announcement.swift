/// The value of announce and unannounce: who can be reached, signed for one node and one moment.
package struct Announcement: Equatable, Sendable, WireValue {
    private enum Flag {
        static let peer: UInt64 = 1
        static let refresh: UInt64 = 2
        static let signature: UInt64 = 4
        static let bump: UInt64 = 8
    }

    package enum Kind: Sendable {
        case announce, unannounce

        var namespace: Bytes32 { self == .announce ? Namespace.announce : Namespace.unannounce }
    }

    /// Where it is said: a signature for one node is of no use to another, nor is it later.
    package struct Place: Equatable, Sendable {
        package var target: Bytes32
        /// Of the storing node.
        package var nodeID: Bytes32
        /// What that node gave for the purpose.
        package var token: Bytes32

        package init(target: Bytes32, nodeID: Bytes32, token: Bytes32) {
            (self.target, self.nodeID, self.token) = (target, nodeID, token)
        }
    }

    package var peer: PeerRecord?
    package var refresh: Bytes32?
    package var signature: Signature?
    package var bump: UInt64 = 0

    /// Signed by `identity`, whose key the record has.
    package init(
        _ kind: Kind, by identity: KeyPair, at place: Place, relayAddresses: [IPv4Address] = [], refresh: Bytes32? = nil
    ) {
        let peer = PeerRecord(publicKey: identity.publicKey, relayAddresses: relayAddresses)
        (self.peer, self.refresh) = (peer, refresh)
        signature = identity.sign(Self.signable(kind, place, peer, refresh))
    }

    /// Whether the peer that it names said it, for this place.
    package func isAuthentic(_ kind: Kind, at place: Place) -> Bool {
        guard let peer, let signature else { return false }
        return peer.publicKey.hasSigned(Self.signable(kind, place, peer, refresh), signature)
    }

    static func signable(_ kind: Kind, _ place: Place, _ peer: PeerRecord, _ refresh: Bytes32?) -> [UInt8] {
        var writer = WireWriter()
        writer.bytes32(place.target)
        writer.bytes32(place.nodeID)
        writer.bytes32(place.token)
        peer.write(to: &writer)
        if let refresh { writer.bytes32(refresh) }
        return kind.namespace.bytes + Blake2b.hash32(writer.bytes).bytes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        let flags = try reader.uint()
        peer = flags & Flag.peer != 0 ? try PeerRecord(from: &reader) : nil
        refresh = flags & Flag.refresh != 0 ? try reader.bytes32() : nil
        signature = flags & Flag.signature != 0 ? try Signature(from: &reader) : nil
        bump = flags & Flag.bump != 0 ? try reader.uint() : 0
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(flags)
        peer?.write(to: &writer)
        if let refresh { writer.bytes32(refresh) }
        signature?.write(to: &writer)
        if bump != 0 { writer.uint(bump) }
    }

    private var flags: UInt64 {
        var flags: UInt64 = 0
        if peer != nil { flags |= Flag.peer }
        if refresh != nil { flags |= Flag.refresh }
        if signature != nil { flags |= Flag.signature }
        if bump != 0 { flags |= Flag.bump }
        return flags
    }
}
