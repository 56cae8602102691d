import TestSupport
import Testing

@testable import HyperDHT

/// A handshake whose keys are all from seeds, as the vectors have them.
struct SeededHandshake {
    let entry: Vector
    let initiator: NoiseInitiator
    let responder: NoiseResponder
    let answer: [UInt8]
    let initiatorSession: NoiseSession
    let responderSession: NoiseSession
    /// What the initiator read in the answer.
    let answerPayload: [UInt8]

    init(_ entry: Vector) throws {
        self.entry = entry
        let called = try entry["responderStaticSeed"].keyPair
        initiator = try NoiseInitiator(
            identity: entry["initiatorStaticSeed"].keyPair, remote: called.publicKey, payload: entry["payload1"].bytes,
            ephemeral: entry["initiatorEphemeralSeed"].keyPair)
        responder = try NoiseResponder(identity: called, message: initiator.message[...])
        (answer, responderSession) = try responder.finish(
            payload: entry["payload2"].bytes, ephemeral: entry["responderEphemeralSeed"].keyPair)
        (answerPayload, initiatorSession) = try initiator.finish(answer[...])
    }

    /// Of the vectors: one made for the purpose, and all that were recorded.
    static func all() throws -> [SeededHandshake] {
        let vectors = try Vectors.load()
        let recorded =
            vectors["sessionTrace"]["sessions"].list + vectors["holepunchTraces"].list.map { $0["session"] }
        return try (vectors["noiseIK"].list + recorded).map { try SeededHandshake($0) }
    }
}

struct NoiseTests {
    @Test(.needsConformanceCases) func handshakes_AreTheReferences() throws {
        let handshakes = try SeededHandshake.all()
        #expect(handshakes.count == 5)
        for handshake in handshakes {
            let entry = handshake.entry
            #expect(try handshake.initiator.message == entry["message1"].bytes)
            #expect(try handshake.responder.payload == entry["payload1"].bytes)
            #expect(try handshake.answer == entry["message2"].bytes)
            #expect(try handshake.answerPayload == entry["payload2"].bytes)
            #expect(try handshake.responder.caller == entry["initiatorStaticSeed"].keyPair.publicKey)
            for session in [handshake.initiatorSession, handshake.responderSession] {
                #expect(try session.handshakeHash.isEqual(to: entry["handshakeHash"].bytes))
                #expect(try session.holepunchKey.isEqual(to: entry["holepunchSecret"].bytes))
            }
            #expect(try handshake.initiatorSession.sendingKey.isEqual(to: entry["initiatorTx"].bytes))
            #expect(try handshake.initiatorSession.receivingKey.isEqual(to: entry["initiatorRx"].bytes))
            #expect(try handshake.responderSession.sendingKey.isEqual(to: entry["initiatorRx"].bytes))
            #expect(try handshake.responderSession.receivingKey.isEqual(to: entry["initiatorTx"].bytes))
        }
    }

    @Test(.needsConformanceCases) func stepsBetween_AreTheReferences() throws {
        let entry = try Vectors.list("noiseIK")[0]
        let handshake = try SeededHandshake(entry)
        let called = try entry["responderStaticSeed"].keyPair
        var state = SymmetricState(responder: called.publicKey)
        #expect(try state.digest == entry["digestAfterInitialise"].bytes)
        #expect(try state.chainingKey.isEqual(to: entry["chainingKeyAfterInitialise"].bytes))
        let (caller, ephemeral) = try (entry["initiatorStaticSeed"].keyPair, entry["initiatorEphemeralSeed"].keyPair)
        state.mixHash(ephemeral.publicKey.bytes)
        state.mixKey(try #require(ephemeral.sharedSecret(with: called.publicKey)))
        _ = state.seal(caller.publicKey.bytes)
        state.mixKey(try #require(caller.sharedSecret(with: called.publicKey)))
        _ = state.seal(try entry["payload1"].bytes)
        #expect(try state.digest == entry["digestAfterMessage1"].bytes)
        #expect(try state.chainingKey.isEqual(to: entry["chainingKeyAfterMessage1"].bytes))
        #expect(SymmetricState.protocolName == (try entry["protocolName"].text))
        #expect(try Namespace.peerHandshake == entry["prologue"].bytes32)
        for role in [Role.initiator, .responder] {
            let id = try entry[role == .initiator ? "initiatorStreamId" : "responderStreamId"].bytes32
            #expect(handshake.initiatorSession.streamID(of: role) == id)
            #expect(handshake.responderSession.streamID(of: role) == id)
        }
    }

    @Test func strangers_ShareKeysAfterTwoMessages() throws {
        let (caller, called) = (KeyPair.random(), KeyPair.random())
        let initiator = try NoiseInitiator(identity: caller, remote: called.publicKey, payload: [1, 2])
        let responder = try NoiseResponder(identity: called, message: initiator.message[...])
        #expect(responder.caller == caller.publicKey && responder.payload == [1, 2])
        let (answer, session) = try responder.finish(payload: [])
        let (payload, other) = try initiator.finish(answer[...])
        #expect(payload.isEmpty && other.remote == called.publicKey && session.remote == caller.publicKey)
        #expect(session.sendingKey.withBytes { other.receivingKey.isEqual(to: $0) })
        #expect(session.receivingKey.withBytes { other.sendingKey.isEqual(to: $0) })
        #expect(!session.sendingKey.withBytes { session.receivingKey.isEqual(to: $0) })
    }

    @Test func callerWhoIsNotAdmitted_IsRefused() throws {
        let (caller, called) = (KeyPair.random(), KeyPair.random())
        let message = try NoiseInitiator(identity: caller, remote: called.publicKey, payload: []).message
        #expect(throws: NoiseError.refused(caller.publicKey)) {
            try NoiseResponder(identity: called, message: message[...]) { $0 == called.publicKey }
        }
        #expect(throws: Never.self) {
            try NoiseResponder(identity: called, message: message[...]) { $0 == caller.publicKey }
        }
    }

