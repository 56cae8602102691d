import Testing

@testable import HyperDHT

/// Two ends, and what is on the way between them.
struct MuxPair {
    var a: Mux
    var b: Mux

    init(a: Set<ChannelName> = [], b: Set<ChannelName> = [], limits: Mux.Limits = .init()) {
        (self.a, self.b) = (Mux(serving: a, limits: limits), Mux(serving: b, limits: limits))
    }

    /// Takes what A has to say to B; then the other way round, until nobody has anything to say.
    mutating func exchange() throws -> (atA: [Mux.Event], atB: [Mux.Event]) {
        var events: (atA: [Mux.Event], atB: [Mux.Event]) = ([], [])
        while true {
            let (toB, toA) = (a.takeFrames(), b.takeFrames())
            if toB.isEmpty && toA.isEmpty { return events }
            for frame in toB { events.atB += try b.receive(frame[...]) }
            for frame in toA { events.atA += try a.receive(frame[...]) }
        }
    }
}

struct MuxTests {
    private let name = ChannelName("p")

    @Test func servedName_IsOpenedOnBothSides() throws {
        var pair = MuxPair(b: [name])
        let channel = try pair.a.open(name, handshake: [7])
        pair.a.send(channel, type: 3, body: [1, 2])
        let events = try pair.exchange()
        #expect(events.atA == [.opened(channel, name, handshake: [])])
        guard case .opened(let other, name, [7]) = events.atB.first else {
            Issue.record("\(events.atB)")
            return
        }
        #expect(events.atB.dropFirst() == [.message(other, type: 3, body: [1, 2])])
        pair.b.send(other, type: 0, head: [5], body: [6])
        #expect(try pair.exchange().atA == [.message(channel, type: 0, body: [5, 6])])
    }

    @Test func nameOpenedByBothAtOnce_IsOneChannel() throws {
        var pair = MuxPair()
        let (one, two) = (try pair.a.open(name), try pair.b.open(name))
        let events = try pair.exchange()
        #expect(events.atA == [.opened(one, name, handshake: [])] && events.atB == [.opened(two, name, handshake: [])])
        #expect(pair.a.openCount == 1 && pair.b.openCount == 1)
    }

