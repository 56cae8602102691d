/// All that lives behind one UDP socket: a node of the DHT, its servers, and connections with peers.
///
/// It decides and never acts. The shell hands in datagrams and the time, and after any call, or several, asks
/// ``poll(at:into:)`` for what is to be sent; and asks it again at ``nextDeadline(after:)``. After each poll it takes the
/// events, of peers by ``nextEvent()`` and of the node by ``nextNodeEvent()``. The time never goes backwards; where it
/// begins does not matter.
///
/// What a peer costs while nothing happens is one look at each of its deadlines. A connection is polled when it was
/// touched or is due, and no other is looked at.
///
/// Packets of a stream are taken from the address that the first one came from. A peer whose NAT gives it another address
/// in between is not heard any more; its connection times out on both sides and is made anew.
///
/// There must be one of it: a copy that sends too would use the keys of its connections twice.
package struct DHTEndpoint: Sendable {
    package let limits: EndpointLimits
    package internal(set) var counters = EndpointCounters()

    var node: DHTNode
    /// The node has something to do.
    var nodeIsTouched = true
    var nodeDeadline: Int64 = .min
    private var nodeOutgoing: [DHTOutgoing] = []
    /// What is answered, by the server that is called.
    var serving: [PublicKey: [ChannelName: Set<String>]] = [:]
    /// Servers that are being unannounced.
    var stopping: Set<PublicKey> = []

    /// By slot. What stands in a dictionary would be moved out and in again for each packet.
    var links: [EndpointLink?] = []
    var freeSlots: [Int] = []
    var slots: [PeerNumber: Int] = [:]
    var slotsByConnect: [Int: Int] = [:]
    var slotsByStream: [UInt32: Int] = [:]
    /// Connections that peers have made, and in which they have shown who they are.
    var slotsByEnds: [EndpointLink.Ends: Int] = [:]
    var nextNumber = 1

    /// Connections whose end has not been heard of, those that are not over, and of the callers among them some more.
    var occupied = 0
    var living = 0
    var unconfirmed = 0
    var hosts = HostShares()
    /// Of the callers those that are not confirmed.
    var unconfirmedHosts = HostQueues<PeerNumber>()

    /// Slots, in the order in which their turn comes. Where the link says otherwise there is nothing to do.
    var touched = RingQueue<Int>()
    var eventful = RingQueue<Int>()
    var deadlines = DueTimes<Int>()
    /// In the order in which they are given up: callers that are not confirmed, and connections that are over.
    var callers = RingQueue<PeerNumber>()
    var lingering = RingQueue<Lingerer>()

    var notices = RingQueue<PeerEvent>()
    var nodeNotices = RingQueue<NodeEvent>()
    /// When all that is not over by itself is ended, and whether that has happened.
    var shutdownUntil: Int64?
    var hasGivenUp = false

    /// A connection whose number nobody has any more. Its slot may be another's by now.
    struct Lingerer {
        let slot: Int
        let number: PeerNumber
    }

    package init(
        _ configuration: DHTConfiguration, limits: EndpointLimits = .init(), at now: Int64,
        numbers: Randomness = Randomness()
    ) {
        self.limits = limits
        node = DHTNode(configuration, at: now, numbers: numbers)
        takeNodeEvents(at: now)
    }

    /// Where others see us, as far as it is known.
    package var publicAddress: IPv4Address? { node.publicAddress }
    /// Whether the NAT between us and others gives us another port for each of them, so that no hole can be made.
    package var isBehindRandomNAT: Bool { node.firewall == .random }
    package var nodeCounters: DHTCounters { node.counters }
    /// How many other nodes are known.
    package var nodesKnown: Int { node.table.count }
    /// Connections in which the peer has shown who it is or is about to, with those that are being made.
    package var connectionCount: Int { living }
    /// Peers that have called and not yet shown that they have the keys.
    package var unconfirmedCount: Int { unconfirmed }

    /// How many things it remembers; bounded, whoever sends what.
    package var size: Int {
        node.size + slots.count + slotsByConnect.count + slotsByStream.count + slotsByEnds.count + hosts.count
            + unconfirmedHosts.count + callers.count + lingering.count + notices.count + nodeNotices.count
            + touched.count + eventful.count
    }
}

