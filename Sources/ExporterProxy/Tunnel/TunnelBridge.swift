import HyperDHT

/// Knows clients by their aliases, keeps a connection with each, and scrapes them.
///
/// Decides; never reads, writes or waits. Each event of a network goes into ``take(_:over:in:at:)``, also such as are
/// for others who share the network: they are left aside. ``poll(in:at:)`` is due at ``nextDeadline``. After any of it
/// the events are to be taken, and the networks to be polled. Time is that of ``Moment/monotonic``.
package struct TunnelBridge: Sendable {
    /// What a peer that calls the bridge may ask for: how its network is to serve the bridge's key.
    package static let serving: [ChannelName: Set<String>] = [AliasProtocol.channel: [AliasProtocol.method]]
    private static let notesMax = 1024

    /// Whose the other side of a connection is.
    enum Side: Sendable {
        case caller(HyperDHT.Peer)
        case called(PublicKey)

        var key: PublicKey {
            switch self {
            case .caller(let peer): peer.key
            case .called(let key): key
            }
        }
    }

    enum Due: Hashable, Sendable {
        /// Its call takes too long, or it is to be called.
        case client(PublicKey)
        case caller(TunnelLink)
        case scrape(BridgeScrapeNumber)
    }

    struct Scrape: Sendable {
        let alias: String
        let key: PublicKey
        /// `nil` while it waits for a connection.
        var asked: Asked?

        struct Asked: Sendable {
            let link: TunnelLink
            let channel: Mux.Channel
            let id: UInt64
            let at: Int64
        }
    }

    package let settings: BridgeSettings
    package internal(set) var counters = BridgeCounters()
    let identity: KeyPair
    let secret: Secret
    var registry: AliasRegistry
    var limits: RegistrationLimits
    var clients: [PublicKey: BridgeClient] = [:]
    var sides: [TunnelLink: Side] = [:]
    var scrapes: [BridgeScrapeNumber: Scrape] = [:]
    var dues = DueTimes<Due>()
    var numbers: Randomness
    var callsCount = 0
    /// Scrapes that clients have been asked for.
    var askedCount = 0
    private var nextScrape: UInt64 = 0
    private var events: [BridgeEvent] = []
    private var notesCount = 0
    var targetsHaveChanged = false
    var heldAnswers = HeldAnswers()
    /// To be ended behind the answer.
    var refusedLinks: [TunnelLink] = []

    /// `identity` is whom clients admit, and call to register. `targets` are those that were known before.
    package init(
        _ settings: BridgeSettings = BridgeSettings(), as identity: KeyPair, secret: Secret,
        restoring targets: [AliasTarget] = [], numbers: Randomness = Randomness(), at now: Int64
    ) {
        (self.settings, self.identity, self.secret, self.numbers) = (settings, identity, secret, numbers)
        registry = AliasRegistry(settings.aliases)
        limits = RegistrationLimits(settings.registrations)
        for target in targets { restore(target, at: now) }
    }

    /// When to call ``poll(in:at:)`` if nothing else happens before; nil for never.
    package var nextDeadline: Int64? { [dues.next, registry.nextExpiry].compactMap { $0 }.min() }

    /// What has happened since it was asked for last.
    package mutating func takeEvents() -> [BridgeEvent] {
        defer { (events, notesCount) = ([], 0) }
        return events
    }

    /// The list for targets.json, where it is another one than before; ``targetsWritten(_:in:)`` says what came of it.
    package mutating func takeTargets() -> [AliasTarget]? {
        guard targetsHaveChanged else { return nil }
        targetsHaveChanged = false
        if settings.keepsTargets { heldAnswers.begin() }
        return targets
    }

    package var aliasCount: Int { registry.count }

    package var targets: [AliasTarget] { registry.all.map(\.target) }

    package func aliases() -> [AliasReport] {
        registry.all.compactMap { entry in clients[entry.target.key].map { Self.report(entry, $0) } }
    }

    private static func report(_ entry: AliasRegistry.Entry, _ client: BridgeClient) -> AliasReport {
        let line = client.openLine
        return AliasReport(
            target: entry.target, registeredAt: entry.registeredAt, seenAt: entry.seenAt, state: client.state,
            since: client.since, lastScrapeAt: client.lastScrapeAt, lastError: client.lastError,
            transport: line?.link.transport, address: line?.address)
    }

    // MARK: What happens

    package mutating func take(
        _ event: PeerEvent, over transport: TunnelTransport, in networks: inout some PeerNetworks, at now: Int64
    ) {
        switch event {
        case .opened(let peer, let who): opened(TunnelLink(transport, peer), who, in: &networks, at: now)
        case .rpc(let peer, let event): take(event, of: TunnelLink(transport, peer), in: &networks, at: now)
        case .unanswered(let peer, let channel, let id):
            failScrape(TunnelLink(transport, peer), channel, id, .cutOff("the peer has ended"), at: now)
        case .closed(let peer, let end): closed(TunnelLink(transport, peer), end, in: &networks, at: now)
        case .refused(identity.publicKey, let caller, let address):
            counters.callersNotLetIn += 1
            note(.stranger(caller, address: address))
        case .refused: break
        }
    }

    private mutating func take(
        _ event: RPCConnection.Event, of link: TunnelLink, in networks: inout some PeerNetworks, at now: Int64
    ) {
        guard let side = sides[link] else { return }
        switch event {
        case .opened(let channel, _): channelOpened(channel, of: link, in: &networks, at: now)
        case .closed(let channel, _, _): channelClosed(channel, of: link, in: &networks, at: now)
        case .answer(let channel, let id, let result): answered(link, channel, id, result, at: now)
        case .request(let channel, let id, _, let body):
            guard case .caller(let peer) = side else { return }
            let question = RegistrationQuestion(link: link, channel: channel, id: id, peer: peer)
            take(body, as: question, in: &networks, at: now)
            for link in refusedLinks { networks.end(link, at: now) }
            refusedLinks = []
        case .refusedChannel: counters.channelsRefused += 1
        case .refusedRequest, .notice: counters.requestsRefused += 1
        }
    }

    /// Does what is due.
    package mutating func poll(in networks: inout some PeerNetworks, at now: Int64) {
        expire(in: &networks, at: now)
        while let due = dues.popDue(at: now) {
            switch due {
            case .client(let key): clientIsDue(key, in: &networks, at: now)
            case .caller(let link): callerIsDue(link, in: &networks, at: now)
            case .scrape(let number): timedOut(number, in: &networks, at: now)
            }
        }
    }

    /// Ends all connections behind what was said, and all scrapes. Nothing is to be asked of it after.
    package mutating func stop(in networks: inout some PeerNetworks, at now: Int64) {
        for number in scrapes.keys { finish(number, .unavailable(.givenUp), at: now) }
        for link in sides.keys { networks.end(link, at: now) }
        (clients, sides, dues, callsCount) = ([:], [:], DueTimes(), 0)
    }

    // MARK: For its parts

    mutating func newScrapeNumber() -> BridgeScrapeNumber {
        nextScrape += 1
        return BridgeScrapeNumber(value: nextScrape)
    }

    mutating func note(_ note: BridgeNote) {
        guard notesCount < Self.notesMax else {
            counters.notesDropped += 1
            return
        }
        notesCount += 1
        events.append(.note(note))
    }

    mutating func tell(_ number: BridgeScrapeNumber, _ outcome: BridgeScrapeOutcome) {
        counters.scrapes[outcome.name, default: 0] += 1
        if case .text(let text) = outcome { counters.scrapeBytes += text.count }
        events.append(.finished(number, outcome))
    }
}
