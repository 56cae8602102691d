/// The handshake of a connection over a stream: message 1 of Noise IK from the side that calls, message 2 from the other,
/// each behind its length in three bytes. What follows is the secret stream, as over datagrams.
///
/// The payloads say nothing of a stream of datagrams, so that no message of the one way is taken on the other.
struct StreamHandshake: Sendable {
    /// A message of a handshake, with more in it than any version has said.
    static let messageBytesMax = 1024

    struct Outcome {
        /// What the other side waits for.
        let answer: [UInt8]
        let session: NoiseSession
        /// What came behind the handshake.
        let rest: ArraySlice<UInt8>
    }

    private enum Side {
        case calling(NoiseInitiator)
        case called(KeyPair, isAdmitted: @Sendable (PublicKey) -> Bool)
    }

    private let side: Side
    private var assembler = FrameAssembler()

    /// `greeting` is what this side says first.
    static func calling(
        _ remote: PublicKey, as identity: KeyPair
    ) throws(NoiseError) -> (handshake: StreamHandshake, greeting: [UInt8]) {
        let initiator = try NoiseInitiator(identity: identity, remote: remote, payload: payload)
        return (StreamHandshake(side: .calling(initiator)), frame(initiator.message))
    }

    static func called(as identity: KeyPair, isAdmitted: @escaping @Sendable (PublicKey) -> Bool) -> StreamHandshake {
        StreamHandshake(side: .called(identity, isAdmitted: isAdmitted))
    }

    private init(side: Side) { self.side = side }

    /// `nil` until all of the other side's message has come.
    mutating func receive(_ bytes: ArraySlice<UInt8>) throws(ConnectionEnd) -> Outcome? {
        assembler.append(bytes)
        guard let message = try nextMessage() else { return nil }
        let (payload, answer, session) = try read(message)
        try Self.check(payload)
        return Outcome(answer: answer, session: session, rest: assembler.takeRest())
    }

    private mutating func nextMessage() throws(ConnectionEnd) -> ArraySlice<UInt8>? {
        do throws(SecretStreamError) { return try assembler.next(max: Self.messageBytesMax) } catch {
            throw .stream(error)
        }
    }

    private func read(
        _ message: ArraySlice<UInt8>
    ) throws(ConnectionEnd) -> (payload: [UInt8], answer: [UInt8], session: NoiseSession) {
        do throws(NoiseError) {
            switch side {
            case .calling(let initiator):
                let (payload, session) = try initiator.finish(message)
                return (payload, [], session)
            case .called(let identity, let isAdmitted):
                let responder = try NoiseResponder(identity: identity, message: message, isAdmitted: isAdmitted)
                let (answer, session) = try responder.finish(payload: Self.payload)
                return (responder.payload, Self.frame(answer), session)
            }
        } catch {
            throw .noise(error)
        }
    }

    private static func check(_ bytes: [UInt8]) throws(ConnectionEnd) {
        let payload: NoisePayload
        do throws(WireError) { payload = try NoisePayload(bytes: bytes) } catch {
            throw .badHandshake(error.description)
        }
        guard payload.version == NoisePayload.version else { throw .badHandshake("of version \(payload.version)") }
        guard payload.failure == .none else { throw .badHandshake("refused by the peer") }
        guard payload.stream == nil, payload.secretStream == 1 else { throw .badHandshake("of another way") }
    }

    private static var payload: [UInt8] {
        var payload = NoisePayload()
        payload.secretStream = 1
        return payload.bytes
    }

    private static func frame(_ message: [UInt8]) -> [UInt8] {
        var writer = WireWriter(capacity: FrameAssembler.lengthBytes + message.count)
        writer.uint24(UInt32(message.count))
        writer.raw(message)
        return writer.bytes
    }
}
