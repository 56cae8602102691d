/// Which end of a connection one is.
package enum Role: Sendable {
    case initiator, responder

    package var other: Role { self == .initiator ? .responder : .initiator }

    var streamNamespace: Bytes32 { self == .initiator ? Namespace.streamInitiator : Namespace.streamResponder }
}

/// What a handshake leaves behind: a peer that is known for certain, and keys for both directions.
package struct NoiseSession: Sendable {
    package let role: Role
    package let remote: PublicKey
    let sendingKey: Secret
    let receivingKey: Secret
    /// 64 bytes, equal on both sides and in no other handshake.
    let handshakeHash: Secret

    /// Of a handshake that is complete.
    init(_ state: SymmetricState, role: Role, remote: PublicKey) {
        let keys = state.split()
        (self.role, self.remote) = (role, remote)
        sendingKey = role == .initiator ? keys.initiator : keys.responder
        receivingKey = role == .initiator ? keys.responder : keys.initiator
        handshakeHash = Secret(state.digest)
    }

    /// The key of the messages that bring two peers behind NATs together.
    package var holepunchKey: Secret { Secret(derived(Namespace.peerHolepunch.bytes).bytes) }

    /// How the stream of `role` begins.
    func streamID(of role: Role) -> Bytes32 { derived(role.streamNamespace.bytes) }

    /// The key of messages beside the stream, sent by `role`.
    func unorderedKey(of role: Role) -> Secret {
        Secret(derived(role.streamNamespace.bytes + Namespace.streamSend.bytes).bytes)
    }

    private func derived(_ message: [UInt8]) -> Bytes32 {
        handshakeHash.withBytes { Blake2b.hash32(message, key: $0) }
    }
}
