import TestSupport
import Testing

@testable import HyperDHT

/// All layers of stage 1 together: handshake, stream, channels, requests.
struct RPCConnectionTests {
    private struct End {
        var stream: SecretStream
        var rpc: RPCConnection
        var events: [RPCConnection.Event] = []

        mutating func takeBytes() -> [UInt8] { rpc.takeFrames().flatMap { stream.frame($0, at: 0) } }

        mutating func receive(_ bytes: [UInt8]) throws {
            for message in try stream.receive(bytes[...]) { events += try rpc.receive(message[...]) }
        }
    }

    private struct Pair {
        var caller: End
        var called: End

        init(calledServes methods: [ChannelName: Set<String>]) throws {
            let streams = try SecretStreamTests.Pair()
            caller = End(stream: streams.initiator, rpc: RPCConnection())
            called = End(stream: streams.responder, rpc: RPCConnection(serving: methods))
            try called.receive(caller.stream.header)
            try caller.receive(called.stream.header)
        }

        mutating func exchange() throws {
            while true {
                let (there, back) = (caller.takeBytes(), called.takeBytes())
                if there.isEmpty && back.isEmpty { return }
                try called.receive(there)
                try caller.receive(back)
            }
        }
    }

    @Test func scrape_GoesThroughAllLayers() throws {
        let text = [UInt8](String(repeating: "up 1\n", count: 400_000).utf8)
        var pair = try Pair(calledServes: [ScrapeProtocol.channel: [ScrapeProtocol.method]])
        let channel = try pair.caller.rpc.open(ScrapeProtocol.channel)
        let id = try pair.caller.rpc.request(channel, ScrapeProtocol.method, ScrapeProtocol.Request().bytes)
        try pair.exchange()
        guard case .request(let served, let asked, ScrapeProtocol.method, let body) = pair.called.events.last else {
            Issue.record("\(pair.called.events)")
            return
        }
        #expect(try ScrapeProtocol.Request(bytes: body).isUnderstood)
        pair.called.rpc.answer(asked, on: served, with: .success(ScrapeProtocol.Reply(.success(text[...])).bytes))
        try pair.exchange()
        guard case .answer(channel, id, .success(let reply)) = pair.caller.events.last else {
            Issue.record("no answer")
            return
        }
        #expect(try ScrapeProtocol.Reply(bytes: reply, textBytesMax: 1 << 24).result == .success(text[...]))
    }

    @Test func channelThatIsNotServed_FailsItsRequests() throws {
        var pair = try Pair(calledServes: [:])
        let channel = try pair.caller.rpc.open(AliasProtocol.channel)
        let id = try pair.caller.rpc.request(channel, AliasProtocol.method, [])
        try pair.exchange()
        #expect(pair.called.events == [.refusedChannel(AliasProtocol.channel)])
        #expect(pair.caller.events == [.closed(channel, AliasProtocol.channel, unanswered: [id])])
        #expect(throws: RPCError.closed) { try pair.caller.rpc.request(channel, AliasProtocol.method, []) }
    }

    @Test func close_FailsRequestsOnBothSides() throws {
        var pair = try Pair(calledServes: [ScrapeProtocol.channel: [ScrapeProtocol.method]])
        let channel = try pair.caller.rpc.open(ScrapeProtocol.channel)
        let id = try pair.caller.rpc.request(channel, ScrapeProtocol.method, [])
        try pair.exchange()
        #expect(pair.caller.rpc.close(channel) == [id])
        try pair.exchange()
        guard case .closed(let served, ScrapeProtocol.channel, unanswered: []) = pair.called.events.last else {
            Issue.record("\(pair.called.events)")
            return
        }
        #expect(pair.called.rpc.answer(1, on: served, with: .success([])) == false)
        #expect(pair.called.takeBytes().isEmpty)
    }

    @Test func endOfTheStream_FailsWhatIsPending() throws {
        var rpc = RPCConnection()
        let (one, two) = (try rpc.open(ScrapeProtocol.channel), try rpc.open(AliasProtocol.channel))
        let ids = try [rpc.request(one, "a", []), rpc.request(one, "b", [])]
        #expect(rpc.end() == [one: ids, two: []])
        #expect(rpc.end().isEmpty && rpc.takeFrames().isEmpty)
        #expect(throws: RPCError.closed) { try rpc.request(one, "a", []) }
    }

