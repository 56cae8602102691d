import Testing

@testable import HyperDHT

/// What a stream sends, and when it sends it again.
struct UDXSendingTests {
    /// A stream that knows its path: `roundTrip` there and back.
    private static func talk(roundTrip: Int64 = 100_000_000) -> UDXTalk {
        let talk = UDXTalk()
        for number in 0..<8 as Range<UInt32> {
            #expect(talk.write(1).map(\.sequence) == [number])
            talk.now += roundTrip
            #expect(talk.acknowledge(number + 1).isEmpty)
        }
        return talk
    }

    @Test func written_IsCutIntoPackets() {
        let talk = UDXTalk()
        let packets = talk.write(1152 * 2 + 5)
        #expect(packets.map(\.payload.count) == [1152, 1152, 5])
        #expect(packets.map(\.sequence) == [0, 1, 2])
        #expect(packets.allSatisfy { $0.kinds == .data && $0.window == 1 << 20 })
    }

    @Test func firstFlight_IsTenPackets() {
        let talk = UDXTalk()
        #expect(talk.write(100_000).count == 10)
        #expect(talk.acknowledge(2).count == 4, "two have left the path, and the window has grown by two")
    }

    @Test func silence_IsAnsweredWithTheOldestPackets() {
        let talk = UDXTalk()
        _ = talk.write(5 * 1152)
        #expect(talk.stream.nextDeadline == talk.now + seconds(1))
        #expect(talk.poll(until: talk.now + seconds(0.99)).isEmpty)
        #expect(talk.poll(until: talk.now + seconds(0.01)).map(\.sequence) == [0, 1])
        #expect(talk.poll(until: talk.now + seconds(1.99)).isEmpty, "twice as patient")
        #expect(talk.poll(until: talk.now + seconds(0.01)).map(\.sequence) == [0, 1])
        #expect(talk.poll(until: talk.now + seconds(3)).map(\.sequence) == [0, 1], "and not beyond three seconds")
        #expect(talk.stream.counters.packetsResent == 6)
    }

    @Test func lastPacket_IsSentAgainSoonerThanAfterATimeout() {
        let talk = Self.talk()
        _ = talk.write(1)
        let sentAt = talk.now
        #expect(talk.poll(until: sentAt + seconds(0.25)).map(\.sequence) == [8])
        #expect(talk.poll(until: sentAt + seconds(0.3)).isEmpty)
        #expect(talk.poll(until: sentAt + seconds(0.6)).map(\.sequence) == [8])
    }

    @Test func gap_IsFilledAfterAQuarterOfARoundTrip() {
        let talk = Self.talk()
        #expect(talk.write(4 * 1152).count == 4)
        talk.now += 100_000_000
        #expect(talk.acknowledge(8, [UDXRange(start: 9, end: 10)]).isEmpty, "it may only be late")
        #expect(talk.poll(until: talk.now + 24_000_000).isEmpty)
        #expect(talk.poll(until: talk.now + 1_000_000).map(\.sequence) == [8])
        #expect(talk.poll(until: talk.now + 50_000_000).isEmpty, "the others were sent after what has arrived")
    }

    @Test func gapsThatAPeerHasNoRoomToReport_AreNotTakenForLosses() {
        let talk = Self.talk(roundTrip: 10_000_000)
        var next: UInt32 = 8
        while talk.stream.sender.congestion.packets < 200 {
            next += UInt32(talk.write(1152 * talk.stream.sender.congestion.packets).count)
            while let deadline = talk.stream.nextDeadline, deadline < talk.now + 10_000_000 {
                talk.now = max(talk.now, deadline)
                next += UInt32(talk.poll().count)
            }
            talk.now += 10_000_000
            _ = talk.acknowledge(next)
        }
        let first = next
        _ = talk.write(200 * 1152)
        _ = talk.poll(until: talk.now + 10_000_000)
        // Of two hundred every other one has arrived; the peer reports fifty of these.
        func ranges(from start: UInt32) -> [UDXRange] {
            (0..<50).map { UDXRange(start: start + 2 * $0 + 1, end: start + 2 * $0 + 2) }
        }
        var resent = talk.acknowledge(first, ranges(from: first))
        resent += talk.poll(until: talk.now + 11_000_000)
        #expect(resent.first?.sequence == first && resent.count > 10)
        // The first of what was sent again has arrived: it went out later than all that nothing is known of.
        resent += talk.acknowledge(first + 2, ranges(from: first + 2))
        resent += talk.poll(until: talk.now + 9_000_000)
        #expect(resent.allSatisfy { $0.sequence < first + 102 })
    }

