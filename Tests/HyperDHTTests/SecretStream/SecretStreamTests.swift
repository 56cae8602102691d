import TestSupport
import Testing

@testable import HyperDHT

struct SecretStreamTests {
    /// The two ends of one handshake, and their streams.
    struct Pair {
        var initiator: SecretStream
        var responder: SecretStream
        let sessions: (NoiseSession, NoiseSession)

        init(limits: SecretStream.Limits = .init()) throws {
            let (caller, called) = (KeyPair.random(), KeyPair.random())
            let first = try NoiseInitiator(identity: caller, remote: called.publicKey, payload: [])
            let (answer, session) = try NoiseResponder(identity: called, message: first.message[...]).finish(payload: []
            )
            sessions = (try first.finish(answer[...]).session, session)
            initiator = SecretStream(sessions.0, limits: limits, at: 0)
            responder = SecretStream(sessions.1, limits: limits, at: 0)
        }
    }

    @Test(.needsConformanceCases) func cipher_IsLibsodiums() throws {
        let entry = try Vectors.list("secretstreamXChaCha20Poly1305")[0]
        let (key, header) = (Secret(try entry["key"].bytes), try entry["header"].bytes)
        var (sender, receiver) = (
            SecretStreamCipher(key: key, header: header), SecretStreamCipher(key: key, header: header)
        )
        for message in entry["messages"].list {
            let (plain, cipher) = (try message["plain"].bytes, try message["cipher"].bytes)
            var sealed = [UInt8](repeating: 0, count: plain.count + SecretStreamCipher.overheadBytes)
            sealed.withUnsafeMutableBytes { place in plain.withUnsafeBytes { sender.push($0, into: place) } }
            #expect(sealed == cipher)
            let read = receiver.pull(cipher[...])
            #expect(read?.message == plain && read?.tag == 0)
        }
        let last = receiver.pull(try entry["final"]["cipher"].bytes[...])
        #expect(last?.message == [] && last?.tag == 3)
    }

    @Test(.needsConformanceCases) func streams_AreTheReferences() throws {
        let entry = try Vectors.list("secretStream")[0]
        let handshake = try SeededHandshake(try Vectors.list("noiseIK")[0])
        for (role, own, other) in [
            ("initiator", handshake.initiatorSession, handshake.responderSession),
            ("responder", handshake.responderSession, handshake.initiatorSession),
        ] {
            let frames = entry[role]["frames"].list
            let random = Array(try frames[0]["wire"].bytes.suffix(SecretStreamCipher.headerBytes))
            var sender = SecretStream(own, at: 0, random: random)
            var receiver = SecretStream(other, at: 0)
            #expect(try sender.header == frames[0]["wire"].bytes)
            #expect(try receiver.receive(sender.header[...]).isEmpty)
            for frame in frames.dropFirst() {
                let (plain, wire) = (try frame["plain"].bytes, try frame["wire"].bytes)
                #expect(sender.frame(plain, at: 0) == wire)
                #expect(try receiver.receive(wire[...]) == (plain.isEmpty ? [] : [plain]))
            }
        }
    }

    @Test(.needsConformanceCases) func recordedStreams_AreRead() throws {
        for handshake in try SeededHandshake.all().dropFirst() {
            for (role, receiving) in [
                ("initiator", handshake.responderSession), ("responder", handshake.initiatorSession),
            ] {
                let recorded = handshake.entry["streams"][role]
                let plains = try recorded["frames"].list.filter { !$0["plain"].isNull }.map { try $0["plain"].bytes }
                let bytes = try recorded["bytes"].bytes
                var whole = SecretStream(receiving, at: 0)
                #expect(try whole.receive(bytes[...]) == plains.filter { !$0.isEmpty })
                var bytewise = SecretStream(receiving, at: 0)
                let messages = try bytes.indices.flatMap { try bytewise.receive(bytes[$0...$0]) }
                #expect(messages == plains.filter { !$0.isEmpty } && !messages.isEmpty)
            }
        }
    }

