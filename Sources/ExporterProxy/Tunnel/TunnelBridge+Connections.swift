import HyperDHT

/// One connection with each client: the newest over which it can be asked, whichever side has made it.
extension TunnelBridge {
    mutating func opened(_ link: TunnelLink, _ who: HyperDHT.Peer, in networks: inout some PeerNetworks, at now: Int64)
    {
        switch sides[link] {
        case .called(let key):
            guard let index = clients[key]?.index(of: link), clients[key]?.lines[index].phase == .opening else {
                networks.end(link, at: now)
                return
            }
            clients[key]?.lines[index].address = who.address
        case .caller: break
        case nil:
            guard who.server == identity.publicKey else { return }
            counters.callers += 1
            sides[link] = .caller(who)
            dues.set(.caller(link), at: now + settings.strangerTimeout)
            guard clients[who.key] != nil else { return }
            openLine(of: who.key, over: link, who.address, in: &networks, at: now)
        }
    }

    mutating func openLine(
        of key: PublicKey, over link: TunnelLink, _ address: String, in networks: inout some PeerNetworks,
        at now: Int64
    ) {
        let opened = networks.withChannel(of: link) { channel in
            Result { () throws(MuxError) in try channel.open(ScrapeProtocol.channel) }
        }
        // Where it is over already, that is going to be said.
        guard let opened else { return }
        guard case .success(let channel) = opened else {
            networks.end(link, at: now)
            return
        }
        change(key, at: now) { $0.lines.append(.init(link: link, channel: channel, address: address)) }
        if case .caller = sides[link] { dues.set(.caller(link), at: now + settings.callTimeout) }
        guard let client = clients[key], client.lines.count > BridgeClient.linesMax else { return }
        networks.end(client.lines[0].link, at: now)
        removeLine(of: key, over: client.lines[0].link, "there are newer connections", at: now)
    }

    /// From now on the client is asked over this connection alone.
    mutating func channelOpened(
        _ channel: Mux.Channel, of link: TunnelLink, in networks: inout some PeerNetworks, at now: Int64
    ) {
        guard let side = sides[link], let client = clients[side.key], let index = client.index(of: link),
            client.lines[index].channel == channel, client.lines[index].phase == .opening
        else { return }
        if client.call == .calling(link) {
            change(side.key, at: now) { $0.call = .none }
        } else {
            endCall(of: side.key, in: &networks, at: now)
            endWait(of: side.key, at: now)
        }
        dues.remove(.client(side.key))
        for line in client.lines where line.phase == .open { networks.end(line.link, at: now) }
        change(side.key, at: now) { client in
            if case .caller = side { client.callsUs = true }
            for other in client.lines.indices where client.lines[other].phase == .open {
                client.lines[other].phase = .ending
            }
            (client.lines[index].phase, client.lines[index].openedAt) = (.open, now)
            client.lastError = nil
        }
        counters.connections[link.transport, default: 0] += 1
        note(.connected(side.key, alias: client.name, link.transport, address: client.lines[index].address))
        askWaiting(side.key, in: &networks, at: now)
    }

    /// By the client. One that calls to register need not have metrics; to any other the connection is of no use.
    mutating func channelClosed(
        _ channel: Mux.Channel, of link: TunnelLink, in networks: inout some PeerNetworks, at now: Int64
    ) {
        guard let side = sides[link], let client = clients[side.key], let index = client.index(of: link),
            client.lines[index].channel == channel
        else { return }
        let isRefused = client.lines[index].phase == .opening
        if case .caller = side, isRefused {
            dues.set(.caller(link), at: now + settings.callerIdleTimeout)
            change(side.key, at: now) { $0.callsUs = false }
        } else {
            networks.end(link, at: now)
        }
        lost(link, of: side.key, isRefused ? "it serves no metrics" : "it has closed the channel", at: now)
    }

    mutating func closed(_ link: TunnelLink, _ end: PeerEnd, in networks: inout some PeerNetworks, at now: Int64) {
        guard let side = sides.removeValue(forKey: link) else { return }
        dues.remove(.caller(link))
        lost(link, of: side.key, end.description, at: now)
    }

    mutating func lost(_ link: TunnelLink, of key: PublicKey, _ why: String, at now: Int64) {
        guard let client = clients[key] else { return }
        removeLine(of: key, over: link, why, at: now)
        if client.call == .calling(link) {
            callFailed(key, why, at: now)
        } else {
            restore(key, why, at: now)
        }
    }

    /// Where there is no connection any more, and none is on its way.
    mutating func restore(_ key: PublicKey, _ why: String, at now: Int64) {
        guard let client = clients[key], client.openLine == nil, !client.isConnecting else { return }
        failWaiting(key, why, at: now)
        if client.call == .none, !client.callsUs { _ = callLater(key, at: now) }
    }

    /// What was asked over it will not be answered.
    mutating func removeLine(of key: PublicKey, over link: TunnelLink, _ why: String, at now: Int64) {
        guard let client = clients[key], let index = client.index(of: link) else { return }
        let line = client.lines[index]
        let wasSteady = line.hasAnswered || now - line.openedAt >= settings.steadyAfter
        change(key, at: now) { client in
            client.lines.remove(at: index)
            if line.phase == .open, wasSteady { client.pauses.reset() }
        }
        for number in line.requests.values { finish(number, .unavailable(.cutOff(why)), at: now) }
        guard line.phase == .open else { return }
        change(key, at: now) { client in (client.lastError, client.whyNotConnected) = (why, why) }
        counters.disconnections += 1
        note(.disconnected(key, alias: client.name, why: why))
    }
}
