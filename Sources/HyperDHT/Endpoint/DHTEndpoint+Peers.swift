extension DHTEndpoint: PeerNetwork {
    /// The number is there before anybody has been found: channels can be opened and requests made, which go out when the
    /// peer has answered. Ours and those that peers make do not replace each other: whoever calls the same peer twice has
    /// two connections, of which the peer may end one.
    package mutating func connect(
        to key: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> PeerNumber {
        let number = number()
        counters.calls += 1
        guard shutdownUntil == nil, occupied < limits.connectionsMax else {
            counters.close(.tooMany)
            notices.append(.closed(number, .tooMany))
            return number
        }
        let slot = add(EndpointLink(number, to: key, serving: methods, limits: limits.channel, at: now))
        let connect = node.connect(to: key, as: identity, at: now)
        links[slot]?.connect = connect
        slotsByConnect[connect] = slot
        nodeIsTouched = true
        takeNodeEvents(at: now)
        return number
    }

    package mutating func withChannel<Value>(of peer: PeerNumber, _ use: (inout SecureChannel) -> Value) -> Value? {
        guard let slot = slots[peer] else { return nil }
        touch(slot)
        return links[slot]?.withChannel(use)
    }

    /// Of a peer that has not been found nothing more is said.
    package mutating func end(_ peer: PeerNumber, at now: Int64) {
        guard let slot = slots[peer] else { return }
        end(slot, at: now)
    }

    mutating func end(_ slot: Int, at now: Int64) {
        let isCalling = links[slot]?.isCalling == true
        links[slot]?.withChannel { isCalling ? $0.destroy() : $0.end(at: now) }
        touch(slot)
    }

    /// What has happened with peers, one at a time, until nil. A peer that has called is heard of when it has shown who it
    /// is; until then it has no number that anybody knows, and nothing is told of its end.
    package mutating func nextEvent() -> PeerEvent? {
        if !notices.isEmpty { return notices.removeFirst() }
        while !eventful.isEmpty {
            if let event = nextEvent(of: eventful[0]) { return event }
            _ = eventful.removeFirst()
        }
        return nil
    }

    private mutating func nextEvent(of slot: Int) -> PeerEvent? {
        guard let event = links[slot]?.takeEvent() else {
            // While there were too many of them, nothing more was read.
            if links[slot]?.connection.unreadBytes ?? 0 > 0 { touch(slot) }
            return nil
        }
        if case .closed = event { told(slot) }
        return event
    }
}