    @Test func packetsThatOvertakeEachOther_AreGivenMoreTime() {
        let talk = Self.talk()
        var waits: [Int64] = []
        for round in 0..<3 as Range<UInt32> {
            let first = 8 + round * 2
            #expect(talk.write(2 * 1152).count == 2)
            talk.now += 100_000_000
            _ = talk.acknowledge(first, [UDXRange(start: first + 1, end: first + 2)])
            let askedAt = talk.now
            while talk.poll().isEmpty { talk.now = talk.stream.nextDeadline ?? .max }
            waits.append(talk.now - askedAt)
            // It was only late: the answer comes sooner than a round trip after the second transmission.
            talk.now += 1_000_000
            _ = talk.acknowledge(first + 2)
        }
        #expect(waits == [25_000_000, 50_000_000, 75_000_000])
    }

    @Test func timeOfAPacketSentTwice_IsNotTakenForTheRoundTrip() {
        let talk = UDXTalk()
        _ = talk.write(3 * 1152)
        _ = talk.poll(until: talk.now + seconds(1))
        talk.now += 10_000_000
        _ = talk.acknowledge(3)
        #expect(talk.stream.sender.path.smoothed == nil)
        _ = talk.write(1)
        talk.now += 10_000_000
        _ = talk.acknowledge(4)
        #expect(talk.stream.sender.path.smoothed == 10_000_000)
    }

    @Test func sendQueue_HasABoundAndSaysWhenThereIsRoom() {
        var configuration = UDXConfiguration()
        configuration.sendBytesMax = 4 * 1152
        let talk = UDXTalk(configuration)
        let bytes = [UInt8](repeating: 1, count: 10_000)
        #expect(talk.stream.write(bytes[...]) == 4 * 1152)
        #expect(talk.stream.write(bytes[...]) == 0)
        #expect(talk.poll().count == 4 && talk.stream.unsentBytes == 4 * 1152)
        _ = talk.acknowledge(1)
        #expect(talk.events().isEmpty, "half of it first")
        _ = talk.acknowledge(2)
        #expect(talk.events() == [.writable])
        #expect(talk.stream.write(bytes[...]) == 2 * 1152)
    }

    @Test func windowOfThePeer_IsNeverExceeded() {
        let talk = Self.talk()
        talk.window = 3000
        #expect(talk.acknowledge(8).isEmpty)
        #expect(talk.write(10_000).map(\.payload.count) == [1152, 1152])
        #expect(talk.acknowledge(9).map(\.payload.count) == [1152])
        talk.window = 1152
        #expect(talk.acknowledge(10).isEmpty)
        #expect(talk.acknowledge(11).count == 1)
    }

    @Test func closedWindow_IsTriedWithOnePacket() {
        let talk = Self.talk()
        talk.window = 0
        _ = talk.acknowledge(8)
        #expect(talk.write(5000).isEmpty)
        let first = talk.poll(until: talk.now + seconds(1))
        #expect(first.map(\.sequence).allSatisfy { $0 == 8 } && 1...3 ~= first.count)
        #expect(talk.poll(until: talk.now + seconds(6)).map(\.sequence).allSatisfy { $0 == 8 })
        #expect(talk.stream.isOpen)
        talk.window = 1 << 20
        #expect(talk.acknowledge(8).map(\.sequence) == [8, 9, 10, 11, 12], "at once when there is room")
    }

    @Test func peerThatKeepsItsWindowClosed_IsGivenUpInTheEnd() {
        let talk = Self.talk()
        talk.window = 0
        _ = talk.acknowledge(8)
        _ = talk.write(5000)
        let start = talk.now
        while talk.stream.isOpen, talk.now < start + seconds(300) {
            _ = talk.poll(until: talk.now + seconds(1))
            _ = talk.acknowledge(8)
        }
        #expect(seconds(119)...seconds(122) ~= talk.now - start)
        #expect(talk.events().last == .closed(.timedOut))
        #expect(talk.stream.counters.packetsResent < 60)
    }

    @Test func pause_MakesTheWindowSmallAgain() {
        let talk = Self.talk(roundTrip: 1_000_000)
        var next: UInt32 = 8
        for _ in 0..<4 {
            next += UInt32(talk.write(1152 * Int(talk.stream.sender.congestion.packets)).count)
            talk.now += 1_000_000
            next += UInt32(talk.poll().count)
            _ = talk.acknowledge(next)
        }
        #expect(talk.stream.sender.congestion.packets > 20)
        talk.now += seconds(2)
        #expect(talk.write(100_000).count == 10)
    }

    @Test func manyPackets_LeaveInSeveralPolls() {
        var configuration = UDXConfiguration()
        configuration.packetsPerPoll = 4
        let talk = UDXTalk(configuration)
        #expect(talk.write(100_000).count == 4)
        #expect(talk.stream.nextDeadline == talk.now)
        #expect(talk.poll().count == 4)
        #expect(talk.poll().count == 2)
        #expect(talk.stream.nextDeadline == talk.now + seconds(1))
    }
}
