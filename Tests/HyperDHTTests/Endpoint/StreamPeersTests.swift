import Testing

@testable import HyperDHT

struct StreamPeersTests {
    @Test(arguments: 0..<20)
    func requestsOfBothSides_AreAnswered_AndBothEnd(seed: UInt64) throws {
        var talk = StreamPeersTalk(seed: seed)
        let stream = try talk.open()
        #expect(talk.calling.told == ["1 opened bridge:443"] && talk.called.told == ["1 opened 10.0.0.1"])
        guard case .opened(_, let there)? = talk.calling.events.first,
            case .opened(_, let here)? = talk.called.events.first
        else { return }
        #expect(there.key == talk.called.keys.publicKey && there.server == nil)
        #expect(here.key == talk.calling.keys.publicKey && here.server == talk.called.keys.publicKey)
        try talk.calling.ask(stream.caller, [0, 1_000_000], at: 0)
        try talk.called.ask(stream.called, [300_000], at: 0)
        try talk.exchange()
        #expect(talk.calling.told.filter { $0.contains("answer") } == ["1 answer 1: 0", "1 answer 2: 1000000"])
        #expect(talk.called.told.filter { $0.contains("answer") } == ["1 answer 1: 300000"])
        talk.calling.peers.end(stream.caller, at: 0)
        try talk.exchange()
        for side in [talk.calling, talk.called] {
            #expect(side.told.last == "1 closed: both sides have ended")
            #expect(side.closed == [PeerNumber(1): true] && side.peers.count == 0)
        }
    }

    @Test func requestsMadeBeforeThereIsAStream_AreAnswered() throws {
        var talk = StreamPeersTalk()
        let peer = talk.connect()
        try talk.calling.ask(peer, [10], at: 0)
        try talk.settle()
        #expect(talk.calling.written.isEmpty)
        try talk.dial()
        try talk.exchange()
        #expect(talk.calling.told == ["1 opened bridge:443", "1 channel", "1 answer 1: 10"])
    }

    @Test func callerThatIsNotAdmitted_IsRefusedByName_AndGetsNoWord() throws {
        var talk = StreamPeersTalk()
        talk.admits = false
        _ = try talk.open()
        guard case .refused(let server, let caller, let address)? = talk.called.events.first else {
            Issue.record("not refused")
            return
        }
        #expect(server == talk.called.keys.publicKey && caller == talk.calling.keys.publicKey && address == "10.0.0.1")
        #expect(talk.called.told.dropFirst().map { $0.prefix(9) } == ["1 closed:"])
        #expect(talk.called.peers.counters.bytesSent == 0 && talk.called.peers.counters.notAdmitted == 1)
        #expect(talk.called.closed == [PeerNumber(1): false] && talk.called.peers.handshakeCount == 0)
        #expect(talk.calling.told == ["1 closed: the peer ended within a message"])
    }

    // MARK: No stream

    @Test func dialThatFails_EndsItsNumberWithTheReason() throws {
        var talk = StreamPeersTalk()
        let peer = talk.connect()
        try talk.calling.ask(peer, [1], at: 0)
        try talk.settle()
        #expect(talk.calling.dials == [peer])
        talk.calling.peers.dialFailed(peer, because: "bridge:443 answered 404", at: 0)
        try talk.settle()
        #expect(talk.calling.told == ["1 unanswered 1", "1 closed: bridge:443 answered 404"])
        #expect(talk.calling.closed == [peer: false] && talk.calling.peers.count == 0)
        let isWanted = talk.calling.peers.dialled(peer, address: "late", at: 0)
        #expect(!isWanted)
    }

    @Test func dialWithoutAnOutcome_IsGivenUp() throws {
        var talk = StreamPeersTalk()
        let peer = talk.connect()
        try talk.settle()
        while let deadline = talk.calling.peers.nextDeadline {
            talk.now = deadline
            try talk.settle()
        }
        #expect(talk.now == seconds(40) && talk.calling.closed == [peer: false])
        #expect(talk.calling.told == ["1 closed: the peer has not shown in time that it has the keys"])
    }

    @Test func badKey_IsNotDialled() throws {
        var talk = StreamPeersTalk()
        let nobody = PublicKey(Bytes32(filling: [UInt8](repeating: 0, count: 32)))
        let peer = talk.calling.peers.connect(to: nobody, as: talk.calling.keys, serving: [:], at: 0)
        try talk.settle()
        #expect(talk.calling.told == ["\(peer.value) closed: its key is none"] && talk.calling.dials.isEmpty)
    }

    // MARK: Bounds

    private typealias Refusal = StreamPeers.Refusal

