extension DHTNode {
    /// Lets peers call `identity` here, from now on until ``stop(_:)``, and keeps it announced.
    ///
    /// `isAdmitted` is asked about the key that a caller shows, before anything more costly is done. A caller that is
    /// not admitted gets no answer; nor does it prove to be who it says it is. `false` if it can be called already.
    @discardableResult
    package mutating func listen(
        _ identity: KeyPair, at now: Int64, isAdmitted: @escaping @Sendable (PublicKey) -> Bool
    ) -> Bool {
        let target = identity.publicKey.target
        guard servers[target] == nil else { return false }
        servers[target] = Server(identity: identity, isAdmitted: isAdmitted, at: now)
        return true
    }

    /// Answers nobody in its name any more, and takes its announcements back. ``DHTEvent/unannounced(server:)`` ends it.
    package mutating func stop(_ key: PublicKey) {
        let target = key.target
        guard let server = servers[target], !server.isStopping else { return }
        servers[target]?.isStopping = true
        servers[target]?.dueAt = .max
        if server.phase == .announced || server.phase == .waiting { withdrawAll(target) }
    }

    mutating func keepServersAnnounced(at now: Int64) {
        for (target, server) in servers where server.dueAt <= now {
            // Without any node there is nobody to announce at.
            switch server.phase {
            case .waiting where knowsNobody: servers[target]?.dueAt = now + 5 * DHTWire.second
            case .waiting where upkeep.phase != .ready: servers[target]?.dueAt = now + DHTWire.second / 10
            case .waiting: search(target)
            case .announced where server.isStale: search(target)
            case .announced: keepAlive(target, at: now)
            case .announcing(left: 0): announcementEnded(target, at: now)
            case .searching, .announcing: servers[target]?.dueAt = .max
            }
        }
    }

    /// Not even whom to ask for others: ``use(bootstrap:at:)`` ends that, or somebody who asks us.
    private var knowsNobody: Bool { table.count == 0 && configuration.bootstrap.isEmpty }

    private mutating func keepAlive(_ target: Bytes32, at now: Int64) {
        servers[target]?.rounds += 1
        servers[target]?.dueAt = now + DHTWire.keepAliveInterval
        let purpose = PendingRequests.Purpose.keepAlive(server: target)
        for node in servers[target]?.nodes ?? [] where !pending.contains(purpose, to: node) {
            ping(node, purpose, retries: 2, at: now)
        }
    }

    private mutating func search(_ target: Bytes32) {
        servers[target]?.phase = .searching
        servers[target]?.dueAt = .max
        if startQuery(target, .external(.findPeer), for: .server(target)) == nil { found([], forServer: target) }
    }

    mutating func found(_ closest: [DHTReply], forServer target: Bytes32) {
        guard let server = servers[target], server.phase == .searching else { return }
        guard !server.isStopping else { return withdrawAll(target) }
        servers[target]?.freshNodes = []
        var asked = 0
        for reply in closest where asked < DHTWire.announceNodes {
            guard ask(.announce, at: reply, by: server.identity, .announce(server: target)) else { continue }
            asked += 1
        }
        servers[target]?.phase = .announcing(left: asked)
        // The time is not known here; the next poll ends it.
        if asked == 0 { servers[target]?.dueAt = .min }
    }

    /// `false` where the node has given neither a name nor a token.
    private mutating func ask(
        _ kind: Announcement.Kind, at reply: DHTReply, by identity: KeyPair, _ purpose: PendingRequests.Purpose
    ) -> Bool {
        guard let id = reply.id, let token = reply.token else { return false }
        let target = identity.publicKey.target
        let place = Announcement.Place(target: target, nodeID: id, token: token)
        let command: DHTCommand.External = kind == .announce ? .announce : .unannounce
        pending.ask(
            PendingRequests.Question(
                to: reply.from, command: .external(command), target: target, token: token,
                value: Announcement(kind, by: identity, at: place).bytes, purpose: purpose))
        return true
    }

    mutating func announced(_ reply: DHTReply?, forServer target: Bytes32, at now: Int64) {
        guard case .announcing(let left) = servers[target]?.phase else { return }
        servers[target]?.phase = .announcing(left: left - 1)
        if let reply, reply.error == 0 {
            servers[target]?.freshNodes.append(reply.from)
            servers[target]?.seenAs[reply.from] = reply.to
        }
        if left <= 1 { announcementEnded(target, at: now) }
    }

    private mutating func announcementEnded(_ target: Bytes32, at now: Int64) {
        guard var server = servers[target] else { return }
        let stale = server.nodes.filter { !server.freshNodes.contains($0) }
        let isNews = Set(server.nodes) != Set(server.freshNodes)
        (server.nodes, server.freshNodes, server.rounds) = (server.freshNodes, [], 0)
        server.nodesWanted = server.nodes.count
        if server.nodes.isEmpty {
            server.failed(at: now, numbers: &numbers)
            events.append(.announceFailed(server: server.identity.publicKey))
        } else {
            (server.phase, server.failures, server.dueAt) = (.announced, 0, now + DHTWire.keepAliveInterval)
            if isNews { events.append(.announced(server: server.identity.publicKey, nodes: server.nodes)) }
        }
        servers[target] = server
        for node in stale { withdraw(target, at: node) }
        servers[target]?.forgetStrangers()
        if server.isStopping { withdrawAll(target) }
    }

    // MARK: Taking back

    private mutating func withdrawAll(_ target: Bytes32) {
        for node in servers[target]?.nodes ?? [] { withdraw(target, at: node) }
        servers[target]?.nodes = []
        servers[target]?.phase = .waiting
        servers[target]?.dueAt = .max
        endIfStopped(target)
    }

    /// First a token, then what it is for.
    private mutating func withdraw(_ target: Bytes32, at node: IPv4Address) {
        servers[target]?.withdrawalsLeft += 1
        pending.ask(
            .init(
                to: node, command: .external(.findPeer), target: target, retries: 1,
                purpose: .withdrawal(server: target)))
    }

    mutating func withdraw(_ reply: DHTReply, forServer target: Bytes32) {
        guard let identity = servers[target]?.identity,
            ask(.unannounce, at: reply, by: identity, .unannounce(server: target))
        else { return unannounced(forServer: target) }
    }

    mutating func unannounced(forServer target: Bytes32) {
        servers[target]?.withdrawalsLeft -= 1
        endIfStopped(target)
    }

    private mutating func endIfStopped(_ target: Bytes32) {
        guard let server = servers[target], server.isStopping, server.withdrawalsLeft == 0, server.phase == .waiting
        else { return }
        servers[target] = nil
        events.append(.unannounced(server: server.identity.publicKey))
    }
}
