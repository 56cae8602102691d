import HyperDHT

@testable import ExporterProxy

/// The bridge's connections over one transport, with clients that the test plays. Bytes move when the test says so.
struct BridgeTestNetwork: PeerNetwork {
    /// What a client does when it is asked for its metrics.
    enum Manner: Sendable {
        case says(String)
        case fails(String)
        /// An answer that is none.
        case raw([UInt8])
        case refuses(RPCFailure)
        case isSilent
        case closesTheChannel
    }

    struct Client: Sendable {
        let keys: KeyPair
        var manner: Manner
        var serving: [ChannelName: Set<String>] = [ScrapeProtocol.channel: [ScrapeProtocol.method]]
        /// Whether it answers calls.
        var isThere = true
    }

    private struct Pair: Sendable {
        var ours: StreamConnection
        var theirs: StreamConnection
        let client: PublicKey
        /// `nil` where the bridge has called.
        let server: PublicKey?
        let address: String
        var isOpen = false
        /// The client's process is gone: nothing moves any more.
        var isCut = false
        var weToldThem = false
        var theyToldUs = false
    }

    private let bridge: PublicKey
    var clients: [PublicKey: Client] = [:]
    /// What clients were answered, by their connection.
    private(set) var answers: [PeerNumber: [Result<ArraySlice<UInt8>, RPCFailure>]] = [:]
    private(set) var callsOfTheBridge = 0
    /// Bytes that move to the bridge before a client is cut off in the middle of what it says.
    var bytesUntilCut: Int?
    /// Whether clients hear nothing once they have shown who they are; what they say is heard.
    var isDeafToChannels = false
    private var pairs: [PeerNumber: Pair] = [:]
    private var touched: [PeerNumber] = []
    private var dues = DueTimes<PeerNumber>()
    private var events: [PeerEvent] = []
    private var nextNumber = 0

    init(bridge: PublicKey) { self.bridge = bridge }

    var nextDeadline: Int64? { dues.next }
    var openConnections: Int { pairs.values.count { $0.isOpen } }

    func numbers(of client: PublicKey) -> [PeerNumber] {
        pairs.filter { $0.value.client == client }.keys.sorted { $0.value < $1.value }
    }

    private mutating func newNumber() -> PeerNumber {
        nextNumber += 1
        return PeerNumber(nextNumber)
    }

    // MARK: As the bridge sees it

