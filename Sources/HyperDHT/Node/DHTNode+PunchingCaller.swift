/// The side that calls.
extension DHTNode {
    /// What is known of a server behind a NAT when a hole to it is to be made.
    struct Obstacle {
        var session: NoiseSession
        var payload: NoisePayload
        /// Where the relay of the handshake, `relay`, sees the server.
        var server: IPv4Address
        var relay: IPv4Address
    }

    /// Begins, or says why not.
    mutating func makeHole(_ number: Int, _ obstacle: Obstacle) -> ConnectFailure? {
        guard let offer = obstacle.payload.holepunch, !Self.isHopeless(firewall, obstacle.payload.firewall) else {
            return .noHole
        }
        let ways = offer.relays.filter {
            $0.relay.isPlausible(from: obstacle.relay) && $0.peer.isPlausible(from: obstacle.relay)
        }
        guard !ways.isEmpty else { return .noHole }
        guard expectedPunches.add(.connect(number), from: obstacle.server.host) else {
            counters.drop(.full)
            return .tooMany
        }
        // The node that has just passed on the handshake is there.
        let sorted = ways.filter { $0.relay == obstacle.relay } + ways.filter { $0.relay != obstacle.relay }
        let hole = CallersHole(
            id: offer.id, key: obstacle.session.holepunchKey, secret: numbers.bytes32(),
            handshakeWay: .init(relay: obstacle.relay, peer: obstacle.server),
            ways: Array(sorted.prefix(Punch.relaysMax)),
            isRandom: firewall == .random || obstacle.payload.firewall == .random, hosts: [obstacle.server.host])
        connects[number]?.hole = hole
        sampleOwnAddress()
        // First our NAT is opened; a packet of the server that comes before may make it choose another port.
        punch(obstacle.server, timeToLive: Punch.openingTimeToLive)
        askForHole(number)
        return nil
    }

    private mutating func askForHole(_ number: Int) {
        guard let connect = connects[number], let hole = connect.hole else { return }
        guard let way = hole.way else {
            // Once the punches go out they are the answer.
            return hole.step == .asking ? holeFailed(number) : ()
        }
        connects[number]?.hole?.asks += 1
        let payload = hole.payload(firewall: firewall, addresses: punchAddresses)
        let message = HolepunchMessage(
            mode: .fromClient, id: hole.id, sealed: payload.sealed(under: hole.key), peerAddress: way.peer)
        pending.ask(
            PendingRequests.Question(
                to: way.relay, command: .external(.peerHolepunch), target: connect.target, value: message.bytes,
                retries: 1, purpose: .holepunch(connect: number)))
    }

    mutating func unanswered(forHole number: Int) { askForHole(number) }

    mutating func answered(_ reply: DHTReply, forHole number: Int, at now: Int64) {
        guard let hole = connects[number]?.hole else { return }
        guard let value = reply.value, let message = try? HolepunchMessage(bytes: value), message.mode == .reply,
            let payload = try? HolepunchPayload.open(message.sealed[...], under: hole.key)
        else {
            counters.drop(.notAuthentic)
            return askForHole(number)
        }
        guard payload.failure == .none, !Self.isHopeless(firewall, payload.firewall) else { return holeFailed(number) }
        guard payload.round == hole.round else {
            counters.drop(.holepunch)
            return askForHole(number)
        }
        learn(payload, number, from: reply.from)
        proceed(number, payload, at: now)
    }

    private mutating func learn(_ payload: HolepunchPayload, _ number: Int, from relay: IPv4Address) {
        guard var hole = connects[number]?.hole else { return }
        if payload.firewall == .random { hole.isRandom = true }
        // The token went to the server through the relay that says that this is its address.
        if let token = payload.remoteToken, token == hole.token { hole.punches.verify(host: hole.server.host) }
        hole.punches.add(hole.server)
        for address in Self.plausible(payload.addresses, from: relay) {
            hole.punches.add(address)
            guard hole.hosts.count < Punch.addressesMax, !hole.hosts.contains(address.host) else { continue }
            if expectedPunches.add(.connect(number), from: address.host) { hole.hosts.insert(address.host) }
        }
        connects[number]?.hole = hole
    }

    private mutating func proceed(_ number: Int, _ payload: HolepunchPayload, at now: Int64) {
        guard let hole = connects[number]?.hole else { return }
        switch hole.step {
        case .asking:
            connects[number]?.hole?.remoteToken = payload.token
            connects[number]?.hole?.step = .listening(until: now + Punch.patience)
        case .punching: startPunches(number, at: now)
        case .listening: break
        }
    }

    private mutating func startPunches(_ number: Int, at time: Int64) {
        let isRandom = connects[number]?.hole?.isRandom ?? false
        connects[number]?.hole?.punches.start(at: time, rounds: isRandom ? Punch.roundsOfRandom : Punch.rounds)
    }

    mutating func advanceHole(_ number: Int, at now: Int64) {
        guard let hole = connects[number]?.hole, hole.dueAt <= now else { return }
        if let candidate = hole.candidate, candidate.at <= now { return met(number, at: candidate.address) }
        switch hole.step {
        case .asking: break
        case .listening:
            connects[number]?.hole?.step = .punching
            connects[number]?.hole?.asks = 0
            // Also if no answer comes: the server may have had the question.
            startPunches(number, at: now + Punch.interval)
            askForHole(number)
        case .punching:
            for address in connects[number]?.hole?.punches.next(at: now) ?? [] { punch(address) }
            if connects[number]?.hole?.punches.isOver == true { holeFailed(number) }
        }
    }

    /// Whether it is of use to this call.
    mutating func punched(_ from: IPv4Address, forConnect number: Int, at now: Int64) -> Bool {
        guard let hole = connects[number]?.hole else { return false }
        if hole.isKnown(from) {
            met(number, at: from)
        } else if hole.candidate == nil {
            connects[number]?.hole?.candidate = (from, now + Punch.patience)
        } else {
            return false
        }
        return true
    }

    /// Forgets about the hole of a call that has ended, or does without it.
    mutating func forgetHole(of connect: Connect, _ number: Int) {
        guard let hole = connect.hole else { return }
        for host in hole.hosts { expectedPunches.remove(.connect(number), from: host) }
        pending.forget(.holepunch(connect: number))
    }
}
