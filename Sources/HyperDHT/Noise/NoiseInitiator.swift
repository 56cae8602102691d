/// The side that knows whom it calls: writes message 1, reads message 2.
package struct NoiseInitiator: Sendable {
    /// Message 1. It may go out through several relays, always the same.
    package let message: [UInt8]
    private let identity: KeyPair
    private let remote: PublicKey
    private let ephemeral: KeyPair
    private let state: SymmetricState

    /// Throws `badKey` where `remote` is no key.
    ///
    /// `ephemeral` is for tests alone.
    package init(
        identity: KeyPair, remote: PublicKey, payload: [UInt8], ephemeral: KeyPair = .random()
    ) throws(NoiseError) {
        var state = SymmetricState(responder: remote)
        guard let es = ephemeral.sharedSecret(with: remote), let ss = identity.sharedSecret(with: remote) else {
            throw .badKey
        }
        var message = ephemeral.publicKey.bytes
        state.mixHash(message)
        state.mixKey(es)
        message += state.seal(identity.publicKey.bytes)
        state.mixKey(ss)
        message += state.seal(payload)
        (self.message, self.identity, self.remote) = (message, identity, remote)
        (self.ephemeral, self.state) = (ephemeral, state)
    }

    /// Reads message 2. An answer that is not authentic changes nothing: the true one may still come.
    package func finish(_ answer: ArraySlice<UInt8>) throws(NoiseError) -> (payload: [UInt8], session: NoiseSession) {
        var state = self.state
        let key = answer.prefix(Bytes32.count)
        guard let remoteEphemeral = PublicKey(key) else { throw .truncated }
        state.mixHash(key)
        guard let ee = ephemeral.sharedSecret(with: remoteEphemeral),
            let se = identity.sharedSecret(with: remoteEphemeral)
        else { throw .badKey }
        state.mixKey(ee)
        state.mixKey(se)
        let payload = try state.open(answer.dropFirst(Bytes32.count))
        return (payload, NoiseSession(state, role: .initiator, remote: remote))
    }
}
