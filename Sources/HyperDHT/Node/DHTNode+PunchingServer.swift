/// The side that is called.
extension DHTNode {
    /// For a caller who may not reach us without a hole: how to ask for one. `nil` where none is needed or offered.
    mutating func offerHole(_ call: Call, _ theirs: NoisePayload, _ server: Server) -> NoisePayload.Holepunch? {
        guard configuration.makesHoles, !configuration.isOpen, !call.isDirect, theirs.firewall != .open else {
            return nil
        }
        let relays = server.relays(first: call.from)
        guard !relays.isEmpty else { return nil }
        sampleOwnAddress()
        return NoisePayload.Holepunch(id: freeHoleID(), relays: Array(relays.prefix(Punch.relaysMax)))
    }

    private mutating func freeHoleID() -> UInt64 {
        while true {
            let id = UInt64(UInt32.random(in: 1...UInt32.max, using: &numbers))
            if visitorsByHole[id] == nil { return id }
        }
    }

    /// From now on its punches are answered.
    mutating func keepHole(_ offer: NoisePayload.Holepunch?, of session: NoiseSession, _ streamID: UInt32, _ call: Call)
        -> VisitorsHole?
    {
        guard let offer, expectedPunches.add(.visitor(streamID), from: call.client.host) else { return nil }
        visitorsByHole[offer.id] = streamID
        return VisitorsHole(
            id: offer.id, key: session.holepunchKey, secret: numbers.bytes32(), hosts: [call.client.host])
    }

    /// Takes a message of holepunching: as the server that it is for, or to pass it on.
    mutating func holepunch(_ request: DHTRequest, from: IPv4Address, at now: Int64) {
        guard let target = request.target, let value = request.value, value.count <= DHTWire.noiseBytesMax,
            let message = try? HolepunchMessage(bytes: value), let peer = message.peerAddress
        else { return counters.drop(.malformed) }
        guard let server = servers[target], !server.isStopping, message.mode == .fromRelay else {
            return relayHolepunch(message, request, target, from: from, at: now)
        }
        guard peer.isPlausible(from: from), let streamID = visitorsByHole[message.id],
            let visitor = visitors[streamID], visitor.server == server.identity.publicKey,
            var hole = visitor.hole, hole.messagesLeft > 0
        else { return counters.drop(.holepunch) }
        hole.messagesLeft -= 1
        visitors[streamID]?.hole = hole
        guard let payload = try? HolepunchPayload.open(message.sealed[...], under: hole.key) else {
            return counters.drop(.notAuthentic)
        }
        visitors[streamID]?.remember(until: now + Punch.lifetime)
        meet(streamID, server, at: peer, payload, from: from, at: now)
        guard payload.failure == .none else { return }
        let answer = answer(to: payload, of: hole, at: peer, isOurRelay: server.isRelay(from))
        let reply = HolepunchMessage(
            mode: .fromServer, id: 0, sealed: answer.sealed(under: hole.key), peerAddress: peer)
        send(reply.bytes, request, target, to: from)
    }

    /// Sends, or will send, what the peer asks for.
    private mutating func meet(
        _ streamID: UInt32, _ server: Server, at peer: IPv4Address, _ payload: HolepunchPayload,
        from relay: IPv4Address, at now: Int64
    ) {
        guard var hole = visitors[streamID]?.hole else { return }
        defer { visitors[streamID]?.hole = hole }
        guard payload.failure == .none else {
            hole.punches = PunchSchedule()
            return
        }
        expect(peer.host, ofVisitor: streamID, &hole)
        if let address = payload.remoteAddress, address == publicAddress || server.seenAs.values.contains(address) {
            punch(peer)
        }
        guard payload.isPunching, !Self.isHopeless(firewall, payload.firewall) else { return }
        // Only who was sent a token through one of our relays, and asks through one of its own, is surely there.
        if let token = payload.remoteToken, token == hole.token(for: peer) { hole.punches.verify(host: peer.host) }
        hole.punches.add(peer)
        for address in Self.plausible(payload.addresses, from: relay) {
            hole.punches.add(address)
            expect(address.host, ofVisitor: streamID, &hole)
        }
        let isRandom = firewall == .random || payload.firewall == .random
        // The caller's NAT is to be open before ours sends anything to it.
        hole.punches.start(
            at: now + Punch.interval, rounds: isRandom ? Punch.roundsOfRandom : Punch.rounds)
    }

    private mutating func expect(_ host: UInt32, ofVisitor streamID: UInt32, _ hole: inout VisitorsHole) {
        guard hole.hosts.count < Punch.addressesMax, !hole.hosts.contains(host),
            expectedPunches.add(.visitor(streamID), from: host)
        else { return }
        hole.hosts.insert(host)
    }

    private func answer(
        to payload: HolepunchPayload, of hole: VisitorsHole, at peer: IPv4Address, isOurRelay: Bool
    ) -> HolepunchPayload {
        var answer = HolepunchPayload()
        (answer.firewall, answer.round, answer.addresses) = (firewall, payload.round, punchAddresses)
        if Self.isHopeless(firewall, payload.firewall) {
            answer.failure = .aborted
            return answer
        }
        answer.isPunching = payload.isPunching
        // Others could have made up where the caller is.
        if isOurRelay { answer.token = hole.token(for: peer) }
        answer.remoteToken = payload.token
        return answer
    }

    mutating func answerPunch(_ from: IPv4Address, ofVisitor streamID: UInt32) -> Bool {
        guard let left = visitors[streamID]?.hole?.answersLeft, left > 0 else { return false }
        visitors[streamID]?.hole?.answersLeft = left - 1
        punch(from)
        return true
    }

    /// Forgets those who have not come, and sends to others what is due.
    mutating func attendToVisitors(at now: Int64) {
        for streamID in visitors.takeDue(at: now) {
            guard let visitor = visitors[streamID], visitor.until > now else {
                _ = removeVisitor(streamID)
                continue
            }
            for address in visitors[streamID]?.hole?.punches.next(at: now) ?? [] { punch(address) }
        }
    }

    /// Who has come, or does not come any more.
    mutating func removeVisitor(_ streamID: UInt32) -> Visitor? {
        guard let visitor = visitors.remove(streamID) else { return nil }
        if let hole = visitor.hole {
            visitorsByHole[hole.id] = nil
            for host in hole.hosts { expectedPunches.remove(.visitor(streamID), from: host) }
        }
        return visitor
    }
}
