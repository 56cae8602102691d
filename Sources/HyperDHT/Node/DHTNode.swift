/// A node of the DHT: finds servers by their keys, lets itself be found, and helps others to.
///
/// It decides and never acts. The shell hands in datagrams and the time, and after any call, or several, asks
/// ``poll(at:into:)`` for what is to be sent; and asks it again at ``nextDeadline``. What has happened is told by
/// ``nextEvent()``. The time never goes backwards; where it begins does not matter.
///
/// All goes over one socket, that of the streams too: the hole that a node keeps open in its NAT is that of the socket.
package struct DHTNode: Sendable {
    package private(set) var configuration: DHTConfiguration
    package internal(set) var counters = DHTCounters()
    package internal(set) var table: RoutingTable

    var numbers: Randomness
    var tokens: RoundTripTokens
    var pending: PendingRequests
    var reflexive = ReflexiveAddress()
    var store: AnnouncementStore
    var relayed: RelayedMessages
    var excess: RateLimit<UInt32>
    /// What goes to callers before a packet of them has come, in bytes.
    var unheard: RateLimit<Visitor.Origin>

    var queries: [Int: RunningQuery] = [:]
    var nextNumber = 1

    var servers: [Bytes32: Server] = [:]
    var answered: AnsweredHandshakes
    var visitors: Visitors
    /// Their streams, by what they call the hole that they want.
    var visitorsByHole: [UInt64: UInt32] = [:]
    var expectedPunches: ExpectedPunches
    /// By whether they come through nodes at which we are announced.
    var handshakesInAll: RateLimit<Bool>
    var handshakesOfHosts: RateLimit<UInt32>
    /// Without a relay: anybody can write any address on these.
    var handshakesOfDirect: RateLimit<UInt32>
    /// Through nodes at which we are announced.
    var handshakesOfRelays: RateLimit<IPv4Address>
    /// Through the host of any other node.
    var handshakesOfStrangers: RateLimit<UInt32>
    var signatures: RateLimit<UInt32>

    var connects: [Int: Connect] = [:]
    /// Whose stream it will be.
    var connectsByStream: [UInt32: Int] = [:]
    /// The ids of streams that are there: no other is given one of these.
    package var streamsTaken: Set<UInt32> = []

    var upkeep: Upkeep
    var delayedAnswers: [(at: Int64, outgoing: DHTOutgoing)] = []
    var outgoing: [DHTOutgoing] = []
    var events: [DHTEvent] = []
    private var eventsTaken = 0

    package init(_ configuration: DHTConfiguration, at now: Int64, numbers: Randomness = Randomness()) {
        var numbers = numbers
        self.configuration = configuration
        let named = configuration.isEphemeral ? nil : configuration.publicAddress
        table = RoutingTable(ownID: named.map(NodeID.of) ?? numbers.bytes32())
        tokens = RoundTripTokens(at: now, numbers: &numbers)
        pending = PendingRequests(waitingMax: configuration.waitingRequestsMax)
        store = AnnouncementStore(configuration)
        relayed = RelayedMessages(max: configuration.relayedMax, perHostMax: configuration.relayedPerHostMax)
        excess = RateLimit(configuration.excessBytesPerHost)
        unheard = RateLimit(configuration.excessBytesPerHost)
        expectedPunches = ExpectedPunches(
            max: configuration.expectedPunchesMax, perHostMax: configuration.expectedPunchesPerHostMax)
        visitors = Visitors(max: configuration.pendingHandshakesMax)
        answered = AnsweredHandshakes(max: configuration.handshakesKeptMax)
        handshakesInAll = RateLimit(configuration.handshakes)
        handshakesOfHosts = RateLimit(configuration.handshakesPerHost)
        handshakesOfDirect = RateLimit(configuration.handshakesPerHost)
        handshakesOfRelays = RateLimit(configuration.handshakesPerRelay)
        handshakesOfStrangers = RateLimit(configuration.handshakesPerRelay)
        signatures = RateLimit(configuration.signaturesPerHost)
        upkeep = Upkeep(at: now, namedAfter: named)
        self.numbers = numbers
        bootstrap()
    }

    /// What has happened, one at a time, until nil.
    package mutating func nextEvent() -> DHTEvent? {
        guard eventsTaken < events.count else { return nil }
        defer {
            eventsTaken += 1
            if eventsTaken == events.count { (events, eventsTaken) = ([], 0) }
        }
        return events[eventsTaken]
    }

    /// Where others see us, as far as it is known.
    package var publicAddress: IPv4Address? { configuration.publicAddress ?? reflexive.address }

    /// The name by which others may keep us.
    var ownID: Bytes32? { upkeep.isNamed ? table.ownID : nil }

    /// How many things it remembers; bounded, whoever sends what.
    package var size: Int {
        table.count + pending.count + store.forwardsCount + store.topicsCount + relayed.count + excess.count
            + queries.count + answered.count + visitors.count + connects.count + delayedAnswers.count
            + handshakesOfHosts.count + handshakesOfRelays.count + handshakesOfStrangers.count + signatures.count
            + handshakesOfDirect.count + unheard.count + visitorsByHole.count + expectedPunches.count
    }

    mutating func number() -> Int {
        defer { nextNumber += 1 }
        return nextNumber
    }
}

