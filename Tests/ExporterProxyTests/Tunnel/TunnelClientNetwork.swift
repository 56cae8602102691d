@testable import ExporterProxy
@testable import HyperDHT

/// The client's side of a network in memory, with a bridge on the other side: real connections, whose bytes are carried
/// by hand.
struct TunnelClientNetwork: PeerNetwork {
    /// What the bridge does with who calls it.
    enum Manner: Equatable {
        case registers
        case refuses(String)
        /// Answers a request with these bytes.
        case answers([UInt8])
        case fails(RPCFailure)
        /// Takes the request and says nothing.
        case isSilent
        /// Has no channel for it.
        case servesNothing
        /// Takes no bytes and gives none.
        case isDead
        case cannotBeReached
    }

    struct Line {
        var own: StreamConnection
        var far: StreamConnection
        /// `nil` where the client has called.
        let server: PublicKey?
        /// Nothing gets through in either direction.
        var isCut = false
        var ownIsTold = false
        var farIsTold = false
        var farEvents: [SecureChannel.Event] = []
    }

    static let bridgeAddress = "192.0.2.1:1"

    let bridge: KeyPair
    var manner = Manner.registers
    /// Whether a channel is there before the connection is open, as over the DHT it is not.
    var isSlowToFind = false
    private(set) var lines: [PeerNumber: Line] = [:]
    /// What the far sides of lines that are over have heard.
    private var heard: [PeerNumber: [SecureChannel.Event]] = [:]
    /// In which the bridge was called.
    private(set) var calls: [(number: PeerNumber, identity: PublicKey, at: Int64)] = []
    private(set) var registrations: [AliasProtocol.Request] = []
    private var events: [PeerEvent] = []
    private var last = 0

    init(bridge: KeyPair = .random()) { self.bridge = bridge }

    // MARK: For the client

