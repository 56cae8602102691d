import Testing

@testable import HyperDHT

/// Bytes of a peer that were changed on the way: what comes before the damage is heard, nothing behind it, and the
/// connection is over with a reason.
struct DamagedConnectionTests {
    /// A called side that is through with the handshake, and bytes that the caller sends it then.
    private struct Scene {
        let called: StreamConnection
        let bytes: [UInt8]
        let events: [SecureChannel.Event]

        init() throws {
            var talk = try StreamTalk()
            let channel = try talk.caller.channel.open(Answers.channel)
            talk.called.receive(StreamTalk.bytes(of: &talk.caller)[...], at: 0)
            talk.caller.receive(StreamTalk.bytes(of: &talk.called)[...], at: 0)
            called = talk.called
            for size in [0, 7, 300] {
                let body = Answers.bytes(size)
                _ = try talk.caller.channel.request(channel, Answers.method, body, at: 0)
            }
            // The open frame, sent at once behind the handshake, and the answer to it.
            var other = called
            let opening = StreamTalk.bytes(of: &talk.caller)
            other.receive(opening[...], at: 0)
            talk.caller.receive(StreamTalk.bytes(of: &other)[...], at: 0)
            bytes = opening + StreamTalk.bytes(of: &talk.caller)
            events = Scene.events(of: called, bytes).events
        }

        static func events(
            of connection: StreamConnection, _ bytes: [UInt8], cuts: Int = 1
        ) -> (events: [SecureChannel.Event], end: ConnectionEnd?) {
            var (connection, rest) = (connection, bytes[...])
            while !rest.isEmpty {
                let piece = rest.prefix(max(bytes.count / cuts, 1))
                connection.receive(piece, at: 0)
                rest = rest.dropFirst(piece.count)
            }
            connection.receiveEnd(at: 0)
            connection.poll(at: 0)
            var events: [SecureChannel.Event] = []
            while let event = connection.channel.nextEvent() { events.append(event) }
            return (events, connection.channel.end)
        }
    }

    @Test func damage_IsNeverTakenForAMessage() throws {
        let scene = try Scene()
        #expect(scene.events.count == 5, "confirmed, opened, three requests")
        var damage = Damage(seed: 1, of: [scene.bytes])
        var ends: [String: Int] = [:]
        for seed in 0..<10_000 {
            let bytes = damage.next()
            guard !bytes.starts(with: scene.bytes) else { continue }
            let (events, end) = Scene.events(of: scene.called, bytes, cuts: seed % 7 + 1)
            let heard = events.filter { if case .closed = $0 { false } else { true } }
            #expect(scene.events.starts(with: heard), "seed \(seed)")
            ends[end?.description ?? "none", default: 0] += 1
        }
        #expect(ends.values.reduce(0, +) > 9000 && ends.count >= 3, "\(ends)")
    }

    @Test func damagedHandshake_IsRefused() throws {
        var talk = try StreamTalk()
        let greeting = StreamTalk.bytes(of: &talk.caller)
        var damage = Damage(seed: 2, of: [greeting])
        for seed in 0..<2000 {
            let bytes = damage.next()
            guard !bytes.starts(with: greeting) else { continue }
            let (events, end) = Scene.events(of: talk.called, bytes, cuts: seed % 3 + 1)
            #expect(end != nil && events == end.map { [.closed($0)] }, "seed \(seed): \(events)")
        }
    }

    /// Who has the keys may say anything.
    @Test func damageWithinTheEncryption_EndsTheConnectionOrNot() throws {
        let sessions = try NoiseSession.pair()
        var rpc = RPCConnection()
        let channel = try rpc.open(Answers.channel)
        _ = try rpc.receive(MuxFrame.open(channel: 1, name: Answers.channel, handshake: []).bytes[...])
        for size in [0, 5, 80] { _ = try rpc.request(channel, Answers.method, Answers.bytes(size)) }
        let samples = rpc.takeFrames()
        var damage = Damage(seed: 3, of: samples)
        for seed in 0..<300 {
            var sender = SecretStream(sessions.0, at: 0)
            var receiver = SecureChannel(serving: Answers.serving, limits: .init(), at: 0)
            receiver.begin(sessions.1, at: 0)
            receiver.receive(sender.header[...], at: 0)
            for _ in 0..<20 { receiver.receive(sender.frame(damage.next(), at: 0)[...], at: 0) }
            receiver.poll(at: 0)
            while let event = receiver.nextEvent() {
                guard case .rpc(.request(let channel, let id, _, _)) = event else { continue }
                receiver.answer(id, on: channel, with: .success([1]))
            }
            #expect(receiver.waitingBytes < 100_000, "seed \(seed)")
        }
    }
}