extension DHTNode {
    /// Takes a datagram that came on the socket. Those that are not the DHT's are left to others; but a packet of a
    /// stream that a peer has been promised may be the first sign of where that peer is, so hand them in here before
    /// their stream is looked for: then an event has made the stream already. Punches, of one byte, are the node's.
    package mutating func received(_ datagram: ArraySlice<UInt8>, from: IPv4Address, at now: Int64) {
        guard DHTDatagram.matches(datagram) else {
            if let id = UDXPacket.streamID(of: datagram) { receivedPacket(of: id, from: from) }
            if Punch.matches(datagram) { punched(from: from, at: now) }
            return
        }
        counters.datagramsReceived += 1
        guard datagram.count <= DHTWire.datagramBytesMax, from.scope != nil,
            let message = try? DHTDatagram(datagram)
        else { return counters.drop(.malformed) }
        switch message {
        case .request(let request): answer(request, bytes: datagram.count, from: from, at: now)
        case .response(let response): received(response, from: from, at: now)
        }
    }

    /// Other nodes to begin with than before; where none is known, they are asked at once.
    package mutating func use(bootstrap: [IPv4Address], at now: Int64) {
        guard bootstrap != configuration.bootstrap else { return }
        configuration.bootstrap = bootstrap
        guard table.count == 0 else { return }
        self.bootstrap()
        for target in servers.keys where servers[target]?.phase == .waiting { servers[target]?.dueAt = now }
    }

    /// Does what is due, and appends what is to be sent.
    package mutating func poll(at now: Int64, into datagrams: inout [DHTOutgoing]) {
        keepUp(at: now)
        keepServersAnnounced(at: now)
        attendToVisitors(at: now)
        advanceConnects(at: now)
        let due = pending.poll(at: now, numbers: &numbers)
        for question in due.slow { repeated(question) }
        for question in due.failed { unanswered(question, at: now) }
        for question in due.refused { failed(question, at: now) }
        for (tid, question) in due.send { send(question, tid: tid) }
        sendDelayedAnswers(at: now)
        counters.datagramsSent += outgoing.count
        datagrams += outgoing
        outgoing.removeAll(keepingCapacity: true)
    }

    /// When to call ``poll(at:into:)`` if nothing else happens before.
    package func nextDeadline(after now: Int64) -> Int64 {
        guard outgoing.isEmpty else { return now }
        let deadlines = [
            pending.nextDeadline(after: now), upkeep.tickAt, servers.values.lazy.map(\.dueAt).min(),
            visitors.nextDueAt, connects.values.lazy.map(\.dueAt).min(),
            delayedAnswers.lazy.map(\.at).min(),
        ]
        return max(now, deadlines.compactMap { $0 }.min() ?? .max)
    }

    private mutating func sendDelayedAnswers(at now: Int64) {
        guard !delayedAnswers.isEmpty else { return }
        for answer in delayedAnswers where answer.at <= now { outgoing.append(answer.outgoing) }
        delayedAnswers.removeAll { $0.at <= now }
    }
}
