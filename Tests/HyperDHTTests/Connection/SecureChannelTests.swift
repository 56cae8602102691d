import Testing

@testable import HyperDHT

struct SecureChannelTests {
    @Test func peerIsConfirmed_ByItsFirstMessageAndNotByItsHeader() throws {
        var talk = try ChannelTalk()
        talk.askingSends()
        #expect(talk.answering.nextEvent() == nil && talk.answering.nextDeadline == seconds(20))
        talk.asking.poll(at: seconds(5))
        talk.askingSends()
        guard case .confirmed = talk.answering.nextEvent() else {
            Issue.record("a keep-alive confirms as well")
            return
        }
        #expect(talk.answering.nextEvent() == nil)
    }

    @Test func requestsBehindTheOwnEnd_AreNotHandedOut() throws {
        var talk = try ChannelTalk()
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        while talk.answering.nextEvent() != nil {}
        talk.answering.end(at: 0)
        let id = try talk.asking.request(channel, Answers.method, [], at: 0)
        talk.askingSends()
        #expect(talk.answering.nextEvent() == nil && talk.answering.wantsEnd)
        talk.asking.receiveEnd(at: 0)
        var last: SecureChannel.Event?
        while let event = talk.asking.nextEvent() { last = event }
        #expect(last == .unanswered(channel, id: id))
    }

    /// It is not the peer's fault that it is not read.
    @Test func silenceOfAPeerThatIsNotRead_IsNotCounted() throws {
        var limits = StreamConnection.limits
        limits.eventsMax = 1
        var talk = try ChannelTalk(limits: limits)
        _ = try talk.asking.open(Answers.channel)
        talk.exchange()
        #expect(!talk.answering.isReading)
        for time in 1...20 { talk.answering.poll(at: seconds(Double(5 * time))) }
        while talk.answering.nextEvent() != nil {}
        talk.answering.poll(at: seconds(101))
        #expect(talk.answering.end == nil && talk.answering.isReading)
        talk.answering.poll(at: seconds(129))
        #expect(talk.answering.end == nil)
        talk.answering.poll(at: seconds(130))
        #expect(talk.answering.end == .timedOut)
    }

    @Test func channelThatIsClosed_FailsItsRequestsOnly() throws {
        var talk = try ChannelTalk()
        let (one, two) = (try talk.asking.open(Answers.channel), try talk.asking.open(AliasProtocol.channel))
        let ids = try (0..<2).map { _ in try talk.asking.request(one, Answers.method, [], at: 0) }
        let other = try talk.asking.request(two, AliasProtocol.method, [], at: 0)
        #expect(talk.asking.close(one) == ids && talk.asking.pendingCount == 1)
        talk.exchange()
        // The peer does not serve it.
        var events: [SecureChannel.Event] = []
        while let event = talk.asking.nextEvent() { events.append(event) }
        #expect(events.last == .rpc(.closed(two, AliasProtocol.channel, unanswered: [other])))
        #expect(talk.asking.pendingCount == 0 && talk.answering.counters.channelsRefused == 1)
    }

    /// The first byte above what a request needs: its length is enough, so nothing of it is kept.
    @Test(arguments: [(0, true), (1, false)])
    func frameOfAPeerThatWasNotAsked_IsAsLongAsARequest(excess: Int, isTaken: Bool) throws {
        var talk = try ChannelTalk()
        _ = try talk.asking.open(Answers.channel)
        talk.exchange()
        let bytesMax = 80 * 1024 + SecretStreamCipher.overheadBytes
        talk.answering.receive(Self.length(bytesMax + excess), at: 0)
        let end = ConnectionEnd.stream(.frameTooLong(bytes: bytesMax + 1, max: bytesMax))
        #expect(talk.answering.end == (isTaken ? nil : end))
    }

    /// The request is sent at second 0. It ends with its timeout, or an answer that comes then, at second 10.
    @Test(arguments: [(true, 1, true), (true, 40, true), (true, 41, false), (false, 40, true), (false, 41, false)])
    func answer_MayBeLongUntilAWhileBehindItsRequest(isAnswered: Bool, time: Double, isTaken: Bool) throws {
        var talk = try ChannelTalk()
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        let id = try talk.asking.request(channel, Answers.method, [], timeout: seconds(10), at: 0)
        talk.askingSends()
        if time > 10, isAnswered {
            talk.answering.answer(id, on: try Self.asked(&talk.answering), with: .success([1]))
            talk.asking.receive(ChannelTalk.bytes(of: &talk.answering)[...], at: seconds(10))
        } else if time > 10 {
            talk.asking.poll(at: seconds(10))
        }
        #expect(talk.asking.pendingCount == (time > 10 ? 0 : 1))
        talk.asking.receive(Self.length(1 << 24 - 1), at: seconds(time))
        #expect((talk.asking.end == nil) == isTaken)
    }

    /// What is under way when nobody waits for it any more is let go of with its next bytes.
    @Test func longAnswerThatComesTooSlowly_IsNotKept() throws {
        var talk = try ChannelTalk()
        let channel = try talk.asking.open(Answers.channel)
        talk.exchange()
        _ = try talk.asking.request(channel, Answers.method, [], timeout: seconds(10), at: 0)
        talk.asking.receive(Self.length(1 << 24 - 1) + [0], at: seconds(9))
        talk.asking.poll(at: seconds(10))
        talk.asking.receive([0], at: seconds(39))
        #expect(talk.asking.end == nil)
        talk.asking.receive([0], at: seconds(41))
        #expect(talk.asking.end == .stream(.frameTooLong(bytes: 1 << 24 - 1, max: 80 * 1024 + 17)))
    }

    private static func length(_ bytes: Int) -> ArraySlice<UInt8> {
        let octets = [bytes, bytes >> 8, bytes >> 16]
        return octets.map { UInt8(truncatingIfNeeded: $0) }[...]
    }

    /// The channel of the request that has come.
    private static func asked(_ channel: inout SecureChannel) throws -> Mux.Channel {
        var asked: Mux.Channel?
        while let event = channel.nextEvent() {
            if case .rpc(.request(let channel, _, _, _)) = event { asked = channel }
        }
        return try #require(asked)
    }
}
