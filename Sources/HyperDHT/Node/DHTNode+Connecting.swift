extension DHTNode {
    /// Finds `key` and has a handshake with it, as `identity`. It ends with ``DHTEvent/connected(connect:_:)`` or
    /// ``DHTEvent/connectFailed(connect:_:)`` of the number that this answers with. Behind the first of them there may
    /// be ``DHTEvent/alsoSaidAt(connect:_:)``, until the peer is heard: whoever takes its packets then calls
    /// ``cancel(connect:)``.
    ///
    /// `nodes` are asked at once: those through which the peer was reached before.
    package mutating func connect(
        to key: PublicKey, as identity: KeyPair, through nodes: [IPv4Address] = [], at now: Int64
    ) -> Int {
        let (number, streamID) = (number(), freeStreamID())
        guard connects.count < configuration.connectsMax else {
            events.append(.connectFailed(connect: number, .tooMany))
            return number
        }
        guard
            let initiator = try? NoiseInitiator(identity: identity, remote: key, payload: payload(streamID).bytes)
        else {
            events.append(.connectFailed(connect: number, .badKey))
            return number
        }
        connects[number] = Connect(
            target: key.target, initiator: initiator, streamID: streamID,
            giveUpAt: now + configuration.connectTimeout, untried: nodes)
        connectsByStream[streamID] = number
        callNext(number)
        if startQuery(key.target, .external(.findPeer), for: .connect(number)) == nil {
            end(number, .connectFailed(connect: number, .tooMany))
        }
        return number
    }

    /// Forgets about it; no event follows.
    package mutating func cancel(connect number: Int) {
        guard let connect = connects.removeValue(forKey: number) else { return }
        connectsByStream[connect.streamID] = nil
        forgetHole(of: connect, number)
        pending.forget(.handshake(connect: number))
        pending.forget(.probe(connect: number))
        for (query, running) in queries {
            guard case .connect(number) = running.owner else { continue }
            queries[query] = nil
            pending.forget(.query(query))
        }
    }

    private mutating func end(_ number: Int, _ event: DHTEvent) {
        guard connects[number] != nil else { return }
        cancel(connect: number)
        events.append(event)
    }

    // MARK: Calling

    mutating func found(_ node: IPv4Address, forConnect number: Int) {
        guard let connect = connects[number], !connect.tried.contains(node), !connect.untried.contains(node) else {
            return
        }
        connects[number]?.untried.append(node)
        callNext(number)
    }

    mutating func searched(forConnect number: Int) {
        connects[number]?.isSearching = false
        callNext(number)
    }

    mutating func unanswered(by node: IPv4Address, forConnect number: Int) {
        connects[number]?.isDone(with: node)
        callNext(number)
    }

    /// Sends message 1 through the next nodes, always the same one.
    private mutating func callNext(_ number: Int) {
        guard var connect = connects[number], connect.isAsking else { return }
        let value = HandshakeMessage(mode: .fromClient, noise: connect.initiator.message).bytes
        while connect.inFlight - connect.doubted.count < DHTWire.parallelHandshakes, !connect.untried.isEmpty {
            let node = connect.untried.removeFirst()
            guard connect.tried.insert(node).inserted else { continue }
            connect.inFlight += 1
            pending.ask(
                PendingRequests.Question(
                    to: node, command: .external(.peerHandshake), target: connect.target, value: value,
                    purpose: .handshake(connect: number)))
        }
        connects[number] = connect
        guard connect.inFlight == 0, connect.untried.isEmpty, !connect.isSearching else { return }
        if connect.hasBegun { return connect.hole == nil ? cancel(connect: number) : () }
        end(number, .connectFailed(connect: number, connect.tried.isEmpty ? .notFound : .noAnswer))
    }

    /// False where it is the answer of somebody else. A relay may say anything, and so may who guesses the number of
    /// the question: only what the peer itself has sealed counts. Who says that it does not know the peer is waited for
    /// all the same, and keeps no other from being asked.
    mutating func isAnswered(_ reply: DHTReply, forConnect number: Int, at now: Int64) -> Bool {
        guard let connect = connects[number] else { return true }
        guard let value = reply.value else {
            connects[number]?.doubted.insert(reply.from)
            callNext(number)
            return false
        }
        guard let message = try? HandshakeMessage(bytes: value), message.mode == .reply,
            let (payload, session) = try? connect.initiator.finish(message.noise[...]),
            let theirs = try? NoisePayload(bytes: payload)
        else { return false }
        switch connect.phase {
        case .calling:
            connects[number]?.isDone(with: reply.from)
            answered(reply, message, theirs, session, forConnect: number, at: now)
        case .waiting, .meeting:
            connects[number]?.isDone(with: reply.from)
            connects[number]?.remember(Self.place(message, reply))
        case .begun:
            answeredAlso(reply, message, theirs, session, forConnect: number)
            unanswered(by: reply.from, forConnect: number)
        }
        return true
    }

    /// Where the node that has answered sees the server, or is it itself.
    private static func place(_ message: HandshakeMessage, _ reply: DHTReply) -> IPv4Address {
        relayed(message, reply) ?? reply.from
    }

    private static func relayed(_ message: HandshakeMessage, _ reply: DHTReply) -> IPv4Address? {
        message.peerAddress.flatMap { $0.isPlausible(from: reply.from) ? $0 : nil }
    }

    /// Where another node had said that it is the server, there may be need of a hole all the same.
    private mutating func answeredAlso(
        _ reply: DHTReply, _ message: HandshakeMessage, _ theirs: NoisePayload, _ session: NoiseSession,
        forConnect number: Int
    ) {
        alsoSaid(number, at: Self.place(message, reply))
        guard let relayed = Self.relayed(message, reply), theirs.firewall != .open, !configuration.isOpen,
            connects[number]?.hole == nil
        else {
            return
        }
        _ = makeHole(
            number, Obstacle(session: session, payload: theirs, server: relayed, relay: reply.from))
    }

    private mutating func answered(
        _ reply: DHTReply, _ message: HandshakeMessage, _ theirs: NoisePayload, _ session: NoiseSession,
        forConnect number: Int, at now: Int64
    ) {
        guard theirs.version == NoisePayload.version, theirs.failure == .none else {
            let failure = theirs.failure == .none ? .versionMismatch : theirs.failure
            return end(number, .connectFailed(connect: number, .failed(failure)))
        }
        guard let stream = theirs.stream else { return end(number, .connectFailed(connect: number, .noStream)) }
        let answer = Connect.Answer(
            session: session, remoteStreamID: stream.id, fallback: Self.place(message, reply))
        choosePath(number, answer, theirs, isDirect: message.peerAddress == nil, reply, at: now)
    }

    // MARK: Finding the way

    private mutating func choosePath(
        _ number: Int, _ answer: Connect.Answer, _ theirs: NoisePayload, isDirect: Bool, _ reply: DHTReply,
        at now: Int64
    ) {
        guard let server = answer.fallback else { return }
        if let heard = connects[number]?.heardFrom { return connected(number, answer, at: heard) }
        let open = theirs.firewall == .open ? theirs.addresses4.first { $0.scope == .global } : nil
        if isDirect || theirs.firewall == .open {
            return begin(number, answer, at: isDirect ? server : open ?? server, or: open)
        }
        var answer = answer
        if let holepunch = theirs.holepunch, !holepunch.relays.isEmpty { answer.fallback = nil }
        // It sends first, to us who can be reached.
        if configuration.isOpen {
            let patience = answer.fallback == nil ? DHTWire.handshakeLifetime : Connect.patience
            connects[number]?.phase = .waiting(answer, until: now + patience)
        } else {
            let obstacle = Obstacle(session: answer.session, payload: theirs, server: server, relay: reply.from)
            meet(number, answer, obstacle, isNear: reply.to.host == server.host)
        }
    }

    /// Where both are behind one address to the outside, it may be in our network. At the same time a hole is made if
    /// it needs one.
    private mutating func meet(_ number: Int, _ answer: Connect.Answer, _ obstacle: Obstacle, isNear: Bool) {
        connects[number]?.phase = .meeting(answer)
        if isNear, let address = Self.nearest(obstacle.payload.addresses4, to: obstacle.server) {
            connects[number]?.isProbing = true
            pending.ask(
                .init(to: address, command: .internal(.ping), retries: 1, purpose: .probe(connect: number)))
        }
        if answer.fallback == nil, let failure = makeHole(number, obstacle) { connects[number]?.failure = failure }
        endIfOutOfReach(number)
    }

    mutating func probed(_ address: IPv4Address?, forConnect number: Int) {
        if let address { return met(number, at: address) }
        connects[number]?.isProbing = false
        endIfOutOfReach(number)
    }

    mutating func holeFailed(_ number: Int) {
        guard let connect = connects[number] else { return }
        forgetHole(of: connect, number)
        connects[number]?.hole = nil
        connects[number]?.failure = .noHole
        endIfOutOfReach(number)
    }

    private mutating func endIfOutOfReach(_ number: Int) {
        guard let connect = connects[number], case .meeting(let answer) = connect.phase, !connect.isProbing,
            connect.hole == nil
        else { return }
        fallBack(number, answer)
    }

    /// Without a hole, a peer behind a NAT of its own is out of reach.
    private mutating func fallBack(_ number: Int, _ answer: Connect.Answer) {
        guard let address = answer.fallback else {
            return end(number, .connectFailed(connect: number, connects[number]?.failure ?? .unreachable))
        }
        begin(number, answer, at: address)
    }

    /// Of what a peer says are its addresses in its own network: one that we may send to.
    private static func nearest(_ addresses: [IPv4Address], to server: IPv4Address) -> IPv4Address? {
        addresses.filter { $0.scope.map { $0 != .global && ($0 == .local || server.scope == .loopback) } ?? false }
            .max { $0.sharedOctets(with: server) < $1.sharedOctets(with: server) }
    }

    mutating func arrived(_ address: IPv4Address, forConnect number: Int) {
        connects[number]?.heardFrom = address
        if connects[number]?.hasBegun == true { return cancel(connect: number) }
        met(number, at: address)
    }

    /// The peer is there.
    mutating func met(_ number: Int, at address: IPv4Address) {
        switch connects[number]?.phase {
        case .waiting(let answer, _), .meeting(let answer): connected(number, answer, at: address)
        case .begun:
            alsoSaid(number, at: address)
            if let connect = connects[number] { forgetHole(of: connect, number) }
            connects[number]?.hole = nil
        case .calling, nil: break
        }
    }

    /// Where somebody says that the peer is. As long as it has not been heard there, others may know better.
    private mutating func begin(
        _ number: Int, _ answer: Connect.Answer, at address: IPv4Address, or other: IPv4Address? = nil
    ) {
        guard let connect = connects[number] else { return }
        events.append(.connected(connect: number, connection(connect, answer, at: address)))
        forgetHole(of: connect, number)
        pending.forget(.probe(connect: number))
        connects[number]?.hole = nil
        connects[number]?.phase = .begun
        connects[number]?.places = [address]
        if let other { alsoSaid(number, at: other) }
        for place in connect.places { alsoSaid(number, at: place) }
        callNext(number)
    }

    private mutating func alsoSaid(_ number: Int, at address: IPv4Address) {
        guard let places = connects[number]?.places, places.count < Connect.placesMax, !places.contains(address) else {
            return
        }
        connects[number]?.places.append(address)
        events.append(.alsoSaidAt(connect: number, address))
    }

    private mutating func connected(_ number: Int, _ answer: Connect.Answer, at address: IPv4Address) {
        guard let connect = connects[number] else { return }
        end(number, .connected(connect: number, connection(connect, answer, at: address)))
    }

    private func connection(_ connect: Connect, _ answer: Connect.Answer, at address: IPv4Address) -> DHTConnection {
        DHTConnection(
            session: answer.session, remoteAddress: address, streamID: connect.streamID,
            remoteStreamID: answer.remoteStreamID)
    }

    mutating func advanceConnects(at now: Int64) {
        for (number, connect) in connects where connect.dueAt <= now {
            switch connect.phase {
            case .waiting(let answer, let until) where until <= now: fallBack(number, answer)
            case .begun where connect.giveUpAt > now: advanceHole(number, at: now)
            case .begun: cancel(connect: number)
            case .calling where connect.tried.isEmpty: end(number, .connectFailed(connect: number, .notFound))
            case .calling: end(number, .connectFailed(connect: number, .noAnswer))
            case .meeting where connect.giveUpAt > now: advanceHole(number, at: now)
            case .meeting where connect.hole != nil: end(number, .connectFailed(connect: number, .noHole))
            case .waiting, .meeting: end(number, .connectFailed(connect: number, .unreachable))
            }
        }
    }
}