    mutating func connect(
        to key: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> PeerNumber {
        let number = newNumber()
        callsOfTheBridge += 1
        guard let client = clients[key], client.isThere,
            let ours = try? StreamConnection(calling: key, as: identity, serving: methods, at: now)
        else {
            events.append(.closed(number, .unreachable(.notFound)))
            return number
        }
        let bridge = bridge
        let theirs = StreamConnection(calledAs: client.keys, serving: client.serving, at: now) { $0 == bridge }
        pairs[number] = Pair(ours: ours, theirs: theirs, client: key, server: nil, address: "10.0.0.1:\(number.value)")
        touched.append(number)
        return number
    }

    mutating func withChannel<Value>(of peer: PeerNumber, _ use: (inout SecureChannel) -> Value) -> Value? {
        guard var ours = pairs[peer]?.ours else { return nil }
        defer { pairs[peer]?.ours = ours }
        touched.append(peer)
        return use(&ours.channel)
    }

    mutating func end(_ peer: PeerNumber, at now: Int64) {
        guard let pair = pairs[peer] else { return }
        touched.append(peer)
        if pair.isOpen { pairs[peer]?.ours.channel.end(at: now) } else { pairs[peer]?.ours.channel.destroy() }
    }

    mutating func nextEvent() -> PeerEvent? { events.isEmpty ? nil : events.removeFirst() }

    // MARK: As clients see it

    /// A client calls the bridge, or whichever `server`.
    mutating func call(
        _ server: KeyPair, as client: KeyPair, serving methods: [ChannelName: Set<String>] = [:],
        from address: String = "192.0.2.1:1000", answering served: [ChannelName: Set<String>] = TunnelBridge.serving,
        at now: Int64
    ) throws -> PeerNumber {
        let number = newNumber()
        var limits = StreamConnection.limits
        limits.silenceTimeout = nil
        let theirs = try StreamConnection(
            calling: server.publicKey, as: client, serving: methods, limits: limits, at: now)
        let ours = StreamConnection(calledAs: server, serving: served, at: now) { _ in true }
        pairs[number] = Pair(
            ours: ours, theirs: theirs, client: client.publicKey, server: server.publicKey, address: address)
        touched.append(number)
        return number
    }

    mutating func request(
        _ number: PeerNumber, _ channel: ChannelName, _ method: String, _ body: [UInt8], at now: Int64
    ) throws {
        guard var theirs = pairs[number]?.theirs else { return }
        let channel = try theirs.channel.open(channel)
        _ = try theirs.channel.request(channel, method, body, at: now)
        pairs[number]?.theirs = theirs
        touched.append(number)
    }

    /// The process of a client is gone; `isHeard` is whether its system says so.
    mutating func kill(_ client: PublicKey, isHeard: Bool) {
        for number in numbers(of: client) { kill(number, isHeard: isHeard) }
    }

    private mutating func kill(_ number: PeerNumber, isHeard: Bool) {
        pairs[number]?.isCut = true
        if isHeard { pairs[number]?.ours.lost() }
        touched.append(number)
    }

    mutating func end(clientsSideOf client: PublicKey, at now: Int64) {
        for number in numbers(of: client) {
            pairs[number]?.theirs.channel.end(at: now)
            touched.append(number)
        }
    }

    // MARK: Moving

    /// Until nobody has anything to say.
    mutating func move(at now: Int64) {
        while let due = dues.popDue(at: now) { touched.append(due) }
        while !touched.isEmpty {
            let numbers = Set(touched)
            touched = []
            for number in numbers.sorted(by: { $0.value < $1.value }) { move(number, at: now) }
        }
    }

    private mutating func move(_ number: PeerNumber, at now: Int64) {
        guard var pair = pairs[number] else { return }
        var isMoving = true
        while isMoving {
            pair.ours.poll(at: now)
            if !pair.isCut { pair.theirs.poll(at: now) }
            let isLost = pair.isCut || isDeafToChannels && pair.isOpen && pair.ours.channel.isOpen
            let there = Self.carry(&pair.ours, &pair.theirs, &pair.weToldThem, isLost, nil, at: now)
            let back =
                !pair.isCut && Self.carry(&pair.theirs, &pair.ours, &pair.theyToldUs, false, bytesUntilCut, at: now)
            if bytesUntilCut != nil, back { pair.isCut = true }
            takeEvents(of: &pair, number, at: now)
            isMoving = there || back
        }
        pairs[number] = pair
        if pair.ours.channel.end != nil {
            pairs[number] = nil
            dues.remove(number)
        } else {
            let deadlines = [pair.ours.nextDeadline, pair.isCut ? nil : pair.theirs.nextDeadline].compactMap { $0 }
            if let next = deadlines.min() { dues.set(number, at: max(next, now + 1)) }
        }
    }

    private static func carry(
        _ from: inout StreamConnection, _ to: inout StreamConnection, _ told: inout Bool, _ isLost: Bool,
        _ limit: Int?, at now: Int64
    ) -> Bool {
        guard to.isReading || isLost else { return false }
        let bytes = from.nextBytes(at: now).prefix(limit ?? .max)
        if !bytes.isEmpty {
            from.took(bytes.count, at: now)
            if !isLost { to.receive(bytes, at: now) }
            return true
        }
        guard from.wantsEnd || from.channel.end != nil, !told, !isLost else { return false }
        told = true
        to.receiveEnd(at: now)
        return true
    }

    private mutating func takeEvents(of pair: inout Pair, _ number: PeerNumber, at now: Int64) {
        while let event = pair.ours.channel.nextEvent() {
            switch event {
            case .confirmed(let key):
                pair.isOpen = true
                events.append(.opened(number, HyperDHT.Peer(key: key, server: pair.server, address: pair.address)))
            case .rpc(let event): events.append(.rpc(number, event))
            case .unanswered(let channel, let id): events.append(.unanswered(number, channel, id: id))
            case .closed(let end): events.append(.closed(number, .over(end)))
            }
        }
        while let event = pair.theirs.channel.nextEvent() {
            switch event {
            case .rpc(.answer(_, _, let result)): answers[number, default: []].append(result)
            case .rpc(.request(let channel, let id, _, _)):
                behave(&pair.theirs.channel, clients[pair.client]?.manner ?? .isSilent, channel, id)
            default: break
            }
        }
    }

    private func behave(_ side: inout SecureChannel, _ manner: Manner, _ channel: Mux.Channel, _ id: UInt64) {
        switch manner {
        case .says(let text):
            side.answer(id, on: channel, with: .success(ScrapeProtocol.Reply(.success(Array(text.utf8)[...])).bytes))
        case .fails(let message):
            side.answer(id, on: channel, with: .success(ScrapeProtocol.Reply(.failure(.init(message))).bytes))
        case .raw(let bytes): side.answer(id, on: channel, with: .success(bytes))
        case .refuses(let failure): side.answer(id, on: channel, with: .failure(failure))
        case .isSilent: break
        case .closesTheChannel: side.close(channel)
        }
    }
}
