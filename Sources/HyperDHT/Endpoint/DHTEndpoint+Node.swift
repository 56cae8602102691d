extension DHTEndpoint {
    /// Lets peers call `identity`, from now on until ``stop(_:at:)``, and keeps it announced. `methods` are those that are
    /// answered, by the channel that a peer may open for them.
    ///
    /// `isAdmitted` is asked about the key that a caller shows, before it has proved that it is its own. `false` where it
    /// can be called already, or still, as its announcements are being taken back.
    @discardableResult
    package mutating func listen(
        as identity: KeyPair, serving methods: [ChannelName: Set<String>],
        isAdmitted: @escaping @Sendable (PublicKey) -> Bool, at now: Int64
    ) -> Bool {
        guard shutdownUntil == nil, node.listen(identity, at: now, isAdmitted: isAdmitted) else { return false }
        serving[identity.publicKey] = methods
        nodeIsTouched = true
        return true
    }

    /// Other nodes to begin with than before; where none is known, they are asked at once.
    package mutating func use(bootstrap: [IPv4Address], at now: Int64) {
        node.use(bootstrap: bootstrap, at: now)
        nodeIsTouched = true
        takeNodeEvents(at: now)
    }

    /// Nobody can call it any more. Connections that it has stay. ``NodeEvent/unannounced(server:)`` ends it.
    package mutating func stop(_ server: PublicKey, at now: Int64) {
        guard serving.removeValue(forKey: server) != nil else { return }
        stopping.insert(server)
        node.stop(server)
        nodeIsTouched = true
        takeNodeEvents(at: now)
    }

    /// What has happened with the node, one at a time, until nil.
    package mutating func nextNodeEvent() -> NodeEvent? { nodeNotices.isEmpty ? nil : nodeNotices.removeFirst() }

    /// An event may make a stream, whose first packet is at hand: this comes before the packet is looked at.
    mutating func takeNodeEvents(at now: Int64) {
        while let event = node.nextEvent() {
            switch event {
            case .ready: note(.ready)
            case .publicAddress(let address): note(.publicAddress(address))
            case .announced(let server, let nodes): note(.announced(server: server, nodes: nodes))
            case .announceFailed(let server): note(.announceFailed(server: server))
            case .unannounced(let server):
                stopping.remove(server)
                note(.unannounced(server: server))
            case .refused(let server, let caller, let address): refused(caller, calling: server, from: address)
            case .accepted(let server, let found): accept(found, calling: server, at: now)
            case .alsoCalledFrom(let streamID, let address): alsoSaid(slotsByStream[streamID], at: address)
            case .connected(let connect, let found): connected(connect, found, at: now)
            case .alsoSaidAt(let connect, let address): alsoSaid(slotsByConnect[connect], at: address)
            case .connectFailed(let connect, let failure): failed(connect, failure)
            case .queryReply, .queryFinished: break
            }
        }
    }

    private mutating func note(_ event: NodeEvent) {
        if nodeNotices.count < limits.noticesMax { nodeNotices.append(event) } else { counters.noticesDropped += 1 }
    }

    private mutating func refused(_ caller: PublicKey, calling server: PublicKey, from address: IPv4Address) {
        guard notices.count < limits.noticesMax else {
            counters.noticesDropped += 1
            return
        }
        notices.append(.refused(server: server, caller: caller, address: address.description))
    }

    private mutating func connected(_ connect: Int, _ found: DHTConnection, at now: Int64) {
        if let slot = slotsByConnect[connect] { begin(slot, found, at: now) }
    }

    private mutating func alsoSaid(_ slot: Int?, at address: IPv4Address) {
        guard let slot else { return }
        links[slot]?.isAlso(at: address)
        touch(slot)
    }

    private mutating func failed(_ connect: Int, _ failure: ConnectFailure) {
        guard let slot = slotsByConnect.removeValue(forKey: connect) else { return }
        links[slot]?.connect = nil
        links[slot]?.failure = .unreachable(failure)
        links[slot]?.withChannel { $0.destroy() }
        touch(slot)
    }
}

// MARK: - The end

extension DHTEndpoint {
    /// Ends everything politely: servers are unannounced, connections end behind what was said. What has not come to its
    /// end after ``EndpointLimits/shutdownTime`` is destroyed. Nothing new begins any more.
    package mutating func shutDown(at now: Int64) {
        guard shutdownUntil == nil else { return }
        shutdownUntil = now + limits.shutdownTime
        for server in serving.keys { stop(server, at: now) }
        for slot in links.indices where links[slot]?.isOver == false { end(slot, at: now) }
    }

    /// Whether all that ``shutDown(at:)`` has begun is through, and what the last poll gave is the last that has to be sent.
    package var isDown: Bool { shutdownUntil != nil && living == 0 && (stopping.isEmpty || hasGivenUp) }

    /// Ends all connections at once. What was not yet sent is lost; the peers hear that nothing follows.
    package mutating func destroyAll() {
        for slot in links.indices where links[slot]?.isOver == false {
            links[slot]?.withChannel { $0.destroy() }
            touch(slot)
        }
    }
}
