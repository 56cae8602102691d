import Testing

@testable import HyperDHT

/// How streams end, whatever gets lost on the way.
struct UDXClosingTests {
    private static let lossy = SimulatedLink.Conditions(loss: 0.3, delay: 20_000_000, jitter: 5_000_000)

    @Test func end_TravelsWithTheLastData() {
        let talk = UDXTalk()
        #expect(talk.stream.write([1, 2, 3]) == 3)
        talk.stream.end()
        let packets = talk.poll()
        #expect(packets.map(\.kinds) == [[.data, .end]] && packets.first?.payload == [1, 2, 3])
        #expect(talk.stream.write([4]) == 0, "nothing is taken after the end")
    }

    @Test func endWithoutData_TakesANumberOfItsOwn() {
        let talk = UDXTalk()
        _ = talk.write(3)
        talk.stream.end()
        talk.stream.end()
        let packets = talk.poll()
        #expect(
            packets.map(\.kinds) == [.end] && packets.first?.sequence == 1 && packets.first?.payload.isEmpty == true)
    }

    @Test func bothEnds_CloseTheStream() {
        let talk = UDXTalk()
        talk.stream.end()
        #expect(talk.poll().map(\.kinds) == [.end])
        #expect(talk.acknowledge(1).isEmpty && talk.events().isEmpty)
        let answers = talk.send([.data, .end], [1], next: 1)
        #expect(answers.map(\.kinds) == [[]] && answers.first?.next == 1)
        #expect(talk.events() == [.readable, .ended, .closed(.ended)])
        #expect(talk.read() == [1], "what has come can still be read")
        #expect(!talk.stream.isFinished, "the peer may not have got the answer")
        #expect(talk.send(.end, at: 0).map(\.next) == [1], "then it asks again")
        for wait in [15.0, 15] {
            _ = talk.poll(until: talk.now + seconds(wait))
            #expect(talk.send(.end, at: 0).map(\.next) == [1], "as long as it asks")
        }
        _ = talk.poll(until: talk.now + seconds(20))
        #expect(talk.stream.isFinished && talk.stream.nextDeadline == nil)
        #expect(talk.send(.end, at: 0).isEmpty)
    }

    @Test func peerThatNeverStopsAsking_IsForgottenInTheEnd() {
        let talk = UDXTalk()
        talk.stream.end()
        _ = talk.poll()
        _ = talk.send(.end, next: 1)
        for _ in 0..<70 where !talk.stream.isFinished {
            _ = talk.send(.end, at: 0)
            _ = talk.poll(until: talk.now + seconds(1))
        }
        #expect(talk.stream.isFinished && talk.stream.counters.packetsSent < 25)
    }

    @Test func halfClosedStream_StillSends() {
        let talk = UDXTalk()
        #expect(talk.send(.end).first?.next == 1)
        #expect(talk.events() == [.ended])
        #expect(talk.write(10).count == 1)
        #expect(talk.acknowledge(1).isEmpty && talk.events().isEmpty && talk.stream.isOpen)
    }

    @Test func destroy_IsSaidSeveralTimesAndToWhoeverAsks() {
        let talk = UDXTalk()
        _ = talk.write(10)
        talk.stream.destroy(at: talk.now)
        #expect(talk.events() == [.closed(.destroyed)])
        let packets = talk.poll()
        #expect(packets.map(\.kinds) == [.destroy] && packets.first?.sequence == 1)
        #expect(talk.send(.data, [1]).map(\.kinds) == [.destroy])
        #expect(talk.poll(until: talk.now + seconds(5)).map(\.kinds) == [.destroy, .destroy])
        for _ in 0..<100 { _ = talk.send(.data, [1]) }
        #expect(talk.stream.counters.packetsSent < 25, "but not for ever")
        #expect(talk.read().isEmpty)
        _ = talk.poll(until: talk.now + seconds(60))
        #expect(talk.stream.isFinished)
    }

    @Test func destroyOfThePeer_EndsAtOnce() {
        let talk = UDXTalk()
        _ = talk.send(.data, [1])
        _ = talk.write(10)
        #expect(talk.send(.destroy).isEmpty)
        #expect(talk.events() == [.readable, .closed(.reset)])
        #expect(talk.stream.isFinished && talk.stream.nextDeadline == nil)
        #expect(talk.read() == [1])
        #expect(talk.stream.write([1]) == 0)
    }

    @Test func destroyOfAnEarlierTime_IsLeftAside() {
        let talk = UDXTalk()
        _ = talk.send(.data, [1])
        _ = talk.send(.destroy, at: 0)
        _ = talk.send(.destroy, at: 100_000)
        #expect(talk.stream.isOpen)
    }

    @Test func streamThatIsDestroyedUnconnected_IsForgottenAtOnce() {
        let talk = UDXTalk(isConnected: false)
        talk.stream.destroy(at: talk.now)
        #expect(talk.poll().isEmpty && talk.stream.isFinished)
    }

    @Test func peerThatHasEndedAndIsGone_IsTakenToHaveEverything() {
        let talk = UDXTalk()
        _ = talk.send(.end)
        talk.stream.end()
        _ = talk.poll()
        _ = talk.poll(until: talk.now + seconds(21))
        #expect(talk.events() == [.ended, .closed(.ended)])
    }

    @Test func peerThatIsGoneWithoutTheData_IsNot() {
        let talk = UDXTalk()
        _ = talk.send(.end)
        _ = talk.write(10)
        talk.stream.end()
        _ = talk.poll(until: talk.now + seconds(31))
        #expect(talk.events() == [.ended, .closed(.timedOut)])
    }

    @Test func lossyPath_ClosesBothEnds() {
        for seed in 1...1000 as ClosedRange<UInt64> {
            let (left, right) = SimulatedPair.streams()
            var pair = SimulatedPair(
                SimulatedEnd(left, sends: [1]), SimulatedEnd(right, closing: seed % 2 == 0 ? .ends : .endsAfterPeer),
                Self.lossy, seed: seed)
            pair.run(until: seconds(120))
            #expect(pair.left.closed == .ended && pair.right.closed == .ended, "seed \(seed)")
            #expect(pair.left.stream.isFinished && pair.right.stream.isFinished, "seed \(seed)")
            #expect(pair.right.incoming == [1], "seed \(seed)")
            #expect(pair.left.stream.counters.packetsSent < 40, "seed \(seed)")
        }
    }
}
