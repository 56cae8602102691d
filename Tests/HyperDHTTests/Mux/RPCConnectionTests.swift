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

    /// The recorded messages of real peers, into an end that serves what they ask for.
    @Test(.needsVectors) func recordedConversations_AreUnderstood() throws {
        let sessions = try Vectors.load()["sessionTrace"]["sessions"].list
        let serving = [
            ScrapeProtocol.channel: Set([ScrapeProtocol.method]), AliasProtocol.channel: Set([AliasProtocol.method]),
        ]
        #expect(sessions.count == 2)
        for session in sessions {
            var (called, requests) = (RPCConnection(serving: serving), 0)
            for frame in session["streams"]["initiator"]["frames"].list where !frame["plain"].isNull {
                let message = try frame["plain"].bytes
                guard !message.isEmpty else { continue }
                for event in try called.receive(message[...]) {
                    guard case .request(_, _, let method, let body) = event else { continue }
                    requests += 1
                    if method == AliasProtocol.method {
                        let request = try AliasProtocol.Request(bytes: body)
                        #expect(request.alias == "my-alias" && request.bytes == Array(body))
                    } else {
                        #expect(try ScrapeProtocol.Request(bytes: body).isUnderstood)
                    }
                }
            }
            #expect(requests > 0)
        }
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
