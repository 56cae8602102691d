import Testing

@testable import HyperDHT

/// What others may send while two peers try to meet.
struct HostileHoleTests {
    private typealias Scene = HolePunchingTests.Scene
    private static let seconds = SimulatedNetwork.seconds
    private static let stranger = IPv4Address(host: 0x0808_0808, port: 1_234)

    /// A server that has answered a handshake, whose caller has said nothing since; and what the caller knows.
    private struct Meeting {
        var scene: Scene
        let relay: IPv4Address
        let client: IPv4Address
        let key: Secret
        let id: UInt64
        var now: Int64 { scene.network.now }

        init(seed: UInt64) throws {
            var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: seed)
            let identity = scene.identity.publicKey
            let relay = try #require(scene.network.members[scene.server].events.compactMap(\.announcedAt).last?.first)
            let client = IPv4Address(host: 0x5001_0001, port: 41_000)
            let initiator = try NoiseInitiator(
                identity: scene.caller, remote: identity, payload: scene.clientNode.payload(7).bytes)
            let value = HandshakeMessage(mode: .fromRelay, noise: initiator.message, peerAddress: client)
            let request = DHTRequest(
                tid: 1, to: relay, command: .external(.peerHandshake), target: identity.target, value: value.bytes)
            let answers = scene.network.inject(request.bytes, from: relay, to: scene.server).filter { $0.to == relay }
            let answer = try answers.compactMap { outgoing -> [UInt8]? in
                guard case .request(let request) = try DHTDatagram(outgoing.bytes[...]), let value = request.value
                else {
                    return nil
                }
                return try HandshakeMessage(bytes: value).noise
            }
            let (payload, session) = try initiator.finish(try #require(answer.first)[...])
            key = session.holepunchKey
            id = try #require(try NoisePayload(bytes: payload).holepunch).id
            (self.scene, self.relay, self.client) = (scene, relay, client)
        }

        /// As the relay passes it on.
        func message(_ payload: HolepunchPayload, as peer: IPv4Address? = nil, id: UInt64? = nil, key: Secret? = nil)
            -> [UInt8]
        {
            let sealed = payload.sealed(under: key ?? self.key)
            let message = HolepunchMessage(
                mode: .fromRelay, id: id ?? self.id, sealed: sealed, peerAddress: peer ?? client)
            return DHTRequest(
                tid: 5, to: relay, command: .external(.peerHolepunch), target: scene.identity.publicKey.target,
                value: message.bytes
            ).bytes
        }

        /// What the server says to it: the answers, and whom it sends punches.
        mutating func say(_ bytes: [UInt8]) -> (answers: [HolepunchPayload], punched: [IPv4Address]) {
            let said = scene.network.inject(bytes, from: relay, to: scene.server)
            let answers = said.compactMap { outgoing -> HolepunchPayload? in
                guard outgoing.to == relay, case .request(let request)? = try? DHTDatagram(outgoing.bytes[...]),
                    request.tid == 5, let value = request.value,
                    let message = try? HolepunchMessage(bytes: value), message.mode == .fromServer
                else { return nil }
                return try? HolepunchPayload.open(message.sealed[...], under: key)
            }
            return (answers, said.filter { $0.bytes == Punch.bytes }.map(\.to))
        }

        mutating func punch(from: IPv4Address) -> [DHTOutgoing] {
            scene.network.inject(Punch.bytes, from: from, to: scene.server).filter { $0.bytes == Punch.bytes }
        }

        var drops: [DHTDrop: Int] { scene.serverNode.counters.dropped }
    }

    private static func opening(_ address: IPv4Address?) -> HolepunchPayload {
        var payload = HolepunchPayload()
        (payload.firewall, payload.remoteAddress) = (.consistent, address)
        return payload
    }

    private static func proposal(_ addresses: [IPv4Address], token: Bytes32? = nil) -> HolepunchPayload {
        var payload = HolepunchPayload()
        (payload.isPunching, payload.firewall, payload.round) = (true, .consistent, 1)
        (payload.addresses, payload.remoteToken) = (addresses, token)
        return payload
    }

