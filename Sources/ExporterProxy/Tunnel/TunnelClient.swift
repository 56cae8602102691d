import HyperDHT

/// Has metrics, and lets one bridge scrape them: registers an alias there, and serves the channel of metrics.
///
/// Decides; never reads, writes or waits. Events of the network go into ``received(_:from:at:)``, those of connections
/// that are not its own are left aside. ``poll(_:at:)`` is due after anything has happened on the network, and at
/// ``nextDeadline``. Then ``nextEvent()`` says what the shell has to do. Time is in nanoseconds of a clock that only
/// goes forward.
///
/// Where the client is ``Way/listening``, the shell has the network listen as ``identity``, serving ``serving`` to whom
/// ``Settings/bridge`` names, and says when that is ``announced(at:)``.
package struct TunnelClient: Sendable {
    /// What is answered to the bridge.
    package static let serving: [ChannelName: Set<String>] = [ScrapeProtocol.channel: [ScrapeProtocol.method]]
    /// What fits into an answer with what stands around it.
    package static let textBytesMax = RPCChannel.bodyBytesMax - 16

    struct Link: Sendable {
        let role: Role
        /// `nil` until it is open.
        var peer: Peer?
        var openedAt: Int64 = 0
        var scrapes = 0
    }

    package let settings: Settings
    /// Of the metrics server; what the alias stands for.
    package let identity: KeyPair
    /// Who calls the bridge. Bridges of the first generation take two connections with one key for the same.
    let caller: KeyPair
    package internal(set) var counters = TunnelClientCounters()

    var numbers: Randomness
    var links: [PeerNumber: Link] = [:]
    var registration: Registration
    var dial: Dial?
    var scrapes: [ScrapeNumber: Scrape] = [:]
    var nextScrape = 1
    var lastScrapeAt: Int64?
    var lastScrapeFailure: ScrapeFailure?
    var isStopped = false
    private var events: [Event] = []

    /// `registration` calls the bridge where the client does not dial it for good.
    package init(
        _ settings: Settings, identity: KeyPair, registration caller: KeyPair = .random(), at now: Int64,
        numbers: Randomness = Randomness()
    ) {
        (self.settings, self.identity, self.numbers) = (settings, identity, numbers)
        switch settings.way {
        case .listening:
            self.caller = caller
            registration = Registration(settings, dueAt: now + settings.announcementTimeout)
        case .dialling:
            self.caller = identity
            registration = Registration(settings, dueAt: .max)
            dial = Dial(settings, dueAt: now)
        }
    }

    // MARK: What happens

    package mutating func received(_ event: PeerEvent, from network: inout some PeerNetwork, at now: Int64) {
        guard !isStopped else { return }
        switch event {
        case .opened(let number, let peer): opened(number, peer, in: &network, at: now)
        case .rpc(let number, let event) where links[number] != nil: heard(event, on: number, in: &network, at: now)
        case .closed(let number, let end): closed(number, end, in: &network, at: now)
        case .refused(let server, let caller, let address) where server == identity.publicKey:
            counters.blocked += 1
            note(.blocked(caller, address: address))
        // What stays unanswered does so because the connection ends; of that we hear.
        case .rpc, .refused, .unanswered: break
        }
    }

    /// Our server can be found now: we register at once, unless we have begun to.
    package mutating func announced(at now: Int64) {
        guard settings.way == .listening, !isStopped, !registration.hasBegun else { return }
        registration.dueAt = min(registration.dueAt, now)
    }

    private mutating func opened(
        _ number: PeerNumber, _ peer: Peer, in network: inout some PeerNetwork, at now: Int64
    ) {
        if let link = links[number] {
            links[number]?.peer = peer
            links[number]?.openedAt = now
            noteConnected(link.role, peer)
            askIfPossible(in: &network, at: now)
            return
        }
        guard peer.server == identity.publicKey, settings.way == .listening else { return }
        guard peer.key == settings.bridge else {
            // Whoever listens for us was to let in nobody else.
            counters.blocked += 1
            note(.blocked(peer.key, address: peer.address))
            network.end(number, at: now)
            return
        }
        links[number] = Link(role: .scraper, peer: peer, openedAt: now)
        registration.earlyAt = nil
        noteConnected(.scraper, peer)
    }

    private mutating func noteConnected(_ role: Role, _ peer: Peer) {
        counters.connectionsOpened += 1
        note(.connected(role, peer))
    }

    private mutating func closed(
        _ number: PeerNumber, _ end: PeerEnd, in network: inout some PeerNetwork, at now: Int64
    ) {
        guard let link = links.removeValue(forKey: number) else { return }
        giveUpScrapes { $0.peer == number }
        if let peer = link.peer {
            counters.connectionsClosed += 1
            if !end.isOrderly { counters.connectionsBroken += 1 }
            note(.disconnected(link.role, peer, end, lasted: now - link.openedAt))
        }
        switch link.role {
        case .scraper: scraperHasGone(at: now)
        case .registration: break
        case .bridge: bridgeHasGone(link, end, at: now)
        }
        guard registration.attempt?.peer == number else { return }
        // Of a dial in vain it is said that it was.
        fail(.noConnection(end), in: &network, at: now, isSaid: link.role != .bridge || link.peer != nil)
    }

    private mutating func heard(
        _ event: RPCConnection.Event, on number: PeerNumber, in network: inout some PeerNetwork, at now: Int64
    ) {
        switch event {
        case .request(let channel, let id, _, let body):
            asked(Question(peer: number, channel: channel, id: id), body, in: &network, at: now)
        case .answer(let channel, let id, let result):
            guard registration.attempt?.isAsked(number, channel, id) == true else { return }
            answered(result, in: &network, at: now)
        case .closed(let channel, let name, _):
            channelClosed(channel, name, on: number, in: &network, at: now)
        case .opened, .notice, .refusedChannel, .refusedRequest: break
        }
    }

    private mutating func channelClosed(
        _ channel: Mux.Channel, _ name: ChannelName, on number: PeerNumber, in network: inout some PeerNetwork,
        at now: Int64
    ) {
        if name == ScrapeProtocol.channel {
            giveUpScrapes { $0.peer == number && $0.channel == channel }
            // So that a new one is made.
            network.end(number, at: now)
        } else if name == AliasProtocol.channel {
            registrationChannelClosed(channel, on: number, in: &network, at: now)
        }
    }

    // MARK: Time

    /// Does what is due.
    package mutating func poll(_ network: inout some PeerNetwork, at now: Int64) {
        guard !isStopped else { return }
        failOverdueScrapes(over: &network, at: now)
        dialIfDue(in: &network, at: now)
        registerIfDue(in: &network, at: now)
    }

    /// When to call ``poll(_:at:)`` if nothing else happens before; nil for never.
    package var nextDeadline: Int64? {
        guard !isStopped else { return nil }
        let next = min(registration.deadline, dial?.deadline ?? .max, scrapes.values.map(\.until).min() ?? .max)
        return next == .max ? nil : next
    }

    /// Ends all connections; nothing happens any more. What was answered before still goes out.
    package mutating func stop(_ network: inout some PeerNetwork, at now: Int64) {
        guard !isStopped else { return }
        isStopped = true
        for number in links.keys.sorted(by: { $0.value < $1.value }) { network.end(number, at: now) }
        scrapes = [:]
    }

    // MARK: What is to be done

    /// What has happened, one at a time, until nil.
    package mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

    mutating func note(_ event: Event) { events.append(event) }

    package var status: TunnelClientStatus {
        let open = links.values.filter { $0.peer != nil }.sorted { $0.openedAt < $1.openedAt }
        return TunnelClientStatus(
            way: settings.way, publicKey: identity.publicKey, bridge: settings.bridge, alias: settings.alias,
            service: settings.service, hostname: settings.hostname, registration: registration.last,
            isRegistering: registration.attempt != nil, nextRegistrationAt: registration.nextAt,
            nextDialAt: dial?.nextAt,
            connections: open.map { link in
                .init(
                    role: link.role, address: link.peer?.address ?? "", since: link.openedAt, scrapes: link.scrapes)
            },
            lastScrapeAt: lastScrapeAt, lastScrapeFailure: lastScrapeFailure)
    }
}
