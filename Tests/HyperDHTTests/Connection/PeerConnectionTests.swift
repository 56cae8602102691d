import Testing

@testable import HyperDHT

struct PeerConnectionTests {
    private static let bad = SimulatedLink.Conditions(
        loss: 0.15, duplication: 0.02, delay: 20_000_000, jitter: 15_000_000)
    private static let slow = SimulatedLink.Conditions(loss: 0.02, delay: 40_000_000, bytesPerSecond: 1_000_000)

    @Test(arguments: [
        ([0], SimulatedLink.Conditions()), ([1, 0, 1151, 1152, 1153], bad), ([16_383, 65_536, 300_000], bad),
        ([2_000_000], SimulatedLink.Conditions()), ([2_000_000], slow), ([1_000_000], bad),
    ])
    func requests_AreAnswered(sizes: [Int], conditions: SimulatedLink.Conditions) throws {
        var pair = try ConnectionPair(conditions)
        try pair.asking.ask(sizes, at: 0)
        try pair.run(until: seconds(120)) { $0.asking.answered == sizes.count }
        #expect(pair.asking.right == sizes.count, "\(pair.asking.events) \(pair.answering.events)")
        #expect(pair.asking.connection.channel.pendingCount == 0)
    }

    @Test(arguments: 0..<50)
    func badPaths_CarryAllRequestsOfBothSidesAndBothEnd(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        var conditions = Self.bad
        conditions.loss = numbers.share() * 0.25
        var limits = SecureChannel.Limits()
        limits.rpc.answeringMax = 64
        var pair = try ConnectionPair(conditions, seed: seed, askingLimits: limits, answeringLimits: limits)
        let sizes = (0..<60).map { _ in Int.random(in: 0...4000, using: &numbers) }
        try pair.asking.ask(sizes, at: 0)
        try pair.answering.ask(Array(sizes.prefix(20)), at: 0)
        try pair.run(until: seconds(60)) { $0.asking.answered == 60 && $0.answering.answered == 20 }
        let failed = Comment(rawValue: "seed \(seed)")
        #expect(pair.asking.right == 60 && pair.answering.right == 20, failed)
        pair.asking.connection.channel.end(at: pair.now)
        try pair.run(until: pair.now + seconds(60)) { $0.bothAreOver }
        #expect(pair.asking.end == .ended && pair.answering.end == .ended, failed)
    }

    @Test func firstScrape_TakesTwoRounds() throws {
        var pair = try ConnectionPair(.init(delay: 50_000_000))
        try pair.asking.ask([100], at: 0)
        try pair.run(until: seconds(10)) { $0.asking.answered == 1 }
        // The request waits for the channel to be open.
        #expect(pair.now == seconds(0.2))
    }

    /// Before it is confirmed nobody says what has come early; the sender finds out by itself what was lost.
    @Test(arguments: [seconds(0.001), seconds(0.5), seconds(2)])
    func firstPacketsThatAreLost_AreSentAgain(silence: Int64) throws {
        var pair = try ConnectionPair(.init(delay: 20_000_000, blackouts: [0..<silence]))
        try pair.asking.ask([100, 5_000], at: 0)
        try pair.run(until: silence + seconds(3)) { $0.asking.right == 2 }
        #expect(pair.asking.right == 2)
    }

    @Test func rangesAreNotTold_ToWhoHasShownNothing() throws {
        var configuration = UDXConfiguration()
        configuration.unheardPacketsMax = 3
        var connection = PeerConnection(
            try NoiseSession.pair().1, over: UDXStream(id: 7, remoteID: 8, configuration: configuration),
            serving: Answers.serving, at: 0)
        var batch = DatagramBatch()
        connection.poll(at: 0, into: &batch)
        for sequence in stride(from: 1 as UInt32, to: 200, by: 2) {
            let packet = UDXPacket(
                .data, streamID: connection.streamID, window: 1 << 20, sequence: sequence, next: 0, payload: [1])
            var bytes: [UInt8] = []
            packet.write(to: &bytes)
            connection.receive(bytes[...], at: 1)
            batch.removeAll()
            connection.poll(at: 1, into: &batch)
            let answers = try batch.map { try UDXPacket($0) }
            #expect(answers.map(\.kinds) == [[]] && answers.allSatisfy(\.ranges.isEmpty))
        }
    }