    @Test func unknownName_IsRefusedAndTheRestGoesOn() throws {
        var pair = MuxPair(b: [name])
        let (unknown, other) = (ChannelName("register"), ChannelName("p", id: [1]))
        let (first, second, third) = (try pair.a.open(unknown), try pair.a.open(other), try pair.a.open(name))
        pair.a.send(first, type: 0, body: [1])
        let events = try pair.exchange()
        #expect(events.atB.prefix(2) == [.refused(unknown), .refused(other)])
        #expect(
            events.atA == [.closed(first, unknown), .closed(second, other), .opened(third, name, handshake: [])])
        #expect(!pair.a.send(first, type: 0, body: [1]) && pair.a.openCount == 1)
    }

    @Test func servedNameThatIsOpen_IsRefusedASecondTime() throws {
        var pair = MuxPair(b: [name])
        _ = try (pair.a.open(name), pair.a.open(name))
        #expect(try pair.exchange().atB.contains(.refused(name)))
    }

    @Test func close_IsSeenByTheOther() throws {
        var pair = MuxPair(b: [name])
        let channel = try pair.a.open(name)
        let opened = try pair.exchange()
        pair.a.close(channel)
        pair.a.close(channel)
        #expect(pair.a.send(channel, type: 0) == false)
        let events = try pair.exchange()
        #expect(events.atA.isEmpty && events.atB.count == 1)
        guard case .opened(let other, _, _) = opened.atB.first else { return }
        #expect(events.atB == [.closed(other, name)])
        #expect(pair.a.openCount == 0 && pair.b.openCount == 0)
    }

    @Test func closeByBothAtOnce_IsSaidToNobody() throws {
        var pair = MuxPair()
        let (one, two) = (try pair.a.open(name), try pair.b.open(name))
        _ = try pair.exchange()
        pair.a.close(one)
        pair.b.send(two, type: 0, body: [1])
        pair.b.close(two)
        let events = try pair.exchange()
        #expect(events.atA.isEmpty && events.atB.isEmpty)
    }

    @Test func closeBeforeTheAnswer_EndsTheChannelOnBothSides() throws {
        var pair = MuxPair(b: [name])
        pair.a.close(try pair.a.open(name))
        let events = try pair.exchange()
        #expect(events.atA.isEmpty && events.atB.count == 2 && pair.a.openCount == 0 && pair.b.openCount == 0)
        let again = try pair.a.open(name)
        #expect(try pair.exchange().atA == [.opened(again, name, handshake: [])])
    }

    @Test func closeBeforeTheRefusal_IsNoError() throws {
        var pair = MuxPair()
        pair.a.close(try pair.a.open(name))
        let events = try pair.exchange()
        #expect(events.atA.isEmpty && events.atB == [.refused(name)])
    }

    @Test func numbers_AreUsedAgain() throws {
        var limits = Mux.Limits()
        limits.channelsMax = 2
        var pair = MuxPair(b: [name], limits: limits)
        for round in 0..<10 {
            let channel = try pair.a.open(round % 3 == 0 ? ChannelName("unknown") : name)
            _ = try pair.exchange()
            pair.a.close(channel)
            _ = try pair.exchange()
        }
    }

    @Test func handleOfAnEarlierChannel_IsNotTheLaters() throws {
        var pair = MuxPair(b: [name])
        let first = try pair.a.open(name)
        _ = try pair.exchange()
        pair.a.close(first)
        let second = try pair.a.open(name)
        _ = try pair.exchange()
        #expect(first != second && !pair.a.send(first, type: 0) && pair.a.send(second, type: 0))
        pair.a.close(first)
        #expect(pair.a.openCount == 1)
    }

    @Test func messagesOnTheWay_AreDroppedAfterTheClose() throws {
        var mux = Mux(serving: [name])
        _ = try mux.receive(MuxFrame.open(channel: 1, name: name, handshake: []).bytes[...])
        #expect(try mux.receive(MuxFrame.close(channel: 1).bytes[...]).count == 1)
        for frame in [
            MuxFrame.data(channel: 1, type: 0, body: []), .data(channel: 9, type: 0, body: []), .close(channel: 1),
        ] {
            #expect(try mux.receive(frame.bytes[...]).isEmpty)
        }
    }

    @Test(
        arguments: [
            // A number left out, one that is open already, and refusals of what was not opened.
            [MuxFrame.open(channel: 2, name: ChannelName("p"), handshake: [])],
            [
                .open(channel: 1, name: ChannelName("p"), handshake: []),
                .open(channel: 1, name: ChannelName("q"), handshake: []),
            ],
            [.reject(channel: 1)], [.reject(channel: 0)],
            [.open(channel: 1, name: ChannelName("p"), handshake: []), .reject(channel: 1)],
        ] as [[MuxFrame]])
    func framesOutOfOrder_AreAnError(frames: [MuxFrame]) throws {
        var mux = Mux(serving: [ChannelName("p")])
        for frame in frames.dropLast() { _ = try mux.receive(frame.bytes[...]) }
        let last = try #require(frames.last).bytes
        do {
            _ = try mux.receive(last[...])
            Issue.record("\(frames) are taken")
        } catch {
            guard case MuxError.outOfOrder = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func openOfTheControlChannel_IsRefused() throws {
        var mux = Mux(serving: [name])
        #expect(try mux.receive(MuxFrame.open(channel: 0, name: name, handshake: []).bytes[...]) == [.refused(name)])
        #expect(mux.takeFrames() == [MuxFrame.reject(channel: 0).bytes])
    }

    @Test func channels_AreBounded() throws {
        var limits = Mux.Limits()
        limits.channelsMax = 3
        var mux = Mux(serving: Set((0..<9).map { ChannelName("\($0)") }), limits: limits)
        for number in 1...3 {
            let frame = MuxFrame.open(channel: number, name: ChannelName("\(number)"), handshake: [])
            _ = try mux.receive(frame.bytes[...])
        }
        #expect(throws: MuxError.tooManyChannels(max: 3)) {
            try mux.receive(MuxFrame.open(channel: 4, name: ChannelName("4"), handshake: []).bytes[...])
        }
        #expect(throws: MuxError.tooManyChannels(max: 3)) { try mux.open(ChannelName("own")) }
    }

    @Test func answersToOneFrame_AreBounded() throws {
        var limits = Mux.Limits()
        limits.answersMax = 5
        var mux = Mux(limits: limits)
        let open = MuxFrame.open(channel: 1, name: name, handshake: [])
        #expect(try mux.receive(MuxFrame.batch(Array(repeating: open, count: 5)).bytes[...]).count == 5)
        #expect(throws: MuxError.tooManyAnswers(max: 5)) {
            try mux.receive(MuxFrame.batch(Array(repeating: open, count: 6)).bytes[...])
        }
    }

    @Test func damagedFrames_ThrowOrAnswer() throws {
        var pair = MuxPair(b: [name])
        let channel = try pair.a.open(name)
        pair.a.send(channel, type: 0, body: [1, 2, 3])
        let frames = pair.a.takeFrames()
        let batch = MuxFrame.batch([
            .open(channel: 2, name: ChannelName("q"), handshake: []), .data(channel: 2, type: 0, body: [4]),
            .close(channel: 2), .close(channel: 1), .reject(channel: 1),
        ]).bytes
        var mux = Mux(serving: [name])
        throwsOrAnswers(frames + [batch, MuxFrame.close(channel: 1).bytes]) { bytes in
            do {
                _ = try mux.receive(bytes[...])
                _ = mux.takeFrames()
                #expect(mux.openCount <= mux.limits.channelsMax)
            } catch {
                mux = Mux(serving: [name])
                throw error
            }
        }
    }

    /// Both ends open, close and send at random, with frames on the way all the time: nobody breaks the rules, and in
    /// the end both have the same channels.
    @Test(arguments: 0..<100) func endsThatKeepToTheRules_StayInStep(seed: Int) throws {
        var numbers = Damage.Numbers(seed: UInt64(seed))
        let names = ["a", "b", "c"].map { ChannelName($0) }
        var ends = [Mux(serving: [names[0], names[1]]), Mux(serving: [names[1]])]
        var ways: [[[UInt8]]] = [[], []]
        var handles: [[Mux.Channel]] = [[], []]
        func take(_ end: Int, _ count: Int) throws {
            for frame in ways[1 - end].prefix(count) {
                for case .opened(let channel, _, _) in try ends[end].receive(frame[...]) {
                    handles[end].append(channel)
                }
            }
            ways[1 - end].removeFirst(min(count, ways[1 - end].count))
            ways[end] += ends[end].takeFrames()
        }
        for _ in 0..<300 {
            let end = Int.random(in: 0...1, using: &numbers)
            switch Int.random(in: 0..<4, using: &numbers) {
            case 0: handles[end].append(try ends[end].open(try #require(names.randomElement(using: &numbers))))
            case 1: if let channel = handles[end].randomElement(using: &numbers) { ends[end].close(channel) }
            case 2: if let channel = handles[end].randomElement(using: &numbers) { ends[end].send(channel, type: 0) }
            default: break
            }
            ways[end] += ends[end].takeFrames()
            try take(Int.random(in: 0...1, using: &numbers), Int.random(in: 0...3, using: &numbers))
            if ends[end].openCount > 40 { for channel in handles[end] { ends[end].close(channel) } }
        }
        while !ways[0].isEmpty || !ways[1].isEmpty { for end in 0...1 { try take(end, 1000) } }
        #expect(ends[0].openCount == ends[1].openCount, "seed \(seed)")
    }
}