    @Test func serverPunches_OnlyWhereItIsMeant() throws {
        var meeting = try Meeting(seed: 1)
        let own = try #require(meeting.scene.serverNode.publicAddress)
        let elsewhere = meeting.say(meeting.message(Self.opening(Self.stranger)))
        #expect(elsewhere.punched.isEmpty && elsewhere.answers.count == 1)
        let (answers, punched) = meeting.say(meeting.message(Self.opening(own)))
        #expect(punched == [meeting.client])
        let answer = try #require(answers.first)
        #expect(answers.count == 1 && answer.addresses == [own] && answer.firewall == .consistent)
        #expect(answer.token != nil && answer.remoteToken == nil && !answer.isPunching && answer.round == 0)
    }

    @Test func forgedMessages_AreDropped() throws {
        var meeting = try Meeting(seed: 2)
        let own = try #require(meeting.scene.serverNode.publicAddress)
        let payload = Self.opening(own)
        let inside = IPv4Address(host: 0x7F00_0001, port: 9)
        let forged: [([UInt8], DHTDrop)] = [
            (meeting.message(payload, key: .random(32)), .notAuthentic),
            (meeting.message(payload, id: meeting.id + 1), .holepunch),
            (meeting.message(payload, id: 0), .holepunch), (meeting.message(payload, as: inside), .holepunch),
        ]
        for (bytes, reason) in forged {
            let before = meeting.drops[reason, default: 0]
            let (answers, punched) = meeting.say(bytes)
            #expect(answers.isEmpty && punched.isEmpty && meeting.drops[reason] == before + 1)
        }
        let (_, punched) = meeting.say(meeting.message(payload))
        #expect(punched == [meeting.client])
    }

    @Test func messagesOfOneCaller_AreBounded() throws {
        var meeting = try Meeting(seed: 3)
        let own = try #require(meeting.scene.serverNode.publicAddress)
        var (answers, punches) = (0, 0)
        for _ in 0..<1_000 {
            let said = meeting.say(meeting.message(Self.opening(own)))
            (answers, punches) = (answers + said.answers.count, punches + said.punched.count)
        }
        #expect(answers == Punch.messagesMax && punches == Punch.messagesMax)
        #expect(meeting.drops[.holepunch] == 1_000 - Punch.messagesMax)
    }

    @Test(arguments: [true, false]) func addressesThatNobodyVouchesFor_GetFewPunches(tokenIsOurs: Bool) throws {
        var meeting = try Meeting(seed: 4)
        let victims = (1...40).map { IPv4Address(host: 0x2E00_0000 + UInt32($0), port: 80) }
        let own = try #require(meeting.scene.serverNode.publicAddress)
        let said = meeting.say(meeting.message(Self.opening(own)))
        let token = tokenIsOurs ? try #require(said.answers.first?.token) : .zero
        for _ in 0..<20 { _ = meeting.say(meeting.message(Self.proposal(victims, token: token))) }
        let start = meeting.now
        var punched: [UInt32: Int] = [:]
        for tick in 1...(4 * 40) {
            var outgoing: [DHTOutgoing] = []
            meeting.scene.network.members[meeting.scene.server].node.poll(
                at: start + Int64(tick) * Self.seconds / 4, into: &outgoing)
            for datagram in outgoing where datagram.bytes == Punch.bytes { punched[datagram.to.host, default: 0] += 1 }
        }
        // Where the token shows that it is the caller, each second; to three others, a few times.
        #expect(punched[meeting.client.host] == (tokenIsOurs ? Punch.rounds : 3))
        let others = punched.filter { $0.key != meeting.client.host }
        #expect(others.count == Punch.addressesMax - 1 && others.values.allSatisfy { $0 == 3 })
    }

    @Test func punchesOfStrangers_AreNotAnswered() throws {
        var meeting = try Meeting(seed: 5)
        let size = meeting.scene.serverNode.size
        for number in 0..<10_000 {
            let answers = meeting.punch(from: IPv4Address(host: 0x2F00_0000 + UInt32(number), port: 7))
            #expect(answers.isEmpty)
        }
        #expect(meeting.drops[.punch] == 10_000 && meeting.scene.serverNode.size == size)
        #expect(meeting.scene.serverNode.counters.punchesSent == 0)
        // The caller's are, and not for ever.
        let answered = (0..<1_000).count { _ in meeting.punch(from: meeting.client).map(\.to) == [meeting.client] }
        #expect(answered == Punch.answersMax)
    }

