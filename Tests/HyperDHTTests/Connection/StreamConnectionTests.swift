import Testing

@testable import HyperDHT

struct StreamConnectionTests {
    @Test(arguments: 0..<20)
    func requestsMadeBeforeTheHandshake_AreAnsweredAndBothEnd(seed: UInt64) throws {
        var talk = try StreamTalk(seed: seed)
        let channel = try talk.caller.channel.open(Answers.channel)
        let sizes = [0, 1, 20_000, 300_000, 2_000_000 / (Int(seed) + 1)]
        for size in sizes {
            _ = try talk.caller.channel.request(channel, Answers.method, Answers.request(of: size), at: 0)
        }
        try talk.exchange()
        #expect(talk.callerEvents.first == .confirmed(talk.calledKeys.publicKey))
        #expect(talk.calledEvents.first == .confirmed(talk.callerKeys.publicKey))
        let answers = talk.callerEvents.compactMap { event -> ArraySlice<UInt8>? in
            if case .rpc(.answer(channel, _, .success(let body))) = event { body } else { nil }
        }
        #expect(answers.count == sizes.count && zip(answers, sizes).allSatisfy { $0.elementsEqual(Answers.bytes($1)) })
        talk.caller.channel.end(at: 0)
        try talk.exchange()
        #expect(talk.caller.channel.end == .ended && talk.called.channel.end == .ended)
        #expect(talk.caller.nextDeadline == nil && talk.caller.nextBytes(at: 0).isEmpty)
    }

    @Test func greeting_IsMessage1BehindItsLength() throws {
        var talk = try StreamTalk()
        let greeting = StreamTalk.bytes(of: &talk.caller)
        // A version, flags, no failure, no firewall, a version of the secret stream.
        #expect(greeting.count == 3 + NoiseResponder.messageBytesMin + 5)
        #expect(Array(greeting.prefix(3)) == [101, 0, 0])
        #expect(StreamTalk.bytes(of: &talk.called).isEmpty)
        let responder = try NoiseResponder(identity: talk.calledKeys, message: greeting.dropFirst(3))
        #expect(responder.caller == talk.callerKeys.publicKey && responder.payload == [1, 16, 0, 0, 1])
    }

    @Test func callerThatIsNotAdmitted_GetsNoAnswer() throws {
        var talk = try StreamTalk(admits: false)
        try talk.exchange()
        #expect(talk.calledEvents == [.closed(.noise(.refused(talk.callerKeys.publicKey)))])
        #expect(talk.called.channel.counters.bytesSent == 0)
        #expect(talk.callerEvents == [.closed(.truncated)])
    }

    @Test func calledSideWithOtherKeys_IsNotTalkedTo() throws {
        var talk = try StreamTalk()
        talk.called = StreamConnection(calledAs: .random(), at: 0) { _ in true }
        try talk.exchange()
        #expect(talk.calledEvents == [.closed(.noise(.notAuthentic))] && talk.callerEvents == [.closed(.truncated)])
    }

    /// Version, flags, failure, firewall, and what the flags announce.
    @Test(arguments: [
        ([1, 24, 0, 0, 1, 0, 7, 0, 1], "handshake of another way"), ([1, 0, 0, 0], "handshake of another way"),
        ([2, 16, 0, 0, 1], "handshake of version 2"), ([1, 16, 3, 0, 1], "handshake refused by the peer"),
        ([1, 16], "handshake ends within a field"),
    ])
    func handshakeForSomethingElse_IsRefused(payload: [UInt8], sentence: String) throws {
        var talk = try StreamTalk()
        let initiator = try NoiseInitiator(
            identity: talk.callerKeys, remote: talk.calledKeys.publicKey, payload: payload)
        talk.called.receive([UInt8(initiator.message.count), 0, 0] + initiator.message, at: 0)
        #expect(talk.called.channel.end?.description == sentence)
        #expect(talk.called.nextBytes(at: 0).isEmpty)
    }

    @Test func longGreeting_IsRefusedBeforeItHasCome() throws {
        var talk = try StreamTalk()
        talk.called.receive([1, 4, 0], at: 0)
        #expect(talk.called.channel.end == .stream(.frameTooLong(bytes: 1025, max: 1024)))
    }