    /// The bound, the hosts that come one after the other, and what becomes of the last of them.
    @Test(
        arguments: [
            (\.peersMax, ["a", "b", "c"], .tooMany), (\.peersPerHostMax, ["a", "b", "a", "a"], .tooManyOfHost),
            (\.handshakesMax, ["a", "b", "c"], .tooManyHandshakes),
            (\.handshakesPerHostMax, ["a", "b", "a", "a"], .tooManyHandshakesOfHost),
        ] as [(WritableKeyPath<StreamPeers.Bounds, Int> & Sendable, [String], StreamPeers.Refusal)])
    func streamsBeyondABound_AreRefused(
        bound: WritableKeyPath<StreamPeers.Bounds, Int> & Sendable, hosts: [String], refusal: StreamPeers.Refusal
    ) throws {
        var bounds = StreamPeers.Bounds()
        bounds[keyPath: bound] = 2
        var talk = StreamPeersTalk(bounds: bounds)
        for host in hosts.dropLast() { _ = try talk.accept(host: host) }
        #expect(throws: refusal) { _ = try talk.accept(host: hosts[hosts.count - 1]) }
        #expect(talk.called.peers.counters.refused == [refusal: 1])
        // When the others are gone, there is room.
        for number in 1..<hosts.count { talk.called.peers.lost(PeerNumber(number), at: 0) }
        try talk.settle()
        #expect(talk.called.peers.count == 0)
        _ = try talk.accept(host: hosts[hosts.count - 1])
    }

    @Test func hostThatComesTooOften_IsRefusedForAWhile() throws {
        var bounds = StreamPeers.Bounds()
        bounds.handshakeRate = RateLimitBounds(perSecond: 1, burst: 3)
        var talk = StreamPeersTalk(bounds: bounds)
        for _ in 0..<3 { _ = try talk.accept(host: "a") }
        #expect(throws: Refusal.tooOften) { _ = try talk.accept(host: "a") }
        _ = try talk.accept(host: "b")
        talk.now = seconds(1)
        _ = try talk.accept(host: "a")
    }

    @Test func whoHasShownItsKeys_LeavesItsPlaceInTheHandshake() throws {
        var bounds = StreamPeers.Bounds()
        bounds.handshakesPerHostMax = 1
        var talk = StreamPeersTalk(bounds: bounds)
        for _ in 0..<5 { _ = try talk.open() }
        #expect(talk.called.peers.count == 5 && talk.called.peers.handshakeCount == 0)
    }

    @Test func silentStreams_LeaveTheirPlacesInTime() throws {
        var talk = StreamPeersTalk()
        for number in 0..<100 { _ = try talk.accept(host: "\(number)") }
        #expect(talk.called.peers.handshakeCount == 100)
        try talk.settle()
        talk.now = try #require(talk.called.peers.nextDeadline)
        try talk.settle()
        #expect(talk.now == seconds(20) && talk.called.peers.count == 0 && talk.called.peers.handshakeCount == 0)
        #expect(talk.called.closed.count == 100 && talk.called.peers.nextDeadline == nil)
    }

    @Test func connectionsBeyondTheBound_AreNotDialled() throws {
        var bounds = StreamPeers.Bounds()
        bounds.peersMax = 1
        var talk = StreamPeersTalk(bounds: bounds)
        _ = (talk.connect(), talk.connect())
        try talk.settle()
        #expect(talk.calling.told == ["2 closed: too many connections"] && talk.calling.dials.count == 1)
    }

    // MARK: Back pressure

    @Test func noMoreIsHandedOver_ThanTheWindow() throws {
        var bounds = StreamPeers.Bounds()
        bounds.windowBytes = 1000
        var talk = StreamPeersTalk(bounds: bounds)
        let stream = try talk.open()
        try talk.calling.ask(stream.caller, [50_000], at: 0)
        try talk.carryThere(stream)
        #expect(talk.called.written[stream.called]?.count == 1000)
        talk.called.peers.wrote(300, to: stream.called, at: 0)
        try talk.settle()
        #expect(talk.called.written[stream.called]?.count == 1300)
        // More than was handed over makes no room for more than the window.
        talk.called.peers.wrote(1_000_000, to: stream.called, at: 0)
        try talk.settle()
        #expect(talk.called.written[stream.called]?.count == 2300)
        try talk.exchange()
        #expect(talk.calling.told.last == "1 answer 1: 50000")
    }

    @Test func whoIsNotTaken_IsNotRead_AndLosesNothing() throws {
        var limits = StreamConnection.limits
        limits.eventsMax = 3
        var talk = StreamPeersTalk(limits: limits)
        let stream = try talk.open()
        try talk.calling.ask(stream.caller, Array(repeating: 10, count: 10), at: 0)
        talk.calling.peers.poll(at: 0)
        var bytes: [UInt8] = []
        while let action = talk.calling.peers.nextAction() {
            if case .write(_, let more) = action { bytes += more }
        }
        // Nobody takes what has happened here.
        talk.called.peers.received(bytes[...], of: stream.called, at: 0)
        talk.called.peers.poll(at: 0)
        #expect(talk.called.peers.nextAction() == .setReading(stream.called, false))
        let isReading = talk.called.peers.isReading(stream.called)
        try talk.settle()
        let readsAgain = talk.called.peers.isReading(stream.called)
        #expect(!isReading && readsAgain && talk.called.isReading == [stream.called: true])
        try talk.exchange()
        #expect(talk.calling.told.filter { $0.contains("answer") }.count == 10)
    }

