import Testing

@testable import HyperDHT

/// Peers that say nothing, for a while or for ever.
struct UDXSilenceTests {
    private static func pair(
        bytes: Int = 200_000, blackout: Range<Int64>? = nil, _ configuration: UDXConfiguration = UDXConfiguration()
    ) -> SimulatedPair {
        var numbers = SeededNumbers(seed: 5)
        let (left, right) = SimulatedPair.streams(configuration)
        let conditions = SimulatedLink.Conditions(
            loss: 0.01, delay: 30_000_000, bytesPerSecond: 500_000, blackouts: blackout.map { [$0] } ?? [])
        return SimulatedPair(
            SimulatedEnd(left, sends: numbers.bytes(bytes)), SimulatedEnd(right, sends: numbers.bytes(bytes)),
            conditions)
    }

    @Test func blackoutOfTwentySeconds_IsSurvived() {
        var pair = Self.pair(blackout: seconds(0.2)..<seconds(20.2))
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.left.closed == .ended && pair.right.closed == .ended)
        #expect(pair.right.incoming == pair.left.outgoing && pair.left.incoming == pair.right.outgoing)
        #expect(pair.now < seconds(26), "it goes on soon after")
        let resent = pair.left.stream.counters.packetsResent
        #expect(resent < 80, "\(resent): a silent path is not flooded")
    }

    @Test func blackoutOfFortySeconds_EndsBothEnds() {
        var pair = Self.pair(blackout: seconds(0.2)..<seconds(40.2))
        pair.run(until: seconds(60)) { $0.bothAreClosed }
        #expect(pair.left.closed == .timedOut && pair.right.closed == .timedOut)
        #expect(pair.now < seconds(31))
        #expect(pair.left.stream.counters.timeouts == 1)
    }

    @Test func peerThatVanishesInATransfer_IsNoticed() {
        var pair = Self.pair()
        pair.run(until: seconds(0.3))
        let sent = pair.left.stream.counters.packetsSent
        pair.right.hasVanished = true
        pair.run(until: seconds(120))
        #expect(pair.left.closed == .timedOut)
        #expect(seconds(50)...seconds(52) ~= pair.now, "it lingers, and is then forgotten")
        #expect(pair.left.stream.isFinished)
        #expect(pair.left.stream.counters.packetsSent - sent < 90)
    }

    @Test func idleStream_SaysNothing() {
        let talk = UDXTalk()
        _ = talk.write(1)
        _ = talk.acknowledge(1)
        #expect(talk.stream.nextDeadline == nil)
        #expect(talk.poll(until: talk.now + seconds(100_000)).isEmpty && talk.stream.isOpen)
    }

    @Test func heartbeat_FindsOutThatThePeerIsGone() {
        var configuration = UDXConfiguration()
        configuration.heartbeatInterval = seconds(5)
        var pair = Self.pair(bytes: 0, configuration)
        (pair.left.closing, pair.right.closing) = (.never, .never)
        pair.run(until: seconds(100))
        #expect(pair.left.stream.isOpen && pair.right.stream.isOpen)
        #expect(15...45 ~= pair.left.stream.counters.packetsSent, "about one in five seconds from each, and its answer")
        pair.right.hasVanished = true
        pair.run(until: seconds(200))
        #expect(pair.left.closed == .timedOut)
        #expect(pair.left.stream.counters.packetsSent < 70)
    }

    @Test func restartedPeer_IsNotTakenForTheOldOne() {
        let talk = UDXTalk()
        for number in 0..<20 as Range<UInt32> {
            _ = talk.send(.data, [1], next: 0)
            _ = talk.write(1)
            _ = talk.acknowledge(number + 1)
        }
        talk.now += seconds(1)
        _ = talk.write(1)
        // It begins again: nothing of it is new, and nothing of ours is acknowledged.
        #expect(talk.send(.data, [2], next: 0, at: 0).map(\.next) == [20])
        _ = talk.poll(until: talk.now + seconds(31))
        #expect(talk.events().last == .closed(.timedOut))
        #expect(talk.read() == [UInt8](repeating: 1, count: 20))
    }
}
