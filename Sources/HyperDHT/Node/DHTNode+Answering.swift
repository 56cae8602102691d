extension DHTNode {
    static let delayedAnswersMax = 256

    mutating func answer(_ request: DHTRequest, bytes: Int, from: IPv4Address, at now: Int64) {
        if request.id == NodeID.of(from), from != publicAddress { verify(from) }
        // A first node has nobody else to learn from where it is.
        if !configuration.isEphemeral, publicAddress == nil { look(at: from, .mirror) }
        switch request.command {
        case .internal(let command): answer(command, request, bytes: bytes, from: from, at: now)
        case .external(.peerHandshake): handshake(request, from: from, at: now)
        case .external(.peerHolepunch): holepunch(request, from: from, at: now)
        case .external(let command) where ownID != nil:
            answer(command, request, bytes: bytes, from: from, at: now)
        case .external, .unknown: refuse(request, DHTResponse.Failure.unknownCommand, bytes: bytes, from: from, at: now)
        }
    }

    private mutating func answer(
        _ command: DHTCommand.Internal, _ request: DHTRequest, bytes: Int, from: IPv4Address, at now: Int64
    ) {
        let plain = DHTResponse(tid: request.tid, to: from, id: ownID)
        switch command {
        case .ping: reply(plain, bytes: bytes, from: from, at: now)
        case .pingNAT: answerOtherPort(request, plain, bytes: bytes, from: from, at: now)
        case .findNode:
            guard let target = request.target else { return counters.drop(.malformed) }
            var response = plain
            response.closerNodes = closerNodes(to: target, for: from)
            reply(response, bytes: bytes, from: from, at: now)
        case .downHint:
            if let value = request.value, let gone = try? IPv4Address(bytes: value) { lookAfter(gone, at: now) }
            reply(plain, bytes: bytes, from: from, at: now)
        case .delayedPing: answerLater(request, plain, from: from, at: now)
        }
    }

    /// To another port of the same host: whoever asks learns whether that one can be reached.
    private mutating func answerOtherPort(
        _ request: DHTRequest, _ plain: DHTResponse, bytes: Int, from: IPv4Address, at now: Int64
    ) {
        guard let value = request.value, value.count >= 2 else { return counters.drop(.malformed) }
        let to = IPv4Address(host: from.host, port: UInt16(value[0]) | UInt16(value[1]) << 8)
        guard to.scope != nil else { return counters.drop(.malformed) }
        var response = plain
        response.to = to
        reply(response, bytes: bytes, from: to, at: now)
    }

    private mutating func answerLater(
        _ request: DHTRequest, _ plain: DHTResponse, from: IPv4Address, at now: Int64
    ) {
        var reader = WireReader(request.value ?? [])
        guard let milliseconds = try? reader.uint32(), milliseconds <= DHTWire.delayedPingMillisecondsMax else {
            return counters.drop(.malformed)
        }
        guard delayedAnswers.count < Self.delayedAnswersMax else { return counters.drop(.full) }
        guard excess.take(plain.bytes.count, of: from.host, at: now) else { return counters.drop(.rateLimited) }
        delayedAnswers.append(
            (now + Int64(milliseconds) * 1_000_000, DHTOutgoing(to: from, bytes: plain.bytes)))
    }

    /// Somebody says that this node is gone.
    private mutating func lookAfter(_ address: IPv4Address, at now: Int64) {
        let purpose = PendingRequests.Purpose.veteran(replacement: nil)
        guard table.contains(address), pending.mayAskForOthers(purpose, address, max: Upkeep.newcomersMax) else {
            return
        }
        ping(address, purpose, retries: 1, isForOthers: true, at: now)
    }

    private mutating func answer(
        _ command: DHTCommand.External, _ request: DHTRequest, bytes: Int, from: IPv4Address, at now: Int64
    ) {
        guard let target = request.target else { return counters.drop(.malformed) }
        switch command {
        case .findPeer: found(store.forward(to: target, at: now)?.record.bytes, request, bytes, from: from, at: now)
        case .lookup:
            let records = store.records(of: target, at: now)
            found(records.isEmpty ? nil : LookupReply(peers: records).bytes, request, bytes, from: from, at: now)
        case .announce, .unannounce: change(request, target, bytes: bytes, from: from, at: now)
        default: refuse(request, DHTResponse.Failure.unknownCommand, bytes: bytes, from: from, at: now)
        }
    }

    /// Answers a search: what is known, who may know more, and a token for who wants to add to it.
    private mutating func found(
        _ value: [UInt8]?, _ request: DHTRequest, _ bytes: Int, from: IPv4Address, at now: Int64
    ) {
        var response = DHTResponse(tid: request.tid, to: from, id: ownID, value: value)
        response.token = tokens.give(to: from, at: now)
        response.closerNodes = request.target.map { closerNodes(to: $0, for: from) } ?? []
        let hasToken = request.token.map { tokens.isValid($0, of: from, at: now) } ?? false
        reply(response, bytes: bytes, from: from, at: now, isProven: hasToken)
    }

    private mutating func change(
        _ request: DHTRequest, _ target: Bytes32, bytes: Int, from: IPv4Address, at now: Int64
    ) {
        guard let token = request.token, tokens.isValid(token, of: from, at: now) else {
            counters.drop(.badToken)
            return refuse(request, DHTResponse.Failure.invalidToken, bytes: bytes, from: from, at: now)
        }
        guard let value = request.value, let said = try? Announcement(bytes: value), let peer = said.peer, let ownID
        else { return counters.drop(.malformed) }
        guard from.scope == .loopback || signatures.take(of: from.host, at: now) else {
            return counters.drop(.rateLimited)
        }
        let kind: Announcement.Kind = request.command == .external(.announce) ? .announce : .unannounce
        guard said.isAuthentic(kind, at: .init(target: target, nodeID: ownID, token: token)) else {
            return counters.drop(.notAuthentic)
        }
        if kind == .unannounce {
            store.unannounce(peer.publicKey, under: target)
        } else if !store.announce(peer, under: target, from: from, at: now) {
            return counters.drop(.full)
        }
        reply(DHTResponse(tid: request.tid, to: from, id: ownID), bytes: bytes, from: from, at: now, isProven: true)
    }

    /// With what still helps who asked.
    private mutating func refuse(
        _ request: DHTRequest, _ error: UInt64, bytes: Int, from: IPv4Address, at now: Int64
    ) {
        var response = DHTResponse(tid: request.tid, to: from, id: ownID, error: error)
        if let target = request.target {
            response.closerNodes = closerNodes(to: target, for: from)
            if error == DHTResponse.Failure.invalidToken { response.token = tokens.give(to: from, at: now) }
        }
        reply(response, bytes: bytes, from: from, at: now)
    }

    func closerNodes(to target: Bytes32, for asker: IPv4Address) -> [IPv4Address] {
        table.closest(to: target).map(\.address).filter { $0 != asker }
    }

    /// Answers, unless the host has had far more bytes than it sent and not shown that they reach it: then somebody
    /// else may be writing its address on datagrams. Nobody from outside can write that of our own host.
    mutating func reply(
        _ response: DHTResponse, bytes: Int, from: IPv4Address, at now: Int64, isProven: Bool = false
    ) {
        let answer = response.bytes
        guard isProven || from.scope == .loopback || excess.take(max(0, answer.count - bytes), of: from.host, at: now)
        else { return counters.drop(.rateLimited) }
        counters.requestsAnswered += 1
        outgoing.append(DHTOutgoing(to: from, bytes: answer))
    }
}