    @Test func peersWithManyEvents_KeepNobodyWaiting() throws {
        var talk = StreamPeersTalk()
        let streams = try (0..<2).map { _ in try talk.open() }
        talk.called.answers = false
        for stream in streams { try talk.calling.ask(stream.caller, [1, 1, 1], at: 0) }
        talk.called.events = []
        talk.calling.peers.poll(at: 0)
        while let action = talk.calling.peers.nextAction() {
            guard case .write(let peer, let bytes) = action else { continue }
            talk.called.peers.received(bytes, of: peer, at: 0)
        }
        try talk.settle()
        let expected = ["request 1", "request 2", "request 3"].flatMap { ["1 \($0)", "2 \($0)"] }
        #expect(talk.called.told == expected)
    }

    // MARK: Time and ends

    @Test func idlePeers_CostOneLookForEachSign() throws {
        var talk = StreamPeersTalk()
        for _ in 0..<200 { _ = try talk.open() }
        let before = talk.called.peers.counters.looks
        let end = seconds(60)
        while let next = [talk.calling.peers.nextDeadline, talk.called.peers.nextDeadline].compactMap({ $0 }).min(),
            next <= end
        {
            talk.now = next
            try talk.exchange()
        }
        #expect(talk.called.peers.count == 200 && talk.calling.peers.count == 200)
        // In 60 s each says something 12 times, hears as often, and is told that it was written.
        let looks = talk.called.peers.counters.looks - before
        #expect(looks >= 200 * 12 && looks <= 200 * 12 * 4, "\(looks)")
        #expect(talk.called.peers.deadlines.count <= 2 * 200)
    }

    @Test func peerThatFallsSilent_IsClosed() throws {
        var talk = StreamPeersTalk()
        let stream = try talk.open()
        try talk.called.ask(stream.called, [1], at: 0)
        try talk.settle()
        talk.carries = false
        while talk.called.peers.count > 0, let deadline = talk.called.peers.nextDeadline {
            talk.now = deadline
            try talk.settle()
        }
        #expect(talk.now == seconds(30))
        #expect(talk.called.told.suffix(2) == ["1 unanswered 1", "1 closed: the peer does not answer"])
        #expect(talk.called.closed == [stream.called: false])
    }

    @Test func lostStream_FailsWhatIsPending() throws {
        var talk = StreamPeersTalk()
        let stream = try talk.open()
        try talk.calling.ask(stream.caller, [1, 2], at: 0)
        talk.calling.peers.lost(stream.caller, at: 0)
        try talk.settle()
        #expect(talk.calling.told.dropFirst() == ["1 unanswered 1", "1 unanswered 2", "1 closed: reset by the peer"])
    }

    @Test func whatIsToldOfAClosedNumber_ChangesNothing() throws {
        var talk = StreamPeersTalk()
        let stream = try talk.open()
        talk.calling.peers.lost(stream.caller, at: 0)
        try talk.settle()
        let (told, peer) = (talk.calling.told, stream.caller)
        for peer in [peer, PeerNumber(77)] {
            talk.calling.peers.received([1, 2, 3], of: peer, at: 0)
            talk.calling.peers.receivedEnd(of: peer, at: 0)
            talk.calling.peers.wrote(5, to: peer, at: 0)
            talk.calling.peers.dialFailed(peer, because: "", at: 0)
            talk.calling.peers.lost(peer, at: 0)
            talk.calling.peers.end(peer, at: 0)
            let (value, isWanted) = (
                talk.calling.peers.withChannel(of: peer) { _ in 1 },
                talk.calling.peers.dialled(peer, address: "", at: 0)
            )
            #expect(value == nil && !isWanted && !talk.calling.peers.isReading(peer))
        }
        try talk.settle()
        #expect(talk.calling.told == told && !talk.calling.peers.isPollDue)
    }

    /// The end has time as long as something of what was said goes.
    @Test func slowStream_HasTimeForWhatWasSaidBeforeTheEnd() throws {
        var talk = StreamPeersTalk()
        let stream = try talk.open()
        try talk.calling.ask(stream.caller, [100_000], at: 0)
        try talk.carryThere(stream)
        talk.called.peers.end(stream.called, at: 0)
        try talk.settle()
        #expect(talk.called.ended == [stream.called])
        for step in 1...10 {
            talk.now = Int64(step) * 9_000_000_000
            let gone = (talk.called.written[stream.called] ?? []).prefix(9_000)
            talk.called.written[stream.called]?.removeFirst(gone.count)
            talk.calling.peers.received(gone, of: stream.caller, at: talk.now)
            talk.called.peers.wrote(gone.count, to: stream.called, at: talk.now)
            try talk.carryThere(stream)
        }
        #expect(talk.called.peers.count == 1)
        talk.now = seconds(100)
        try talk.settle()
        #expect(talk.called.told.last == "1 closed: the peer did not end in time")
    }
}
