/// The side that is called: reads message 1, writes message 2.
///
/// Whoever is called twice with the same message 1 must answer with the same message 2, so the caller of this keeps it.
package struct NoiseResponder: Sendable {
    /// The shortest message 1: a key, a sealed key, a sealed payload of nothing.
    package static let messageBytesMin = 96

    package let caller: PublicKey
    /// What the caller sent in message 1. Anyone who saw message 1 may have sent it again.
    package let payload: [UInt8]
    private let remoteEphemeral: PublicKey
    private let state: SymmetricState

    /// Reads message 1.
    ///
    /// It costs a scalar multiplication before `isAdmitted` can be asked, and one more for those who are.
    /// Until it returns, who calls is only what the message says: a refusal is no proof of who it was.
    package init(
        identity: KeyPair, message: ArraySlice<UInt8>, isAdmitted: (PublicKey) -> Bool = { _ in true }
    ) throws(NoiseError) {
        guard message.count >= Self.messageBytesMin else { throw .truncated }
        var state = SymmetricState(responder: identity.publicKey)
        let key = message.prefix(Bytes32.count)
        let (sealedKey, sealedPayload) = Self.parts(message.dropFirst(Bytes32.count))
        let remoteEphemeral = PublicKey(Bytes32(filling: key))
        state.mixHash(key)
        guard let es = identity.sharedSecret(with: remoteEphemeral) else { throw .badKey }
        state.mixKey(es)
        let caller = PublicKey(Bytes32(filling: try state.open(sealedKey)))
        guard isAdmitted(caller) else { throw .refused(caller) }
        guard let ss = identity.sharedSecret(with: caller) else { throw .badKey }
        state.mixKey(ss)
        payload = try state.open(sealedPayload)
        (self.caller, self.remoteEphemeral, self.state) = (caller, remoteEphemeral, state)
    }

    private static func parts(_ sealed: ArraySlice<UInt8>) -> (key: ArraySlice<UInt8>, payload: ArraySlice<UInt8>) {
        let keyBytes = Bytes32.count + SymmetricState.macBytes
        return (sealed.prefix(keyBytes), sealed.dropFirst(keyBytes))
    }

    /// Writes message 2.
    ///
    /// `ephemeral` is for tests alone.
    package func finish(
        payload: [UInt8], ephemeral: KeyPair = .random()
    ) throws(NoiseError) -> (message: [UInt8], session: NoiseSession) {
        var state = self.state
        var message = ephemeral.publicKey.bytes
        state.mixHash(message)
        guard let ee = ephemeral.sharedSecret(with: remoteEphemeral), let se = ephemeral.sharedSecret(with: caller)
        else { throw .badKey }
        state.mixKey(ee)
        state.mixKey(se)
        message += state.seal(payload)
        return (message, NoiseSession(state, role: .responder, remote: caller))
    }
}