    @Test func punch_ComesFromSomewhere() throws {
        var meeting = try Meeting(seed: 6)
        for text in ["0.0.0.0:1", "8.8.8.8:0", "224.0.0.1:5", "255.255.255.255:9"] {
            let answers = meeting.punch(from: try #require(IPv4Address(text)))
            #expect(answers.isEmpty)
        }
    }

    @Test func callerThatNeverEnds_IsForgotten() throws {
        var meeting = try Meeting(seed: 7)
        let (index, message) = (meeting.scene.server, meeting.message(Self.opening(nil)))
        // It says that it still wants to come, every two seconds.
        var lasted = 0
        while lasted < 60, !meeting.scene.serverNode.visitors.isEmpty {
            _ = meeting.scene.network.inject(message, from: meeting.relay, to: index)
            meeting.scene.network.run(for: 2 * Self.seconds)
            lasted += 2
        }
        #expect(lasted == 30)
        meeting.scene.expectNothingLeft()
    }

    @Test func callersThatNeverCome_AreBounded() throws {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: 8)
        let relay = try #require(scene.network.members[scene.server].events.compactMap(\.announcedAt).last?.first)
        scene.network.members[scene.server].node.handshakesOfHosts = RateLimit(.init(perSecond: 1e6, burst: 1e6))
        scene.network.members[scene.server].node.handshakesOfRelays = RateLimit(.init(perSecond: 1e6, burst: 1e6))
        let payload = scene.clientNode.payload(7).bytes
        for _ in 0..<400 {
            let noise = try NoiseInitiator(
                identity: .random(), remote: scene.identity.publicKey, payload: payload
            ).message
            let value = HandshakeMessage(mode: .fromRelay, noise: noise, peerAddress: Self.stranger)
            let request = DHTRequest(
                tid: 1, to: relay, command: .external(.peerHandshake), target: scene.identity.publicKey.target,
                value: value.bytes)
            _ = scene.network.inject(request.bytes, from: relay, to: scene.server)
        }
        let node = scene.serverNode
        // Those beyond are told to come again.
        #expect(node.visitors.count == 256 && node.expectedPunches.count == 256 && node.visitorsByHole.count == 256)
        #expect(node.counters.dropped[.full] == 400 - 256)
        scene.network.run(for: 11 * Self.seconds)
        scene.expectNothingLeft()
    }

