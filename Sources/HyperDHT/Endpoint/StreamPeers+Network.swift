extension StreamPeers {
    package mutating func connect(
        to key: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> PeerNumber {
        let peer = nextNumber()
        guard entries.count < bounds.peersMax else {
            events.append(.closed(peer, .tooMany))
            return peer
        }
        var limits = limits
        limits.confirmTimeout += bounds.dialTimeout
        do throws(NoiseError) {
            let connection = try StreamConnection(
                calling: key, as: identity, serving: methods, limits: limits, at: now)
            entries[peer] = Entry(connection, server: nil, host: nil)
            actions.append(.dial(peer, key))
            counters.dials += 1
            touch(peer)
        } catch {
            events.append(.closed(peer, .unreachable(.badKey)))
        }
        return peer
    }

    package mutating func withChannel<Value>(
        of peer: PeerNumber, _ use: (inout SecureChannel) -> Value
    ) -> Value? {
        guard let value = entries[peer]?.withChannel(use) else { return nil }
        touch(peer)
        return value
    }

    package mutating func end(_ peer: PeerNumber, at now: Int64) {
        entries[peer]?.connection.channel.end(at: now)
        touch(peer)
    }

    package mutating func nextEvent() -> PeerEvent? {
        if !events.isEmpty { return events.removeFirst() }
        while !eventful.isEmpty {
            let peer = eventful.removeFirst()
            entries[peer]?.isEventful = false
            // One of each in turn: who has many keeps nobody waiting.
            if let event = nextEvent(of: peer) { return event }
        }
        return nil
    }

    private mutating func nextEvent(of peer: PeerNumber) -> PeerEvent? {
        let wasReading = isReading(peer)
        guard let event = entries[peer]?.connection.channel.nextEvent() else { return nil }
        if isReading(peer) != wasReading { touch(peer) } else { mark(peer) }
        switch event {
        case .confirmed(let key): return opened(peer, key)
        case .rpc(let event): return .rpc(peer, event)
        case .unanswered(let channel, let id): return .unanswered(peer, channel, id: id)
        case .closed(let end): return closed(peer, end)
        }
    }

    private mutating func opened(_ peer: PeerNumber, _ key: PublicKey) -> PeerEvent? {
        guard let entry = entries[peer] else { return nil }
        counters.opened += 1
        return .opened(peer, Peer(key: key, server: entry.server, address: entry.address))
    }

    private mutating func closed(_ peer: PeerNumber, _ end: ConnectionEnd) -> PeerEvent? {
        settle(peer)
        mark(peer)
        guard let entry = entries.removeValue(forKey: peer) else { return nil }
        deadlines.remove(peer)
        counters.closed += 1
        if let host = entry.host { places.end(host) }
        let closed = PeerEvent.closed(peer, entry.failure.map(PeerEnd.notDialled) ?? .over(end))
        guard case .noise(.refused(let caller)) = end, let server = entry.server else { return closed }
        counters.notAdmitted += 1
        events.append(closed)
        return .refused(server: server, caller: caller, address: entry.address)
    }
}