// MARK: - Datagrams and time

extension DHTEndpoint {
    /// Takes a datagram that came on the socket, whosever it is.
    package mutating func received(_ datagram: ArraySlice<UInt8>, from: IPv4Address, at now: Int64) {
        counters.datagramsReceived += 1
        counters.bytesReceived += datagram.count
        let streamID = UDXPacket.streamID(of: datagram)
        if let streamID, let slot = slotsByStream[streamID] {
            receivedPacket(datagram, of: slot, from: from, at: now)
            return
        }
        // The first packet of a stream may be what tells the node where a peer is. Then an event of it makes the stream.
        node.received(datagram, from: from, at: now)
        nodeIsTouched = true
        takeNodeEvents(at: now)
        guard let streamID else { return }
        if let slot = slotsByStream[streamID] {
            receivedPacket(datagram, of: slot, from: from, at: now)
        } else {
            counters.unknownStream += 1
        }
    }

    private mutating func receivedPacket(
        _ datagram: ArraySlice<UInt8>, of slot: Int, from: IPv4Address, at now: Int64
    ) {
        guard links[slot]?.comes(from: from) == true else {
            counters.wrongSource += 1
            return
        }
        cancelConnect(slot)
        links[slot]?.connection.receive(datagram, at: now)
        touch(slot)
    }

    /// Does what is due, and appends what is to be sent.
    package mutating func poll(at now: Int64, into datagrams: inout OutgoingDatagrams) {
        let (count, bytes) = (datagrams.count, datagrams.bytesCount)
        if let shutdownUntil, shutdownUntil <= now, !hasGivenUp {
            hasGivenUp = true
            destroyAll()
        }
        pollNode(at: now, into: &datagrams)
        while let slot = deadlines.popDue(at: now) { touch(slot) }
        // Those that have more to send have their next turn after the others.
        for _ in 0..<touched.count where datagrams.count - count < limits.datagramsPerPoll {
            poll(touched.removeFirst(), at: now, into: &datagrams)
        }
        counters.datagramsSent += datagrams.count - count
        counters.bytesSent += datagrams.bytesCount - bytes
    }

    /// When to call ``poll(at:into:)`` if nothing else happens before; `.max` for never.
    package func nextDeadline(after now: Int64) -> Int64 {
        guard touched.isEmpty, !nodeIsTouched else { return now }
        let next = min(nodeDeadline, deadlines.next ?? .max)
        return max(now, hasGivenUp ? next : min(next, shutdownUntil ?? .max))
    }

    private mutating func pollNode(at now: Int64, into datagrams: inout OutgoingDatagrams) {
        guard nodeIsTouched || nodeDeadline <= now else { return }
        node.poll(at: now, into: &nodeOutgoing)
        for datagram in nodeOutgoing { datagrams.append(datagram) }
        nodeOutgoing.removeAll(keepingCapacity: true)
        takeNodeEvents(at: now)
        nodeIsTouched = false
        nodeDeadline = node.nextDeadline(after: now)
    }

    private mutating func poll(_ slot: Int, at now: Int64, into datagrams: inout OutgoingDatagrams) {
        guard slot < links.count, links[slot]?.isTouched == true,
            let outcome = links[slot]?.poll(at: now, into: &datagrams)
        else { return }
        counters.polls += 1
        settle(slot, outcome, at: now)
    }

    mutating func touch(_ slot: Int) {
        guard links[slot]?.isTouched == false else { return }
        links[slot]?.isTouched = true
        touched.append(slot)
    }
}