    /// Where the relay of its handshake is, and nobody answers there.
    private func stalled(seed: UInt64) throws -> (scene: Scene, number: Int, hole: CallersHole) {
        var scene = try Scene(client: .portRestricted, server: .portRestricted, seed: seed)
        scene.connect()
        let begins = scene.network.run(within: 5 * Self.seconds) { network in
            network.members[scene.client].node.connects.values.contains { $0.hole != nil }
        }
        #expect(begins)
        scene.network.members[scene.server].isUp = false
        let (number, connect) = try #require(scene.clientNode.connects.first)
        return (scene, number, try #require(connect.hole))
    }

    @Test func caller_TakesNoPunchOfAStranger() throws {
        var (scene, _, hole) = try stalled(seed: 9)
        for number in 0..<1_000 {
            _ = scene.network.inject(
                Punch.bytes, from: IPv4Address(host: 0x2F00_0000 + UInt32(number), port: 7), to: scene.client)
        }
        #expect(scene.network.members[scene.client].connections.isEmpty)
        #expect(scene.clientNode.counters.dropped[.punch] == 1_000)
        scene.network.expect(within: 20) { $0.members[scene.client].failures == [.noHole] }
        #expect(scene.clientNode.counters.punchesSent <= 1 + Punch.rounds * Punch.addressesMax)
        #expect(hole.hosts == [hole.server.host])
    }

    /// Another host behind the same NAT as the server may send punches too.
    @Test func punchFromTheServersOwnPort_IsPreferred() throws {
        var (scene, number, hole) = try stalled(seed: 10)
        let neighbour = IPv4Address(host: hole.server.host, port: hole.server.port &+ 9)
        for _ in 0..<5 { _ = scene.network.inject(Punch.bytes, from: neighbour, to: scene.client) }
        #expect(scene.clientNode.connects[number]?.hole?.candidate?.address == neighbour)
        _ = scene.network.inject(Punch.bytes, from: hole.server, to: scene.client)
        scene.network.run(for: Self.seconds)
        #expect(scene.network.members[scene.client].connections.map(\.remoteAddress) == [hole.server])
    }

    /// A relay may answer anything.
    @Test func answersThatTheServerDidNotSeal_GoNowhere() throws {
        var (scene, _, _) = try stalled(seed: 11)
        let relays = scene.network.members.indices.filter { $0 < 5 }
        for index in relays { scene.network.members[index].isUp = false }
        var asked = 0
        for _ in 0..<80 {
            var outgoing: [DHTOutgoing] = []
            scene.network.members[scene.client].node.poll(at: scene.network.now, into: &outgoing)
            for datagram in outgoing {
                guard case .request(let request)? = try? DHTDatagram(datagram.bytes[...]),
                    request.command == .external(.peerHolepunch)
                else { continue }
                asked += 1
                for sealed in [[], [1, 2, 3], HolepunchPayload().sealed(under: .random(32))] {
                    let message = HolepunchMessage(mode: .reply, id: 0, sealed: sealed, peerAddress: Self.stranger)
                    let answer = DHTResponse(tid: request.tid, to: datagram.to, value: message.bytes)
                    scene.network.members[scene.client].node.received(
                        answer.bytes[...], from: datagram.to, at: scene.network.now)
                }
            }
            scene.network.run(for: Self.seconds / 4)
        }
        #expect(1...Punch.asksMax ~= asked)
        #expect(scene.network.members[scene.client].failures == [.noHole])
        scene.network.run(for: 31 * Self.seconds)
        #expect(scene.clientNode.expectedPunches.count == 0 && scene.clientNode.connects.isEmpty)
    }

    /// What the server answers to round 1; `nil` stands for nothing.
    @Test(arguments: [(true, 10), (false, 3), (nil, 3)] as [(Bool?, Int)])
    func caller_PunchesAsFarAsItKnowsTheServer(givesTokenBack: Bool?, punches: Int) throws {
        var (scene, number, hole) = try stalled(seed: 13)
        for index in scene.network.members.indices { scene.network.members[index].isUp = false }
        var node = scene.clientNode
        let start = scene.network.now
        var (asked, punched) = (Int64.max, [Int64]())
        for tick in Int64(0)..<(4 * 18) {
            let now = start + tick * Self.seconds / 4
            var outgoing: [DHTOutgoing] = []
            node.poll(at: now, into: &outgoing)
            for datagram in outgoing {
                if datagram.bytes == Punch.bytes { punched.append(now) }
                guard case .request(let request)? = try? DHTDatagram(datagram.bytes[...]), let value = request.value,
                    let message = try? HolepunchMessage(bytes: value),
                    let payload = try HolepunchPayload.open(message.sealed[...], under: hole.key)
                else { continue }
                if payload.round == 1 { asked = min(asked, now) }
                guard payload.round == 0 || givesTokenBack != nil else { continue }
                var answer = HolepunchPayload()
                (answer.round, answer.firewall, answer.addresses) = (payload.round, .consistent, [hole.server])
                answer.remoteToken = givesTokenBack == true ? payload.token : .zero
                let reply = HolepunchMessage(mode: .reply, id: 0, sealed: answer.sealed(under: hole.key))
                let response = DHTResponse(tid: request.tid, to: nodeAddress(1), value: reply.bytes)
                node.received(response.bytes[...], from: datagram.to, at: now)
            }
        }
        #expect(punched.count == punches)
        // With the answer, or a second after the question.
        #expect(
            punched.first.map { $0 - asked <= (givesTokenBack == nil ? 1 : 0) * Self.seconds + Self.seconds / 4 }
                == true)
        #expect(node.connects[number] == nil)
    }

    @Test func cancelledCall_LeavesNothing() throws {
        var (scene, number, _) = try stalled(seed: 12)
        scene.network.at(scene.client) { node, _ in node.cancel(connect: number) }
        #expect(scene.clientNode.expectedPunches.count == 0)
        scene.network.run(for: 30 * Self.seconds)
        #expect(scene.network.members[scene.client].failures.isEmpty)
        #expect(scene.clientNode.counters.punchesSent == 1)
    }
}