    @Test func messageForAnother_IsNotAuthentic() throws {
        let message = try NoiseInitiator(identity: .random(), remote: KeyPair.random().publicKey, payload: []).message
        #expect(throws: NoiseError.notAuthentic) { try NoiseResponder(identity: .random(), message: message[...]) }
    }

    @Test func stranger_CannotCallAsAnother() throws {
        let (admitted, stranger, called) = (KeyPair.random(), KeyPair.random(), KeyPair.random())
        let (own, ephemeral) = (called.publicKey, KeyPair.random())
        var state = SymmetricState(responder: own)
        var message = ephemeral.publicKey.bytes
        state.mixHash(message)
        state.mixKey(try #require(ephemeral.sharedSecret(with: own)))
        message += state.seal(admitted.publicKey.bytes)
        state.mixKey(try #require(stranger.sharedSecret(with: own)))
        message += state.seal([])
        #expect(throws: NoiseError.notAuthentic) {
            try NoiseResponder(identity: called, message: message[...]) { $0 == admitted.publicKey }
        }
    }

    @Test func calledKeyThatIsNone_IsRefused() {
        #expect(throws: NoiseError.badKey) {
            try NoiseInitiator(identity: .random(), remote: PublicKey(.zero), payload: [])
        }
    }

    @Test func ephemeralKeyThatIsNone_IsRefused() throws {
        let message = [UInt8](repeating: 0, count: 96)
        #expect(throws: NoiseError.badKey) { try NoiseResponder(identity: .random(), message: message[...]) }
        let initiator = try NoiseInitiator(identity: .random(), remote: KeyPair.random().publicKey, payload: [])
        #expect(throws: NoiseError.badKey) { try initiator.finish(message[...]) }
    }

    @Test func badAnswer_LeavesTheTrueOneGood() throws {
        let called = KeyPair.random()
        let initiator = try NoiseInitiator(identity: .random(), remote: called.publicKey, payload: [])
        let (answer, _) = try NoiseResponder(identity: called, message: initiator.message[...]).finish(payload: [5])
        for index in answer.indices {
            var bad = answer
            bad[index] ^= 0x40
            #expect(throws: NoiseError.self) { try initiator.finish(bad[...]) }
        }
        #expect(try initiator.finish(answer[...]).payload == [5])
    }

    @Test func cutOrChangedMessage_IsRefused() throws {
        let (called, caller) = (KeyPair.random(), KeyPair.random())
        let initiator = try NoiseInitiator(identity: caller, remote: called.publicKey, payload: [1, 2, 3])
        let message = initiator.message
        let answer = try NoiseResponder(identity: called, message: message[...]).finish(payload: [4]).message
        for length in 0..<message.count {
            #expect(throws: NoiseError.self) { try NoiseResponder(identity: called, message: message.prefix(length)) }
        }
        for length in 0..<answer.count {
            #expect(throws: NoiseError.self) { try initiator.finish(answer.prefix(length)) }
        }
        var damage = Damage(seed: 3, of: [message, answer])
        for _ in 0..<500 {
            let bytes = damage.next()
            if bytes != message {
                #expect(throws: NoiseError.self) { try NoiseResponder(identity: called, message: bytes[...]) }
            }
            if bytes != answer { #expect(throws: NoiseError.self) { try initiator.finish(bytes[...]) } }
        }
    }
}
