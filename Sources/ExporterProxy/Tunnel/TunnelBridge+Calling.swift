import HyperDHT

/// When clients are called.
extension TunnelBridge {
    /// Changes a client, and what depends on its state.
    mutating func change(_ key: PublicKey, at now: Int64, _ change: (inout BridgeClient) -> Void) {
        guard let index = clients.index(forKey: key) else { return }
        let (state, call) = (clients.values[index].state, clients.values[index].call)
        change(&clients.values[index])
        if clients.values[index].state != state { clients.values[index].since = now }
        if case .calling = call { callsCount -= 1 }
        if case .calling = clients.values[index].call { callsCount += 1 }
    }

    /// A client was registered, by itself or by somebody of another key.
    mutating func settle(
        _ key: PublicKey, registeredBy peer: HyperDHT.Peer, on link: TunnelLink, in networks: inout some PeerNetworks,
        at now: Int64
    ) {
        guard let client = clients[key] else { return }
        let hasRestarted = client.registrar.map { $0 != peer.key } ?? false
        change(key, at: now) { client in
            (client.registrar, client.callsUs) = (peer.key, peer.key == key)
            client.isHastened = false
            client.pauses.reset()
        }
        if peer.key == key {
            endWait(of: key, at: now)
            if client.index(of: link) == nil { openLine(of: key, over: link, peer.address, in: &networks, at: now) }
        } else if client.openLine == nil || hasRestarted {
            call(key, in: &networks, at: now)
        }
    }

    mutating func call(_ key: PublicKey, in networks: inout some PeerNetworks, at now: Int64) {
        guard let client = clients[key] else { return }
        if case .calling = client.call { return }
        guard settings.mayCall else {
            change(key, at: now) { $0.callsUs = true }
            return
        }
        guard callsCount < settings.callsMax else {
            wait(for: key, until: now + RetryPauses.jittered(1_000_000_000, using: &numbers), at: now)
            return
        }
        counters.calls += 1
        let link = networks.connect(over: .dht, to: key, as: identity, serving: [:], at: now)
        sides[link] = .called(key)
        dues.set(.client(key), at: now + settings.callTimeout)
        change(key, at: now) { client in (client.call, client.hasBeenCalled) = (.calling(link), true) }
        // Goes out with the first bytes, so that nobody waits for another round.
        openLine(of: key, over: link, "", in: &networks, at: now)
    }

    /// Those that wait are called, one after the other: something has changed that may have been in the way.
    package mutating func callSoon(at now: Int64) {
        var place: Int64 = 0
        for (key, client) in clients where client.call == .waiting {
            dues.set(.client(key), at: now + place * settings.restoredCallInterval)
            place += 1
        }
    }

    mutating func wait(for key: PublicKey, until time: Int64, at now: Int64) {
        dues.set(.client(key), at: time)
        change(key, at: now) { $0.call = .waiting }
    }

    mutating func endWait(of key: PublicKey, at now: Int64) {
        guard clients[key]?.call == .waiting else { return }
        dues.remove(.client(key))
        change(key, at: now) { $0.call = .none }
    }

    mutating func endCall(of key: PublicKey, in networks: inout some PeerNetworks, at now: Int64) {
        guard case .calling(let link)? = clients[key]?.call else { return }
        networks.end(link, at: now)
        change(key, at: now) { client in
            client.call = .none
            if let index = client.index(of: link) { client.lines[index].phase = .ending }
        }
    }

    /// Gives how long to wait. A call that was made early does not lengthen the pauses.
    mutating func callLater(_ key: PublicKey, at now: Int64) -> Int64 {
        let isFailure = clients[key]?.isHastened == false
        let wait = clients[key]?.pauses.next(isFailure: isFailure, using: &numbers) ?? 0
        self.wait(for: key, until: now + wait, at: now)
        return wait
    }

    mutating func callFailed(_ key: PublicKey, _ why: String, at now: Int64) {
        guard let client = clients[key] else { return }
        counters.callsFailed += 1
        change(key, at: now) { client in
            (client.call, client.lastError, client.whyNotConnected) = (.none, why, why)
        }
        dues.remove(.client(key))
        failWaiting(key, why, at: now)
        guard client.openLine == nil else { return }
        let wait = callLater(key, at: now)
        note(.unreachable(key, alias: client.name, why: why, retryAfter: wait))
    }

    mutating func clientIsDue(_ key: PublicKey, in networks: inout some PeerNetworks, at now: Int64) {
        switch clients[key]?.call {
        case .calling(let link):
            endCall(of: key, in: &networks, at: now)
            removeLine(of: key, over: link, "it took too long", at: now)
            callFailed(key, "it took too long", at: now)
        case .waiting:
            change(key, at: now) { $0.isHastened = false }
            call(key, in: &networks, at: now)
        case .some(.none), nil: break
        }
    }

    /// It says nothing, or it is a client that does not open the channel for its metrics.
    mutating func callerIsDue(_ link: TunnelLink, in networks: inout some PeerNetworks, at now: Int64) {
        guard case .caller(let peer)? = sides[link] else { return }
        if let client = clients[peer.key], let index = client.index(of: link) {
            guard client.lines[index].phase != .open else { return }
            change(peer.key, at: now) { $0.callsUs = false }
            lost(link, of: peer.key, "it serves no metrics", at: now)
        }
        networks.end(link, at: now)
    }
}