    @Test(.needsConformanceCases) func unorderedMessages_AreTheReferences() throws {
        let entry = try Vectors.list("secretStream")[0]["initiator"]["unordered"]
        let handshake = try SeededHandshake(try Vectors.list("noiseIK")[0])
        let (plain, envelope) = (try entry["plain"].bytes, try entry["envelope"].bytes)
        #expect(try handshake.initiatorSession.unorderedKey(of: .initiator).isEqual(to: entry["sendKey"].bytes))
        var reader = WireReader(envelope)
        var sender = UnorderedMessages(handshake.initiatorSession, counter: try reader.uint64())
        #expect(sender.seal(plain) == envelope)
        #expect(sender.seal(plain) != envelope)
        let receiver = UnorderedMessages(handshake.responderSession)
        #expect(receiver.open(envelope[...]) == plain)
        #expect(UnorderedMessages(handshake.initiatorSession).open(envelope[...]) == nil)
        for length in 0..<envelope.count { #expect(receiver.open(envelope.prefix(length)) == nil) }
    }

    @Test func messages_ComeWholeHoweverTheyAreCut() throws {
        var pair = try Pair()
        let messages = [0, 1, 100, 300_000, 3].map { [UInt8](repeating: UInt8($0 & 0xFF), count: $0) }
        var wire = pair.initiator.header
        for message in messages { wire += pair.initiator.frame(message, at: 0) }
        var numbers = Damage.Numbers(seed: 5)
        var (received, rest) = ([[UInt8]](), wire[...])
        while !rest.isEmpty {
            let part = rest.prefix(Int.random(in: 1...1200, using: &numbers))
            received += try pair.responder.receive(part)
            rest = rest[part.endIndex...]
        }
        #expect(received == messages.filter { !$0.isEmpty })
        #expect(pair.responder.isConfirmed && !pair.initiator.isConfirmed)
    }

    @Test func headerAlone_ConfirmsNobody() throws {
        var pair = try Pair()
        _ = try pair.responder.receive(pair.initiator.header[...])
        #expect(!pair.responder.isConfirmed)
        let empty = pair.initiator.frame([], at: 0)
        #expect(try pair.responder.receive(empty[...]).isEmpty)
        #expect(pair.responder.isConfirmed)
    }

    @Test func streamOfAnotherHandshake_IsNotThePeers() throws {
        var (pair, other) = (try Pair(), try Pair())
        #expect(throws: SecretStreamError.notThePeer) { try pair.responder.receive(other.initiator.header[...]) }
        // One's own header, sent back.
        other = try Pair()
        #expect(throws: SecretStreamError.notThePeer) { try other.responder.receive(other.responder.header[...]) }
    }

    @Test func changedRepeatedOrLeftOutFrame_EndsTheStream() throws {
        let changes: [(inout [[UInt8]]) -> Void] = [
            { $0[1][9] ^= 1 }, { $0.insert($0[1], at: 1) }, { $0.remove(at: 1) }, { $0.swapAt(1, 2) },
        ]
        for change in changes {
            var pair = try Pair()
            var frames = [pair.initiator.header]
            for text in ["one", "two", "three"] { frames.append(pair.initiator.frame(Array(text.utf8), at: 0)) }
            change(&frames)
            #expect(throws: SecretStreamError.notAuthentic) {
                try pair.responder.receive(frames.joined().map { $0 }[...])
            }
            #expect(throws: SecretStreamError.notAuthentic) { try pair.responder.receive([]) }
        }
    }

    @Test func longFrame_IsRefusedByItsLength() throws {
        var limits = SecretStream.Limits()
        (limits.messageBytesMax, limits.firstMessageBytesMax) = (1000, 2000)
        var pair = try Pair(limits: limits)
        #expect(throws: SecretStreamError.frameTooLong(bytes: 57, max: 56)) { try pair.initiator.receive([57, 0, 0]) }
        _ = try pair.responder.receive(pair.initiator.header[...])
        let longest = pair.initiator.frame([UInt8](repeating: 1, count: 1000), at: 0)
        #expect(try pair.responder.receive(longest[...]).first?.count == 1000)
        #expect(throws: SecretStreamError.frameTooLong(bytes: 1018, max: 1017)) {
            try pair.responder.receive([0xFA, 3, 0])
        }
    }

    @Test func longFrame_IsRefusedBeforeThePeerIsConfirmed() throws {
        var limits = SecretStream.Limits()
        limits.firstMessageBytesMax = 10
        var pair = try Pair(limits: limits)
        _ = try pair.responder.receive(pair.initiator.header[...])
        #expect(throws: SecretStreamError.frameTooLong(bytes: 28, max: 27)) { try pair.responder.receive([28, 0, 0]) }
        pair = try Pair(limits: limits)
        let (first, second) = (
            pair.initiator.frame([1], at: 0), pair.initiator.frame([UInt8](repeating: 2, count: 11), at: 0)
        )
        #expect(try pair.responder.receive((pair.initiator.header + first + second)[...]).map(\.count) == [1, 11])
    }

    @Test func shortFrame_IsRefused() throws {
        var pair = try Pair()
        _ = try pair.responder.receive(pair.initiator.header[...])
        #expect(throws: SecretStreamError.frameTooShort(bytes: 16)) {
            try pair.responder.receive([16, 0, 0] + [UInt8](repeating: 0, count: 16))
        }
    }

    @Test func silence_IsEndedByAnEmptyMessage() throws {
        var pair = try Pair()
        let interval: Int64 = 5_000_000_000
        #expect(pair.initiator.keepAlive(at: interval - 1) == nil)
        _ = pair.initiator.frame([1], at: 1_000_000_000)
        #expect(pair.initiator.keepAlive(at: interval) == nil)
        #expect(pair.initiator.keepAliveAt == 1_000_000_000 + interval)
        #expect(pair.initiator.keepAlive(at: 1_000_000_000 + interval)?.count == 20)
        #expect(pair.initiator.keepAliveAt == 1_000_000_000 + 2 * interval)
    }

    @Test func closedStream_TakesNothing() throws {
        var pair = try Pair()
        pair.responder.close()
        #expect(throws: SecretStreamError.self) { try pair.responder.receive(pair.initiator.header[...]) }
        #expect(pair.responder.keepAlive(at: .max) == nil)
    }

    @Test func damagedStreams_ThrowOrAnswer() throws {
        var pair = try Pair()
        var wire = pair.initiator.header
        for text in ["one", "", "three"] { wire += pair.initiator.frame(Array(text.utf8), at: 0) }
        throwsOrAnswers([wire]) { bytes in
            var stream = SecretStream(pair.sessions.1, at: 0)
            for message in try stream.receive(bytes[...]) {
                if !["one", "three"].contains(String(decoding: message, as: UTF8.self)) { Issue.record("\(message)") }
            }
        }
    }
}
