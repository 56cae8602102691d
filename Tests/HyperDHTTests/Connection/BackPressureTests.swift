import Testing

@testable import HyperDHT

/// What is kept of a peer that asks for more than it takes.
struct BackPressureTests {
    private static let answerBytes = 1_000_000

    /// The asking end takes no event any more, and so nothing more than one is read.
    private static func deafPair(limits answeringLimits: SecureChannel.Limits = .init()) throws -> ConnectionPair {
        var askingLimits = SecureChannel.Limits()
        askingLimits.eventsMax = 1
        var pair = try ConnectionPair(askingLimits: askingLimits, answeringLimits: answeringLimits)
        try pair.asking.ask([0], at: 0)
        try pair.run(until: seconds(1))
        pair.asking.isDeaf = true
        try pair.asking.ask([Int](repeating: answerBytes, count: 16), at: pair.now)
        return pair
    }

    @Test func peerThatNeverReads_IsKeptWithinBoundsAndGivenUp() throws {
        var pair = try Self.deafPair()
        try pair.run(until: seconds(400)) { $0.answering.end != nil }
        guard case .unread(let bytes) = pair.answering.end else {
            Issue.record("\(String(describing: pair.answering.end))")
            return
        }
        #expect(12 * Self.answerBytes..<16 * Self.answerBytes ~= bytes)
        #expect(seconds(115)...seconds(125) ~= pair.now)
        #expect(pair.answering.bufferBytesMax < 17 * Self.answerBytes + 3 << 20)
        #expect(pair.asking.bufferBytesMax < 3 << 20)
    }

    @Test func answersBeyondTheBound_AreRefusedToThePeer() throws {
        var limits = SecureChannel.Limits()
        limits.waitingBytesMax = 4 * Self.answerBytes + 1000
        var pair = try Self.deafPair(limits: limits)
        try pair.run(until: seconds(10))
        let counters = pair.answering.connection.channel.counters
        #expect(counters.requestsReceived == 17 && counters.answersRefused == 12)
        #expect(pair.answering.bufferBytesMax < 5 * Self.answerBytes + 3 << 20)
        pair.asking.isDeaf = false
        try pair.run(until: seconds(30)) { $0.asking.answered == 17 }
        #expect(pair.asking.answered == 17 && pair.asking.right == 5)
    }

    @Test func peerThatReadsAgain_GetsEverything() throws {
        var pair = try Self.deafPair()
        try pair.run(until: seconds(10))
        #expect(pair.answering.connection.channel.waitingBytes > 10 * Self.answerBytes)
        pair.asking.isDeaf = false
        try pair.run(until: seconds(30)) { $0.asking.answered == 17 }
        #expect(pair.asking.right == 17)
    }

    @Test func peerThatDoesNotRead_IsNotHeard() throws {
        var pair = try Self.deafPair()
        try pair.run(until: seconds(10))
        try pair.asking.ask([Int](repeating: 1, count: 40), at: pair.now)
        try pair.run(until: seconds(20))
        #expect(pair.answering.connection.channel.counters.requestsReceived == 17)
        pair.asking.isDeaf = false
        try pair.run(until: seconds(40)) { $0.asking.answered == 57 }
        #expect(pair.asking.answered == 57)
    }

    /// Both sides have much to say, so both have to be heard.
    @Test func twoPeersThatAskForMuch_DoNotWaitForEachOther() throws {
        var pair = try ConnectionPair()
        let sizes = [Int](repeating: Self.answerBytes, count: 8)
        try pair.asking.ask(sizes, at: 0)
        try pair.answering.ask(sizes, at: 0)
        try pair.run(until: seconds(60)) { $0.asking.answered == 8 && $0.answering.answered == 8 }
        #expect(pair.asking.right == 8 && pair.answering.right == 8)
    }

    @Test func longAnswers_AreEncryptedOneAtATime() throws {
        var talk = try ChannelTalk()
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        for _ in 0..<4 { _ = try talk.asking.request(channel, Answers.method, [], at: 0) }
        talk.askingSends()
        let answer = Answers.bytes(Self.answerBytes)
        while let event = talk.answering.nextEvent() {
            guard case .rpc(.request(let channel, let id, _, _)) = event else { continue }
            talk.answering.answer(id, on: channel, with: .success(answer))
        }
        #expect(talk.answering.waitingBytes > 4 * Self.answerBytes)
        for _ in 0..<4 {
            let bytes = talk.answering.nextBytes(at: 0)
            #expect(Self.answerBytes..<Self.answerBytes + 100 ~= bytes.count)
            talk.answering.took(bytes.count - 1, at: 0)
            #expect(talk.answering.nextBytes(at: 0).count == 1)
            talk.answering.took(1, at: 0)
        }
        #expect(talk.answering.waitingBytes == 0 && talk.answering.counters.messagesSent == 5)
    }

    @Test func shortMessages_GoTogether() throws {
        var talk = try ChannelTalk()
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        for _ in 0..<60 { _ = try talk.asking.request(channel, Answers.method, [1, 2, 3], at: 0) }
        #expect(talk.asking.nextBytes(at: 0).count == 60 * 34)
    }

    @Test func eventsThatNobodyTakes_StopTheReading() throws {
        var limits = SecureChannel.Limits()
        limits.eventsMax = 10
        var talk = try ChannelTalk(limits: limits)
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        for _ in 0..<9 { _ = try talk.asking.request(channel, Answers.method, [], at: 0) }
        talk.exchange()
        #expect(talk.answering.isReading == false)
        while talk.answering.nextEvent() != nil {}
        #expect(talk.answering.isReading)
    }

    /// What refusals alone make, where the transport goes on bringing requests: they end it.
    @Test func floodOfRefusedRequests_EndsTheConnection() throws {
        var limits = SecureChannel.Limits()
        limits.waitingBytesMax = 0
        limits.rpc.pendingMax = 1 << 20
        var talk = try ChannelTalk(limits: limits)
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        var asked = 0
        while talk.answering.end == nil, asked < 400_000 {
            for _ in 0..<1000 { _ = try talk.asking.request(channel, "other", [], at: 0) }
            asked += 1000
            talk.askingSends()
        }
        guard case .unread(let bytes) = talk.answering.end else {
            Issue.record("\(asked) requests did not end it")
            return
        }
        #expect(bytes < 20 << 20)
    }
}