    @Test func bytesBehindTheHandshake_AreNotLost() throws {
        var talk = try StreamTalk()
        talk.called.receive(StreamTalk.bytes(of: &talk.caller)[...], at: 0)
        let channel = try talk.called.channel.open(Answers.channel)
        _ = try talk.called.channel.request(channel, Answers.method, Answers.request(of: 10), at: 0)
        // Message 2, the first frame of the secret stream and a message, all in one.
        talk.caller.receive(StreamTalk.bytes(of: &talk.called)[...], at: 0)
        #expect(talk.caller.channel.isConfirmed)
    }

    // MARK: Time

    @Test func silenceInTheHandshake_IsBounded() throws {
        var talk = try StreamTalk()
        #expect(talk.called.nextDeadline == seconds(20))
        talk.called.poll(at: seconds(20))
        try talk.takeEvents()
        #expect(talk.calledEvents == [.closed(.notConfirmed)])
    }

    @Test func idleConnection_IsKeptAliveByBoth() throws {
        var talk = try StreamTalk()
        try talk.exchange()
        for _ in 0..<100 {
            talk.now += seconds(5)
            try talk.exchange()
        }
        #expect(talk.caller.channel.end == nil && talk.called.channel.end == nil)
        // The first shows who we are.
        #expect(talk.caller.channel.counters.keepAlivesSent == 101)
    }

    @Test func peerThatFallsSilent_IsNoticed() throws {
        var talk = try StreamTalk()
        try talk.exchange()
        _ = try talk.caller.channel.open(Answers.channel)
        try talk.exchange()
        while talk.caller.channel.end == nil, let deadline = talk.caller.nextDeadline {
            talk.now = deadline
            _ = StreamTalk.bytes(of: &talk.caller, at: deadline)
            talk.caller.poll(at: deadline)
        }
        #expect(talk.caller.channel.end == .timedOut && talk.now == seconds(30))
    }

    // MARK: Ends

    @Test(arguments: [0, 1, 100, 50_000])
    func peerThatEndsInTheMiddleOfAnAnswer_FailsTheRequest(bytes: Int) throws {
        var talk = try StreamTalk()
        let channel = try talk.caller.channel.open(Answers.channel)
        try talk.exchange()
        let id = try talk.caller.channel.request(channel, Answers.method, Answers.request(of: 100_000), at: 0)
        talk.called.receive(StreamTalk.bytes(of: &talk.caller)[...], at: 0)
        guard case .rpc(.request(let served, let asked, _, _)) = talk.called.channel.nextEvent() else {
            Issue.record("no request")
            return
        }
        talk.called.channel.answer(asked, on: served, with: .success(Answers.bytes(100_000)))
        talk.caller.receive(StreamTalk.bytes(of: &talk.called, limit: bytes)[...], at: 0)
        talk.caller.receiveEnd(at: 0)
        talk.caller.poll(at: 0)
        try talk.takeEvents()
        #expect(talk.caller.channel.end == (bytes == 0 ? .ended : .truncated))
        #expect(talk.callerEvents.contains(.unanswered(channel, id: id)))
    }

    @Test func peerThatEndsBehindItsHandshake_HasSaidTooLittle() throws {
        var talk = try StreamTalk()
        talk.called.receive(StreamTalk.bytes(of: &talk.caller)[...], at: 0)
        talk.called.receiveEnd(at: 0)
        #expect(talk.called.channel.end == .truncated && talk.called.nextBytes(at: 0).isEmpty)
    }

    @Test func endInTheHandshake_ComesBehindTheGreeting() throws {
        var talk = try StreamTalk()
        talk.caller.channel.end(at: 0)
        #expect(!talk.caller.wantsEnd)
        _ = StreamTalk.bytes(of: &talk.caller)
        #expect(talk.caller.wantsEnd)
    }

    @Test func lostStream_FailsWhatIsPending() throws {
        var talk = try StreamTalk()
        let channel = try talk.caller.channel.open(Answers.channel)
        let ids = try (0..<3).map { _ in try talk.caller.channel.request(channel, Answers.method, [], at: 0) }
        talk.caller.lost()
        try talk.takeEvents()
        #expect(talk.callerEvents == ids.map { .unanswered(channel, id: $0) } + [.closed(.reset)])
        #expect(throws: RPCError.closed) { try talk.caller.channel.request(channel, Answers.method, [], at: 0) }
    }
}