    mutating func connect(
        to key: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> PeerNumber {
        let number = nextNumber()
        calls.append((number, identity.publicKey, now))
        guard manner != .cannotBeReached, key == bridge.publicKey,
            let own = try? StreamConnection(calling: key, as: identity, serving: methods, at: now)
        else {
            events.append(.closed(number, .unreachable(.notFound)))
            return number
        }
        let served = manner == .servesNothing ? [:] : [AliasProtocol.channel: Set([AliasProtocol.method])]
        let far = StreamConnection(calledAs: bridge, serving: served, at: now) { _ in true }
        lines[number] = Line(own: own, far: far, server: nil, isCut: manner == .isDead)
        return number
    }

    mutating func withChannel<Value>(of peer: PeerNumber, _ use: (inout SecureChannel) -> Value) -> Value? {
        guard var line = lines[peer], !isSlowToFind else { return nil }
        defer { lines[peer] = line }
        return use(&line.own.channel)
    }

    mutating func end(_ peer: PeerNumber, at now: Int64) { lines[peer]?.own.channel.end(at: now) }

    mutating func nextEvent() -> PeerEvent? { events.isEmpty ? nil : events.removeFirst() }

    // MARK: For the other side

    /// Calls the client's server.
    mutating func call(
        _ server: KeyPair, as caller: KeyPair, admitting: @escaping @Sendable (PublicKey) -> Bool, at now: Int64
    ) throws -> PeerNumber {
        let number = nextNumber()
        let own = StreamConnection(
            calledAs: server, serving: TunnelClient.serving, at: now, isAdmitted: admitting)
        let far = try StreamConnection(calling: server.publicKey, as: caller, at: now)
        lines[number] = Line(own: own, far: far, server: server.publicKey)
        return number
    }

    mutating func withFar<Value>(of peer: PeerNumber, _ use: (inout StreamConnection) throws -> Value) throws -> Value {
        guard var line = lines[peer] else { throw NoSuchLine(number: peer.value) }
        defer { lines[peer] = line }
        return try use(&line.far)
    }

    struct NoSuchLine: Error { let number: Int }

    func farEvents(of peer: PeerNumber) -> [SecureChannel.Event] { lines[peer]?.farEvents ?? heard[peer] ?? [] }

    mutating func cut(_ peer: PeerNumber) { lines[peer]?.isCut = true }

    /// The way between both is gone, and both know it.
    mutating func lose(_ peer: PeerNumber) {
        lines[peer]?.own.lost()
        lines[peer]?.far.lost()
    }

    mutating func report(_ event: PeerEvent) { events.append(event) }

    private mutating func nextNumber() -> PeerNumber {
        last += 1
        return PeerNumber(last)
    }

    // MARK: Bytes and time

    var nextDeadline: Int64? {
        lines.values.flatMap { [$0.own.nextDeadline, $0.far.nextDeadline] }.compactMap(\.self).min()
    }

    /// Carries bytes until nobody has anything to say; answers whether anything was done.
    mutating func exchange(at now: Int64) -> Bool {
        var isMoving = false
        for number in lines.keys.sorted(by: { $0.value < $1.value }) {
            guard var line = lines[number] else { continue }
            // So that what follows is the only holder of the line.
            lines[number] = nil
            isMoving = move(&line, at: now) || isMoving
            let isOver = take(&line, number)
            bridge(&line, at: now)
            if isOver { heard[number] = line.farEvents } else { lines[number] = line }
        }
        return isMoving || !events.isEmpty
    }

    private func move(_ line: inout Line, at now: Int64) -> Bool {
        line.own.poll(at: now)
        line.far.poll(at: now)
        guard !line.isCut else { return false }
        let there = Self.move(&line.own, &line.far, &line.farIsTold, at: now)
        let back = Self.move(&line.far, &line.own, &line.ownIsTold, at: now)
        return there || back
    }

    private static func move(
        _ from: inout StreamConnection, _ to: inout StreamConnection, _ isTold: inout Bool, at now: Int64
    ) -> Bool {
        var hasMoved = false
        while to.isReading || to.channel.end != nil {
            let bytes = from.nextBytes(at: now)
            guard !bytes.isEmpty else { break }
            to.receive(bytes, at: now)
            from.took(bytes.count, at: now)
            hasMoved = true
        }
        if !isTold, from.wantsEnd || from.channel.end != nil {
            isTold = true
            to.receiveEnd(at: now)
            hasMoved = true
        }
        return hasMoved
    }

    /// The client's own events; answers whether that was the last one.
    private mutating func take(_ line: inout Line, _ number: PeerNumber) -> Bool {
        while let event = line.own.channel.nextEvent() {
            switch event {
            case .confirmed(let key):
                let address = line.server == nil ? Self.bridgeAddress : "192.0.2.2:\(number.value)"
                events.append(.opened(number, Peer(key: key, server: line.server, address: address)))
            case .rpc(let event): events.append(.rpc(number, event))
            case .unanswered(let channel, let id): events.append(.unanswered(number, channel, id: id))
            case .closed(.noise(.refused(let caller))):
                if let server = line.server {
                    events.append(.refused(server: server, caller: caller, address: "192.0.2.2:\(number.value)"))
                }
                return true
            case .closed(let end):
                events.append(.closed(number, .over(end)))
                return true
            }
        }
        return false
    }

    /// The bridge hears what it is asked.
    private mutating func bridge(_ line: inout Line, at now: Int64) {
        while let event = line.far.channel.nextEvent() {
            line.farEvents.append(event)
            guard case .rpc(.request(let channel, let id, AliasProtocol.method, let body)) = event,
                let request = try? AliasProtocol.Request(bytes: body)
            else { continue }
            registrations.append(request)
            guard let answer = answer else { continue }
            line.far.channel.answer(id, on: channel, with: answer)
        }
    }

    private var answer: Result<[UInt8], RPCFailure>? {
        switch manner {
        case .registers: .success(AliasProtocol.Reply.registered(isNew: registrations.count == 1).bytes)
        case .refuses(let sentence): .success(AliasProtocol.Reply.refused(sentence).bytes)
        case .answers(let bytes): .success(bytes)
        case .fails(let failure): .failure(failure)
        case .isSilent, .servesNothing, .isDead, .cannotBeReached: nil
        }
    }
}
