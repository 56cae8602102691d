@testable import HyperDHT

/// What the tests ask for and answer: so many bytes, which nobody confuses with others.
enum Answers {
    static let channel = ScrapeProtocol.channel
    static let method = ScrapeProtocol.method
    static let serving: [ChannelName: Set<String>] = [channel: [method]]

    static func request(of count: Int) -> [UInt8] {
        var writer = WireWriter()
        writer.uint(count)
        return writer.bytes
    }

    static func answer(to request: ArraySlice<UInt8>) throws -> [UInt8] {
        var reader = WireReader(request)
        return bytes(Int(try reader.uint()))
    }

    static func bytes(_ count: Int) -> [UInt8] {
        var numbers = SeededNumbers(seed: UInt64(count))
        return numbers.bytes(count)
    }
}

extension NoiseSession {
    /// Both ends of one handshake, the initiator first.
    static func pair() throws -> (NoiseSession, NoiseSession) {
        let (caller, called) = (KeyPair.random(), KeyPair.random())
        let initiator = try NoiseInitiator(identity: caller, remote: called.publicKey, payload: [])
        let responder = try NoiseResponder(identity: called, message: initiator.message[...])
        let (answer, session) = try responder.finish(payload: [])
        return (try initiator.finish(answer[...]).session, session)
    }
}