    @Test func unknownMethod_IsAnsweredAndCounted() throws {
        var pair = try Pair(calledServes: [ScrapeProtocol.channel: [ScrapeProtocol.method]])
        let channel = try pair.caller.rpc.open(ScrapeProtocol.channel)
        let id = try pair.caller.rpc.request(channel, "other", [])
        try pair.exchange()
        guard case .refusedRequest(_, method: "other") = pair.called.events.last else {
            Issue.record("\(pair.called.events)")
            return
        }
        #expect(pair.caller.events.last == .answer(channel, id: id, .failure(.unknownMethod("other"))))
    }

    @Test func malformedRequest_IsAnError() throws {
        var rpc = RPCConnection(serving: [ScrapeProtocol.channel: []])
        _ = try rpc.receive(MuxFrame.open(channel: 1, name: ScrapeProtocol.channel, handshake: []).bytes[...])
        #expect(throws: MuxError.malformed(.truncated)) { try rpc.receive([1, 0]) }
    }

    /// The messages that one side of a recorded session sent, without the empty ones.
    private static func messages(_ session: Vector, _ role: String) throws -> [[UInt8]] {
        try session["streams"][role]["frames"].list.filter { !$0["plain"].isNull }.map { try $0["plain"].bytes }
            .filter { !$0.isEmpty }
    }

    /// In the place of either real peer, with the other one as it was recorded, we say the same bytes.
    @Test(
        .needsConformanceCases,
        arguments: [
            (0, AliasProtocol.channel, AliasProtocol.method), (1, ScrapeProtocol.channel, ScrapeProtocol.method),
        ])
    func recordedConversations_AreSpokenAlike(index: Int, name: ChannelName, method: String) throws {
        let session = try Vectors.load()["sessionTrace"]["sessions"].list[index]
        let (asked, answered) = (try Self.messages(session, "initiator"), try Self.messages(session, "responder"))
        #expect(asked.count == answered.count && asked.count == index + 2)
        var (asking, answering) = (RPCConnection(), RPCConnection(serving: [name: [method]]))
        let channel = try asking.open(name)
        #expect(asking.takeFrames() == [asked[0]])
        #expect(try asking.receive(answered[0][...]) == [.opened(channel, name)])
        #expect(try answering.receive(asked[0][...]).count == 1 && answering.takeFrames() == [answered[0]])
        for (question, answer) in zip(asked.dropFirst(), answered.dropFirst()) {
            guard case .request(let served, let id, method, let body) = try answering.receive(question[...]).first
            else {
                Issue.record("\(Hex.text(of: question)) is no request")
                return
            }
            #expect(try Self.rewritten(body, method) == Array(body))
            #expect(try asking.request(channel, method, Array(body)) == id && asking.takeFrames() == [question])
            guard case .answer(channel, id, .success(let reply)) = try asking.receive(answer[...]).first else {
                Issue.record("\(Hex.text(of: answer)) is no answer")
                return
            }
            answering.answer(id, on: served, with: .success(Array(reply)))
            #expect(answering.takeFrames() == [answer])
        }
    }

    private static func rewritten(_ body: ArraySlice<UInt8>, _ method: String) throws -> [UInt8] {
        method == AliasProtocol.method
            ? try AliasProtocol.Request(bytes: body).bytes : try ScrapeProtocol.Request(bytes: body).bytes
    }

    @Test func damagedMessages_ThrowOrAnswer() throws {
        var asking = RPCConnection()
        let channel = try asking.open(ScrapeProtocol.channel)
        var answering = RPCConnection(serving: [ScrapeProtocol.channel: ["metrics"]])
        var samples = asking.takeFrames()
        for frame in samples { _ = try answering.receive(frame[...]) }
        for frame in answering.takeFrames() { _ = try asking.receive(frame[...]) }
        _ = try (asking.request(channel, "metrics", [1, 1]), asking.request(channel, "other", [2]))
        samples += asking.takeFrames()
        let fresh = answering
        throwsOrAnswers(samples) { bytes in
            do {
                for case .request(let channel, let id, _, _) in try answering.receive(bytes[...]) {
                    answering.answer(id, on: channel, with: .success([1]))
                }
                _ = answering.takeFrames()
            } catch {
                answering = fresh
                throw error
            }
        }
    }
}
