// A connection is called for or accepted, then confirmed, over, told, and at last forgotten.
extension DHTEndpoint {
    mutating func number() -> PeerNumber {
        defer { nextNumber += 1 }
        return PeerNumber(nextNumber)
    }

    mutating func add(_ link: EndpointLink) -> Int {
        let slot = freeSlots.popLast() ?? links.count
        if slot == links.count { links.append(nil) }
        slots[link.number] = slot
        links[slot] = link
        occupied += 1
        living += 1
        return slot
    }

    mutating func begin(_ slot: Int, _ found: DHTConnection, at now: Int64) {
        let configuration = limits.stream
        links[slot]?.begin(found, configuration, at: now)
        slotsByStream[found.streamID] = slot
        node.streamsTaken.insert(found.streamID)
        touch(slot)
    }

    // MARK: Called

    /// A peer has called `server`, and says that it is `found.session.remote`. It may be somebody who repeats what that
    /// one has said, so nothing is ended for it yet.
    mutating func accept(_ found: DHTConnection, calling server: PublicKey, at now: Int64) {
        counters.called += 1
        // Where everybody is one host, no host is one caller; see the node's limits.
        let host = found.remoteAddress.scope == .loopback ? nil : found.remoteAddress.host
        guard let methods = serving[server] else { return counters.refuse(.stopped) }
        if let host, unconfirmedHosts[host].count >= limits.unconfirmedPerHostMax { makeRoomForCaller(of: host) }
        if let refusal = refusal(of: host) { return counters.refuse(refusal) }
        makeRoomForCaller()
        var link = EndpointLink(
            number(), to: found.session.remote, calledAs: server, serving: methods, limits: limits.channel, at: now)
        link.countedHost = host
        if let host {
            hosts.add(host)
            unconfirmedHosts.append(link.number, of: host)
        }
        unconfirmed += 1
        callers.append(link.number)
        begin(add(link), found, at: now)
    }

    private func refusal(of host: UInt32?) -> EndpointRefusal? {
        guard occupied < limits.connectionsMax else { return .connectionsMax }
        guard let host else { return nil }
        guard hosts[host] < limits.connectionsPerHostMax else { return .connectionsPerHostMax }
        return unconfirmedHosts[host].count < limits.unconfirmedPerHostMax ? nil : .unconfirmedPerHostMax
    }

    private mutating func makeRoomForCaller() {
        while !callers.isEmpty {
            let slot = slots[callers[0]]
            let isWaiting = slot.map { links[$0]?.isUnconfirmed == true } ?? false
            guard !isWaiting || unconfirmed >= limits.unconfirmedMax else { return }
            _ = callers.removeFirst()
            guard isWaiting, let slot else { continue }
            return giveUp(slot, .unconfirmedMax)
        }
    }

    /// Somebody else may have named this host. Who has come from there keeps his place.
    private mutating func makeRoomForCaller(of host: UInt32) {
        for number in unconfirmedHosts[host] {
            guard let slot = slots[number], links[slot]?.hasHeard == false else { continue }
            return giveUp(slot, .unconfirmedPerHostMax)
        }
    }

    private mutating func giveUp(_ slot: Int, _ reason: EndpointRefusal) {
        counters.refuse(reason)
        links[slot]?.withChannel { $0.destroy() }
        over(slot, .destroyed)
        touch(slot)
    }

    // MARK: Polled

    /// What follows from a poll of a connection.
    mutating func settle(_ slot: Int, _ outcome: EndpointLink.Outcome, at now: Int64) {
        if outcome.isConfirmed { confirm(slot, at: now) }
        if let end = outcome.end { over(slot, end) }
        if outcome.hasEvents { hasEvents(slot) }
        if links[slot]?.isForgettable == true {
            forget(slot)
        } else if let deadline = outcome.deadline, deadline <= now {
            touch(slot)
        } else {
            deadlines.set(slot, at: outcome.deadline)
        }
    }

    private mutating func hasEvents(_ slot: Int) {
        guard links[slot]?.hasEvents == false, links[slot]?.isTold == false else { return }
        links[slot]?.hasEvents = true
        eventful.append(slot)
    }

    private mutating func confirm(_ slot: Int, at now: Int64) {
        guard links[slot]?.isOpened == false else { return }
        isUnconfirmedNoMore(slot)
        links[slot]?.isOpened = true
        counters.opened += 1
        guard let ends = links[slot]?.ends else { return }
        guard let known = slotsByEnds[ends], let older = links[known]?.number, let number = links[slot]?.number else {
            slotsByEnds[ends] = slot
            return
        }
        // The peer has made the later one because it has no use for the other, whichever was slower.
        counters.superseded += 1
        end(older.value < number.value ? known : slot, at: now)
        if older.value < number.value { slotsByEnds[ends] = slot }
    }

    private mutating func isUnconfirmedNoMore(_ slot: Int) {
        guard links[slot]?.isUnconfirmed == true else { return }
        unconfirmed -= 1
        if let host = links[slot]?.countedHost, let number = links[slot]?.number {
            unconfirmedHosts.remove(number, of: host)
        }
    }

    // MARK: Over

    private mutating func over(_ slot: Int, _ end: ConnectionEnd) {
        guard links[slot]?.isOver == false else { return }
        cancelConnect(slot)
        let nobodyKnows = links[slot]?.isUnconfirmed == true
        isUnconfirmedNoMore(slot)
        links[slot]?.isOver = true
        living -= 1
        counters.close(links[slot]?.failure ?? .over(end))
        if let ends = links[slot]?.ends, slotsByEnds[ends] == slot { slotsByEnds[ends] = nil }
        if nobodyKnows { told(slot) }
    }

    /// Nobody is asked any more where the peer is.
    mutating func cancelConnect(_ slot: Int) {
        guard let connect = links[slot]?.connect else { return }
        node.cancel(connect: connect)
        slotsByConnect[connect] = nil
        links[slot]?.connect = nil
        nodeIsTouched = true
    }

    /// Its number means nothing any more. A peer that has missed the end may still be answered.
    mutating func told(_ slot: Int) {
        guard let number = links[slot]?.number, links[slot]?.isTold == false else { return }
        links[slot]?.isTold = true
        links[slot]?.hasEvents = false
        slots[number] = nil
        occupied -= 1
        if let host = links[slot]?.countedHost { hosts.remove(host) }
        linger(slot, number)
    }

    private mutating func linger(_ slot: Int, _ number: PeerNumber) {
        if links[slot]?.connection.isFinished == true { return forget(slot) }
        while let first = lingering.first, links[first.slot]?.number != first.number { _ = lingering.removeFirst() }
        if lingering.count >= limits.lingeringMax {
            let first = lingering.removeFirst()
            if links[first.slot]?.number == first.number { forget(first.slot) }
        }
        lingering.append(Lingerer(slot: slot, number: number))
    }

    private mutating func forget(_ slot: Int) {
        guard let streamID = links[slot]?.streamID else { return }
        if slotsByStream[streamID] == slot { slotsByStream[streamID] = nil }
        node.streamsTaken.remove(streamID)
        deadlines.remove(slot)
        links[slot] = nil
        freeSlots.append(slot)
    }
}
