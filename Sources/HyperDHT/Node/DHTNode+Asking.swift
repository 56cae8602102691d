extension DHTNode {
    /// A query, and who wants to know.
    struct RunningQuery: Sendable {
        enum Owner: Sendable {
            case user
            case upkeep
            case server(Bytes32)
            case connect(Int)
        }

        var query: Query
        var owner: Owner
    }

    /// Asks the nodes around `target`, ever nearer ones. What they say comes as events with the number that this
    /// answers with; `nil` where too many queries are under way.
    package mutating func query(_ target: Bytes32, _ command: DHTCommand.External) -> Int? {
        startQuery(target, .external(command), for: .user)
    }

    mutating func startQuery(_ target: Bytes32, _ command: DHTCommand, for owner: RunningQuery.Owner) -> Int? {
        guard queries.count < configuration.queriesMax else { return nil }
        var start = table.closest(to: target).map(\.address)
        if start.count < DHTWire.k { start += configuration.bootstrap }
        let number = number()
        queries[number] = RunningQuery(query: Query(target: target, command: command, from: start), owner: owner)
        advance(number)
        return number
    }

    mutating func advance(_ number: Int) {
        guard var running = queries[number] else { return }
        while let address = running.query.next() {
            pending.ask(
                PendingRequests.Question(
                    to: address, command: running.query.command, target: running.query.target,
                    retries: running.query.command == .external(.findPeer) ? DHTWire.retries : DHTWire.queryRetries,
                    purpose: .query(number)))
        }
        queries[number] = running
        guard running.query.isFinished else { return }
        queries[number] = nil
        pending.forget(.query(number))
        finished(running, number)
    }

    private mutating func finished(_ running: RunningQuery, _ number: Int) {
        let closest = running.query.closest
        switch running.owner {
        case .user: events.append(.queryFinished(query: number, closest: closest))
        case .upkeep: bootstrapped()
        case .server(let target): found(closest, forServer: target)
        case .connect(let connect): searched(forConnect: connect)
        }
    }

    private mutating func received(_ response: DHTResponse, _ reply: DHTReply, forQuery number: Int) {
        guard var running = queries[number] else { return }
        running.query.answered(reply, closerNodes: response.closerNodes)
        queries[number] = running
        switch running.owner {
        case .user: events.append(.queryReply(query: number, reply))
        case .connect(let connect) where reply.value != nil && reply.error == 0:
            found(reply.from, forConnect: connect)
        default: break
        }
        advance(number)
    }

    // MARK: Questions and answers

    mutating func send(_ question: PendingRequests.Question, tid: UInt16) {
        let request = DHTRequest(
            tid: tid, to: question.to, command: question.command, id: ownID, token: question.token,
            target: question.target, value: question.value)
        outgoing.append(DHTOutgoing(to: question.to, bytes: request.bytes))
    }

    mutating func received(_ response: DHTResponse, from: IPv4Address, at now: Int64) {
        guard let known = pending.answered(response, from: from, at: now) else {
            return counters.drop(.unexpectedResponse)
        }
        let question = known.question
        let reply = DHTReply(response, from: from)
        // Somebody in our own network sees another address of ours.
        if case .probe = question.purpose {} else { learned(response.to, from: from) }
        if reply.id != nil { keep(from, at: now) }
        switch question.purpose {
        case .query(let number): received(response, reply, forQuery: number)
        case .newcomer, .mirror, .veteran: break
        case .keepAlive(let server): servers[server]?.wasSeen(as: reply.to, by: from, at: now)
        case .announce(let server): announced(reply, forServer: server, at: now)
        case .withdrawal(let server): withdraw(reply, forServer: server)
        case .unannounce(let server): unannounced(forServer: server)
        case .handshake(let connect):
            guard !isAnswered(reply, forConnect: connect, at: now) else { return }
            if reply.value != nil { counters.drop(.notAuthentic) }
            if !pending.putBack(known, at: now) { unanswered(by: from, forConnect: connect) }
        case .holepunch(let connect): answered(reply, forHole: connect, at: now)
        case .probe(let connect): probed(from, forConnect: connect)
        }
    }

    mutating func unanswered(_ question: PendingRequests.Question, at now: Int64) {
        switch question.purpose {
        // That there is no answer may be the peer's choice.
        case .handshake, .holepunch: break
        default: table.remove(question.to)
        }
        if case .keepAlive(let server) = question.purpose { servers[server]?.lost(question.to, at: now) }
        failed(question, at: now)
    }

    mutating func failed(_ question: PendingRequests.Question, at now: Int64) {
        switch question.purpose {
        case .query(let number):
            queries[number]?.query.failed(question.to)
            advance(number)
        case .newcomer, .mirror: break
        case .veteran(let replacement):
            if let replacement { verify(replacement) }
        case .keepAlive: break
        case .announce(let server): announced(nil, forServer: server, at: now)
        case .withdrawal(let server), .unannounce(let server): unannounced(forServer: server)
        case .handshake(let connect): unanswered(by: question.to, forConnect: connect)
        case .holepunch(let connect): unanswered(forHole: connect)
        case .probe(let connect): probed(nil, forConnect: connect)
        }
    }

    mutating func repeated(_ question: PendingRequests.Question) {
        guard case .query(let number) = question.purpose else { return }
        queries[number]?.query.repeated(question.to)
        advance(number)
    }
}
