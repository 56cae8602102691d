extension DHTNode {
    /// Passes a handshake on: to the server that announced itself here, or its answer back to who asked.
    mutating func relayHandshake(
        _ message: HandshakeMessage, _ request: DHTRequest, _ target: Bytes32, from: IPv4Address, at now: Int64
    ) {
        switch message.mode {
        case .fromClient:
            guard let server = store.forward(to: target, at: now)?.address else {
                return showTheWay(request, target, from: from, at: now)
            }
            let onward = HandshakeMessage(mode: .fromRelay, noise: message.noise, peerAddress: from)
            pass(onward.bytes, request, target, client: from, to: server, at: now)
        case .fromRelay:
            guard let server = store.forward(to: target, at: now)?.address, let client = message.peerAddress,
                client.isPlausible(from: from)
            else { return counters.drop(.relaying) }
            let onward = HandshakeMessage(
                mode: .fromSecondRelay, noise: message.noise, peerAddress: client, relayAddress: from)
            // The server answers the first relay itself; the client is only what that one says.
            pass(onward.bytes, request, target, client: from, to: server, at: now)
        case .fromServer:
            let answer = HandshakeMessage(mode: .reply, noise: message.noise, peerAddress: from)
            passBack(answer.bytes, request, target, client: message.peerAddress, from: from, at: now)
        case .fromSecondRelay, .reply: counters.drop(.relaying)
        }
    }

    /// Passes on what two peers behind NATs have to tell each other. Where to is said by who asks, so it has to be the
    /// server, as it announced itself, or as it has answered the same peer before.
    mutating func relayHolepunch(
        _ message: HolepunchMessage, _ request: DHTRequest, _ target: Bytes32, from: IPv4Address, at now: Int64
    ) {
        guard let peer = message.peerAddress else { return counters.drop(.malformed) }
        var onward = message
        onward.peerAddress = from
        switch message.mode {
        case .fromClient:
            guard
                store.forward(to: target, at: now)?.address == peer
                    || relayed.haveMet(from, peer, under: target, at: now)
            else { return counters.drop(.relaying) }
            onward.mode = .fromRelay
            pass(onward.bytes, request, target, client: from, to: peer, at: now)
        case .fromServer:
            onward.mode = .reply
            passBack(onward.bytes, request, target, client: peer, from: from, at: now)
        case .fromRelay, .fromSecondRelay, .reply: counters.drop(.relaying)
        }
    }

    private mutating func pass(
        _ value: [UInt8], _ request: DHTRequest, _ target: Bytes32, client: IPv4Address, to server: IPv4Address,
        at now: Int64
    ) {
        guard relayed.pass(.init(tid: request.tid, client: client, target: target), to: server, at: now) else {
            return counters.drop(.full)
        }
        send(value, request, target, to: server)
    }

    /// With the number of the question: what goes back is an answer to it.
    mutating func send(_ value: [UInt8], _ request: DHTRequest, _ target: Bytes32, to: IPv4Address) {
        let onward = DHTRequest(
            tid: request.tid, to: to, command: request.command, id: ownID, target: target, value: value)
        counters.messagesRelayed += 1
        outgoing.append(DHTOutgoing(to: to, bytes: onward.bytes))
    }

    private mutating func passBack(
        _ value: [UInt8], _ request: DHTRequest, _ target: Bytes32, client: IPv4Address?, from: IPv4Address,
        at now: Int64
    ) {
        guard let client, client.isPlausible(from: from),
            relayed.answer(.init(tid: request.tid, client: client, target: target), from: from, at: now)
        else { return counters.drop(.relaying) }
        counters.messagesRelayed += 1
        let response = DHTResponse(tid: request.tid, to: client, id: ownID, value: value)
        outgoing.append(DHTOutgoing(to: client, bytes: response.bytes))
    }

    /// We do not know the server; others may.
    private mutating func showTheWay(
        _ request: DHTRequest, _ target: Bytes32, from: IPv4Address, at now: Int64
    ) {
        var response = DHTResponse(tid: request.tid, to: from, id: ownID)
        response.closerNodes = closerNodes(to: target, for: from)
        reply(response, bytes: request.bytes.count, from: from, at: now)
    }
}
