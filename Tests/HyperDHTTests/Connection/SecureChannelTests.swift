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
}