    @Test func rangesAreTold_WhenThePeerIsConfirmed() throws {
        var pair = try ConnectionPair(Self.bad)
        let ranges = Counted()
        pair.onTheWayBack = { datagram in
            if let packet = try? UDXPacket(datagram[...]), !packet.ranges.isEmpty { ranges.count += 1 }
            return datagram
        }
        try pair.answering.ask([1_000_000], at: 0)
        try pair.run(until: seconds(120)) { $0.answering.right == 1 }
        #expect(pair.answering.right == 1 && ranges.count > 10)
    }

    private final class Counted {
        var count = 0
    }

    // MARK: Ends

    @Test func end_LetsEverythingArriveFirst() throws {
        var pair = try ConnectionPair(.init(delay: 40_000_000, bytesPerSecond: 150_000))
        pair.answering.answers = false
        try pair.asking.ask([1], at: 0)
        try pair.run(until: seconds(10)) { !$0.answering.requests.isEmpty }
        let request = try #require(pair.answering.requests.first)
        let answer = Answers.bytes(3_000_000)
        #expect(
            pair.answering.connection.channel.answer(request.id, on: request.channel, with: .success(answer)) == true)
        pair.answering.connection.channel.end(at: pair.now)
        #expect(pair.answering.connection.channel.answer(request.id, on: request.channel, with: .success([])) == false)
        try pair.run(until: seconds(60)) { $0.bothAreOver }
        #expect(pair.asking.answered == 1 && pair.asking.unanswered.isEmpty)
        #expect(pair.asking.end == .ended && pair.answering.end == .ended)
        try pair.run(until: seconds(120))
        #expect(pair.asking.connection.isFinished && pair.answering.connection.isFinished)
    }

    @Test func requestsThatThePeerDidNotAnswer_ComeToNothingWhenItEnds() throws {
        var pair = try ConnectionPair()
        pair.answering.answers = false
        try pair.asking.ask([1, 2], at: 0)
        try pair.run(until: seconds(1))
        pair.answering.connection.channel.end(at: pair.now)
        try pair.run(until: seconds(10)) { $0.bothAreOver }
        #expect(pair.asking.unanswered == [1, 2])
        #expect(pair.asking.events.last == .closed(.ended))
        #expect(throws: RPCError.closed) { try pair.asking.ask([1], at: pair.now) }
    }

    @Test func peerThatResetsInTheMiddleOfAnAnswer_FailsTheRequest() throws {
        var pair = try ConnectionPair(Self.slow)
        try pair.asking.ask([2_000_000], at: 0)
        try pair.run(until: seconds(20)) { $0.asking.connection.channel.counters.bytesReceived > 500_000 }
        pair.answering.connection.channel.destroy()
        try pair.run(until: seconds(30)) { $0.bothAreOver }
        #expect(pair.answering.end == .destroyed && pair.asking.end == .reset)
        #expect(pair.asking.unanswered == [1] && pair.asking.answered == 0)
        try pair.run(until: seconds(120))
        #expect(pair.asking.connection.isFinished && pair.answering.connection.isFinished)
        #expect(pair.asking.connection.nextDeadline == nil && pair.answering.connection.nextDeadline == nil)
    }

    @Test func peerThatDoesNotEnd_IsNotWaitedForLong() throws {
        var limits = SecureChannel.Limits()
        limits.eventsMax = 0
        var pair = try ConnectionPair(askingLimits: limits)
        try pair.run(until: seconds(1))
        pair.answering.connection.channel.end(at: pair.now)
        try pair.run(until: seconds(30)) { $0.answering.end != nil }
        #expect(pair.answering.end == .endTimedOut && pair.now == seconds(11))
    }

    // MARK: Silence

    @Test func idleConnection_IsKeptAliveWithLittle() throws {
        var pair = try ConnectionPair()
        try pair.asking.ask([500_000], at: 0)
        try pair.run(until: seconds(3600))
        #expect(pair.asking.end == nil && pair.answering.end == nil && pair.asking.right == 1)
        let counters = pair.answering.connection.channel.counters
        #expect(710...720 ~= counters.keepAlivesSent)
        #expect(pair.asking.connection.bufferBytes < 4096 && pair.answering.connection.bufferBytes < 4096)
    }

    @Test func peerThatVanishes_IsNoticed() throws {
        var pair = try ConnectionPair()
        try pair.run(until: seconds(12))
        pair.answering.hasVanished = true
        try pair.run(until: seconds(120)) { $0.asking.end != nil }
        #expect(pair.asking.end == .timedOut)
        #expect(pair.now < seconds(50))
    }

    @Test func peerThatNeverShowsItsKeys_IsGivenUp() throws {
        var pair = try ConnectionPair()
        pair.asking.hasVanished = true
        try pair.run(until: seconds(60)) { $0.answering.end != nil }
        #expect(pair.answering.end == .notConfirmed && pair.now == seconds(20))
    }

    @Test func requestWithoutAnAnswer_TimesOutAndALateAnswerIsNobodys() throws {
        var pair = try ConnectionPair()
        pair.answering.answers = false
        try pair.asking.ask([1], timeout: seconds(5), at: 0)
        try pair.run(until: seconds(4.9))
        #expect(pair.asking.unanswered.isEmpty)
        try pair.run(until: seconds(6))
        #expect(pair.asking.unanswered == [1] && pair.asking.connection.channel.counters.requestsTimedOut == 1)
        let request = try #require(pair.answering.requests.first)
        pair.answering.connection.channel.answer(request.id, on: request.channel, with: .success([1]))
        try pair.run(until: seconds(7))
        #expect(pair.asking.answered == 0 && pair.asking.end == nil)
    }

    // MARK: Damage

    @Test func bytesChangedOnTheWay_EndTheConnection() throws {
        var pair = try ConnectionPair()
        try pair.asking.ask([200_000], at: 0)
        pair.onTheWayBack = { datagram in
            guard datagram.count > 1000 else { return datagram }
            var datagram = datagram
            datagram[700] ^= 1
            return datagram
        }
        try pair.run(until: seconds(10)) { $0.bothAreOver }
        #expect(pair.asking.end == .stream(.notAuthentic) && pair.answering.end == .reset)
        #expect(pair.asking.unanswered == [1])
    }

    /// Its first packet is lost, or late. Only of who has called nobody knows that it is there.
    @Test(arguments: [nil, 3]) func peerThatWasCalled_HearsAtOnceWhatIsMissing(unheardPacketsMax: Int?) throws {
        var configuration = UDXConfiguration()
        configuration.unheardPacketsMax = unheardPacketsMax
        var connection = PeerConnection(serving: Answers.serving, at: 0)
        connection.begin(
            try NoiseSession.pair().0, over: UDXStream(id: 7, remoteID: 8, configuration: configuration), at: 0)
        var datagram: [UInt8] = []
        UDXPacket(.data, streamID: 7, window: 1 << 20, sequence: 1, next: 0, payload: [1]).write(to: &datagram)
        connection.receive(datagram[...], at: 0)
        var batch = DatagramBatch()
        connection.poll(at: 0, into: &batch)
        let hasRanges = try batch.contains { try UDXPacket($0).kinds.contains(.ranges) }
        #expect(hasRanges == (unheardPacketsMax == nil))
    }

    @Test func peerOfAnotherHandshake_IsNotListenedTo() throws {
        var pair = try ConnectionPair()
        pair.answering = try ConnectionPair().answering
        try pair.asking.ask([1], at: 0)
        try pair.run(until: seconds(10)) { $0.bothAreOver }
        #expect([pair.asking.end, pair.answering.end].contains(.stream(.notThePeer)))
    }
}
