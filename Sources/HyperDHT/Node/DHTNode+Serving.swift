extension DHTNode {
    /// A handshake as it came.
    struct Call {
        var request: DHTRequest
        var target: Bytes32
        var message: HandshakeMessage
        var from: IPv4Address
        /// Who calls, as far as the last relay says so.
        var client: IPv4Address
        /// Where the answer goes.
        var answerTo: IPv4Address

        var isDirect: Bool { message.mode == .fromClient }
    }

    mutating func handshake(_ request: DHTRequest, from: IPv4Address, at now: Int64) {
        guard let target = request.target, let value = request.value,
            let message = try? HandshakeMessage(bytes: value),
            1...DHTWire.noiseBytesMax ~= message.noise.count
        else { return counters.drop(.malformed) }
        guard let server = servers[target], !server.isStopping, message.mode != .fromServer else {
            return relayHandshake(message, request, target, from: from, at: now)
        }
        guard let call = Self.call(message, request, target, from: from) else { return counters.drop(.handshake) }
        serve(call, server, at: now)
    }

    private static func call(
        _ message: HandshakeMessage, _ request: DHTRequest, _ target: Bytes32, from: IPv4Address
    ) -> Call? {
        let (client, answerTo): (IPv4Address?, IPv4Address?) =
            switch message.mode {
            case .fromClient: (from, from)
            case .fromRelay: (message.peerAddress, from)
            case .fromSecondRelay: (message.peerAddress, message.relayAddress)
            case .fromServer, .reply: (nil, nil)
            }
        guard let client, let answerTo, client.isPlausible(from: from), answerTo.isPlausible(from: from) else {
            return nil
        }
        return Call(
            request: request, target: target, message: message, from: from, client: client, answerTo: answerTo)
    }

    private mutating func serve(_ call: Call, _ server: Server, at now: Int64) {
        let name = AnsweredHandshakes.name(of: call.message.noise)
        if let known = answered.answer(to: name, at: now) {
            counters.handshakesRepeated += 1
            guard case .message(let answer) = known else { return }
            send(answer, call)
            return server.isRelay(call.from) ? alsoCalled(call, name, at: now) : ()
        }
        let isKnown = server.isRelay(call.from)
        guard isWelcome(call, isKnown: isKnown, at: now) else { return counters.drop(.handshake) }
        do {
            let responder = try NoiseResponder(
                identity: server.identity, message: call.message.noise[...], isAdmitted: server.isAdmitted)
            try accept(responder, call, server, name, isKnown: isKnown, at: now)
        } catch .refused(let caller) {
            counters.handshakesRefused += 1
            answered.keep(.silence, to: name, at: now)
            events.append(
                .refused(server: server.identity.publicKey, caller: caller, address: call.client))
        } catch { counters.drop(.handshake) }
    }

    /// Before anything costly: whether the caller, its relay and all together have not had their share. What comes
    /// through the nodes at which we are announced, which are `known`, has buckets of its own, that strangers cannot
    /// empty; who calls is believed from these alone.
    private mutating func isWelcome(_ call: Call, isKnown: Bool, at now: Int64) -> Bool {
        guard call.message.noise.count >= NoiseResponder.messageBytesMin else { return false }
        let isOurs = call.client.scope == .loopback && call.from.scope == .loopback
        guard isOurs || hasShare(call, isKnown: isKnown, at: now) else { return false }
        return handshakesInAll.take(of: isKnown, at: now)
    }

    private mutating func hasShare(_ call: Call, isKnown: Bool, at now: Int64) -> Bool {
        if call.isDirect { return handshakesOfDirect.take(of: call.from.host, at: now) }
        guard isKnown else { return handshakesOfStrangers.take(of: call.from.host, at: now) }
        return handshakesOfHosts.take(of: call.client.host, at: now) && handshakesOfRelays.take(of: call.from, at: now)
    }

    private mutating func accept(
        _ responder: NoiseResponder, _ call: Call, _ server: Server, _ name: Bytes32, isKnown: Bool,
        at now: Int64
    ) throws(NoiseError) {
        guard let theirs = try? NoisePayload(bytes: responder.payload) else { return counters.drop(.handshake) }
        let streamID = freeStreamID()
        var ours = payload(streamID)
        if theirs.version != NoisePayload.version { ours.failure = .versionMismatch }
        if theirs.stream == nil, ours.failure == .none { ours.failure = .aborted }
        if ours.failure == .none, let offer = offerHole(call, theirs, server) {
            ours.holepunch = offer
            if !expectedPunches.hasRoom(for: call.client.host) {
                counters.drop(.full)
                ours.failure = .tryLater
            }
        }
        let (answer, session) = try responder.finish(payload: ours.bytes)
        counters.handshakesAnswered += 1
        answered.keep(.message(answer), to: name, at: now)
        send(answer, call)
        guard ours.failure == .none, theirs.failure == .none, let stream = theirs.stream else { return }
        let hole = keepHole(ours.holepunch, of: session, streamID, call)
        let visitor = Visitor(
            server: server.identity.publicKey, session: session, remoteStreamID: stream.id,
            origin: .init(host: isKnown ? call.client.host : call.from.host, isKnown: isKnown), hole: hole, at: now)
        // Who can be reached is sent to at once, which opens our own NAT; others show by their first packet where
        // they are.
        if theirs.firewall == .open || call.isDirect, maySendUnheard(to: call.client, isKnown, at: now) {
            answered.sends(streamID, to: call.client, of: name)
            arrived(visitor, streamID, at: call.client)
        } else {
            keep(visitor, as: streamID)
        }
    }

    /// A relay may lie about where the caller is, so the others are heard too: as long as no packet of the stream has
    /// come, it is sent to each place.
    private mutating func alsoCalled(_ call: Call, _ name: Bytes32, at now: Int64) {
        guard let streamID = answered.alsoSends(to: call.client, of: name), streamsTaken.contains(streamID),
            maySendUnheard(to: call.client, true, at: now)
        else { return }
        events.append(.alsoCalledFrom(streamID: streamID, call.client))
    }

    /// Before a packet has come from there: anybody can say that this is where he is. Of what nodes at which we are
    /// announced say, others take nothing.
    private mutating func maySendUnheard(to client: IPv4Address, _ isKnown: Bool, at now: Int64) -> Bool {
        client.scope == .loopback
            || unheard.take(DHTConnection.unheardBytes, of: .init(host: client.host, isKnown: isKnown), at: now)
    }

    private mutating func keep(_ visitor: Visitor, as streamID: UInt32) {
        if let last = visitors.inTheWay(of: visitor.origin) {
            counters.drop(.full)
            _ = removeVisitor(last)
        }
        visitors.add(visitor, as: streamID)
    }

    private mutating func send(_ answer: [UInt8], _ call: Call) {
        if call.isDirect {
            let value = HandshakeMessage(mode: .reply, noise: answer).bytes
            let response = DHTResponse(tid: call.request.tid, to: call.from, id: ownID, value: value)
            outgoing.append(DHTOutgoing(to: call.from, bytes: response.bytes))
        } else {
            let message = HandshakeMessage(mode: .fromServer, noise: answer, peerAddress: call.client)
            send(message.bytes, call.request, call.target, to: call.answerTo)
        }
    }

    /// What we say of ourselves to a peer.
    func payload(_ streamID: UInt32) -> NoisePayload {
        var payload = NoisePayload()
        payload.firewall = firewall
        let known = configuration.isOpen ? publicAddress.map { [$0] } ?? [] : []
        payload.addresses4 = known + configuration.localAddresses.filter { !known.contains($0) }
        payload.stream = NoisePayload.Stream(id: streamID)
        payload.secretStream = 1
        return payload
    }

    /// Which nobody can guess, and no other stream that is being made has.
    mutating func freeStreamID() -> UInt32 {
        while true {
            let id = UInt32.random(in: 1...UInt32.max, using: &numbers)
            if visitors[id] == nil, connectsByStream[id] == nil, !streamsTaken.contains(id) { return id }
        }
    }

    private mutating func arrived(_ visitor: Visitor, _ streamID: UInt32, at address: IPv4Address) {
        let connection = DHTConnection(
            session: visitor.session, remoteAddress: address, streamID: streamID,
            remoteStreamID: visitor.remoteStreamID)
        events.append(.accepted(server: visitor.server, connection))
    }

    /// A packet of a stream, which may be the first one.
    mutating func receivedPacket(of streamID: UInt32, from: IPv4Address) {
        guard from.scope != nil else { return }
        if let visitor = removeVisitor(streamID) { arrived(visitor, streamID, at: from) }
        if let connect = connectsByStream[streamID] { arrived(from, forConnect: connect) }
    }
}
