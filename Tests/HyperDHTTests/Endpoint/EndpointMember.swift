@testable import HyperDHT

/// An endpoint, with somebody who uses it: answers what it is asked, asks, and remembers what has happened.
struct EndpointMember {
    var endpoint: DHTEndpoint
    /// In its own network.
    let address: IPv4Address
    let natHost: UInt32?
    var isUp = true
    /// Whether it answers what it is asked.
    var answers = true
    /// Without the answers, which are long and have been looked at.
    private(set) var events: [PeerEvent] = []
    private(set) var nodeEvents: [NodeEvent] = []
    private(set) var opened: [PeerNumber] = []
    private(set) var peers: [PeerNumber: Peer] = [:]
    private(set) var closed: [PeerNumber: [HyperDHT.PeerEnd]] = [:]
    /// Own requests whose answer was the right one, and all that were answered.
    private(set) var right = 0
    private(set) var answered = 0
    private(set) var unanswered = 0
    private(set) var requests = 0
    /// Events that came behind the last one of their number, or before the first.
    private(set) var misplaced: [PeerEvent] = []
    private var channels: [PeerNumber: Mux.Channel] = [:]
    private var asked: [PeerNumber: [UInt64: Int]] = [:]

    init(_ endpoint: DHTEndpoint, address: IPv4Address, natHost: UInt32?) {
        (self.endpoint, self.address, self.natHost) = (endpoint, address, natHost)
    }

    /// Answers with what it sends. A poll is due again as long as there is more to do at this moment.
    mutating func work(at now: Int64) -> OutgoingDatagrams {
        var datagrams = OutgoingDatagrams()
        for _ in 0..<100 {
            endpoint.poll(at: now, into: &datagrams)
            while let event = endpoint.nextEvent() { heed(event) }
            while let event = endpoint.nextNodeEvent() { nodeEvents.append(event) }
            guard endpoint.nextDeadline(after: now) <= now else { break }
        }
        return datagrams
    }

    // MARK: What it does

    mutating func listen(
        as identity: KeyPair, at now: Int64, admits: @escaping @Sendable (PublicKey) -> Bool = { _ in true }
    ) {
        endpoint.listen(as: identity, serving: Answers.serving, isAdmitted: admits, at: now)
    }

    mutating func connect(to identity: KeyPair, as own: KeyPair = .random(), at now: Int64) -> PeerNumber {
        endpoint.connect(to: identity.publicKey, as: own, serving: Answers.serving, at: now)
    }

    mutating func ask(_ sizes: [Int], of peer: PeerNumber, at now: Int64) {
        let (known, result) = (channels[peer], asked[peer] ?? [:])
        let after = endpoint.withChannel(of: peer) { channel -> (Mux.Channel, [UInt64: Int])? in
            guard let opened = try? known ?? channel.open(Answers.channel) else { return nil }
            var after = result
            for size in sizes {
                guard let id = try? channel.request(opened, Answers.method, Answers.request(of: size), at: now) else {
                    continue
                }
                after[id] = size
            }
            return (opened, after)
        }
        if case (let channel, let after)?? = after { (channels[peer], asked[peer]) = (channel, after) }
    }

    // MARK: What happens to it

    private mutating func heed(_ event: PeerEvent) {
        switch event {
        case .opened(let number, let peer):
            if peers.updateValue(peer, forKey: number) != nil { misplaced.append(event) }
            opened.append(number)
        case .rpc(let number, let what):
            if peers[number] == nil { misplaced.append(event) }
            heed(what, of: number)
            if case .answer = what { return }
        case .unanswered: unanswered += 1
        case .closed(let number, let end): closed[number, default: []].append(end)
        case .refused: break
        }
        if let number = event.number, closed[number] != nil, !event.isClosed { misplaced.append(event) }
        events.append(event)
    }

    private mutating func heed(_ event: RPCConnection.Event, of peer: PeerNumber) {
        switch event {
        case .opened(let channel, Answers.channel): channels[peer] = channel
        case .request(let channel, let id, _, let body):
            requests += 1
            guard answers, let answer = try? Answers.answer(to: body) else { return }
            endpoint.withChannel(of: peer) { _ = $0.answer(id, on: channel, with: .success(answer)) }
        case .answer(_, let id, let result):
            answered += 1
            guard let size = asked[peer]?[id], case .success(let body) = result else { return }
            if body.elementsEqual(Answers.bytes(size)) { right += 1 }
        default: break
        }
    }

    // MARK: What is seen of it

    /// The numbers of those that were opened and are not closed.
    var living: [PeerNumber] { opened.filter { closed[$0] == nil } }
    var isAnnounced: Bool { nodeEvents.contains { if case .announced = $0 { true } else { false } } }
    var refusedCallers: [PublicKey] {
        events.compactMap { if case .refused(_, let caller, _) = $0 { caller } else { nil } }
    }
    /// A number was closed twice, or something came out of turn.
    var isOutOfOrder: Bool { !misplaced.isEmpty || closed.values.contains { $0.count != 1 } }
}

extension PeerEvent {
    var number: PeerNumber? {
        switch self {
        case .opened(let number, _), .rpc(let number, _), .unanswered(let number, _, _), .closed(let number, _): number
        case .refused: nil
        }
    }

    var isClosed: Bool { if case .closed = self { true } else { false } }
}
