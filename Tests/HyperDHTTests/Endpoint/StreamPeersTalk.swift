@testable import HyperDHT

/// A called and a calling side, and the streams between them: what a shell would do, without a socket.
struct StreamPeersTalk {
    /// One side, and what it has been told to do.
    struct Side {
        var peers: StreamPeers
        let keys = KeyPair.random()
        var events: [PeerEvent] = []
        /// To be dialled, in order.
        var dials: [PeerNumber] = []
        /// Written and not carried yet.
        var written: [PeerNumber: [UInt8]] = [:]
        var isReading: [PeerNumber: Bool] = [:]
        var ended: Set<PeerNumber> = []
        var closed: [PeerNumber: Bool] = [:]
        var channels: [PeerNumber: Mux.Channel] = [:]
        /// Whether requests are answered.
        var answers = true
    }

    /// The ends of one stream.
    struct Stream {
        let caller: PeerNumber
        let called: PeerNumber
        /// What the ends were told of the other's end.
        var callerKnows = false
        var calledKnows = false
    }

    var calling: Side
    var called: Side
    var streams: [Stream] = []
    var now: Int64 = 0
    var admits = true
    /// Whether what is written goes anywhere.
    var carries = true
    private var numbers: SeededNumbers

    init(
        seed: UInt64 = 1, bounds: StreamPeers.Bounds = .init(),
        limits: SecureChannel.Limits = StreamConnection.limits
    ) {
        numbers = SeededNumbers(seed: seed)
        calling = Side(peers: StreamPeers(bounds: bounds, limits: limits))
        called = Side(peers: StreamPeers(bounds: bounds, limits: limits))
    }

    mutating func connect() -> PeerNumber {
        calling.peers.connect(to: called.keys.publicKey, as: calling.keys, serving: Answers.serving, at: now)
    }

    mutating func accept(host: String = "10.0.0.1") throws(StreamPeers.Refusal) -> PeerNumber {
        let isAdmitted = admits
        return try called.peers.accept(as: called.keys, serving: Answers.serving, host: host, at: now) { _ in
            isAdmitted
        }
    }

    /// Makes a stream for the first that is to be dialled.
    mutating func dial(host: String = "10.0.0.1") throws {
        try settle()
        let caller = calling.dials.removeFirst()
        streams.append(Stream(caller: caller, called: try accept(host: host)))
        calling.peers.dialled(caller, address: "bridge:443", at: now)
    }

    /// A connection that both have opened, with a channel for requests.
    mutating func open() throws -> Stream {
        let peer = connect()
        try dial()
        try calling.ask(peer, [], at: now)
        try exchange()
        (calling.events, called.events) = (calling.events.filter(\.isNoChannel), called.events.filter(\.isNoChannel))
        return streams[streams.count - 1]
    }

    /// Until neither has anything to do.
    mutating func exchange() throws {
        var isMoving = true
        while isMoving {
            try settle()
            isMoving = false
            for index in streams.indices where carries {
                let (there, back) = (carry(index, fromCaller: true), carry(index, fromCaller: false))
                isMoving = isMoving || there || back
            }
        }
    }

    /// What the caller has written reaches the called side, and nothing goes back.
    mutating func carryThere(_ stream: Stream) throws {
        try settle()
        let bytes = calling.written.removeValue(forKey: stream.caller) ?? []
        called.peers.received(bytes[...], of: stream.called, at: now)
        try settle()
    }

    /// Both do what is due, and take what has happened.
    mutating func settle() throws {
        try Self.settle(&calling, at: now)
        try Self.settle(&called, at: now)
    }

    static func settle(_ side: inout Side, at now: Int64) throws {
        repeat {
            side.peers.poll(at: now)
            while let action = side.peers.nextAction() { act(action, &side) }
            while let event = side.peers.nextEvent() { try heed(event, &side) }
        } while side.peers.isPollDue
    }

    private static func act(_ action: StreamAction, _ side: inout Side) {
        switch action {
        case .dial(let peer, _): side.dials.append(peer)
        case .write(let peer, let bytes): side.written[peer, default: []] += bytes
        case .setReading(let peer, let isReading): side.isReading[peer] = isReading
        case .end(let peer): side.ended.insert(peer)
        case .close(let peer, let afterWrites): side.closed[peer] = afterWrites
        }
    }

    private static func heed(_ event: PeerEvent, _ side: inout Side) throws {
        side.events.append(event)
        if case .rpc(let peer, .opened(let channel, _)) = event { side.channels[peer] = channel }
        guard case .rpc(let peer, .request(let channel, let id, _, let body)) = event, side.answers else { return }
        let answer = try Answers.answer(to: body)
        _ = side.peers.withChannel(of: peer) { $0.answer(id, on: channel, with: .success(answer)) }
    }

    /// Some of what one end of a stream has written goes to the other. Answers whether anything happened.
    private mutating func carry(_ index: Int, fromCaller: Bool) -> Bool {
        let limit = Int.random(in: 1...100_000, using: &numbers)
        var stream = streams[index]
        defer { streams[index] = stream }
        return fromCaller
            ? Self.carry(&calling, stream.caller, &called, stream.called, &stream.calledKnows, limit, now)
            : Self.carry(&called, stream.called, &calling, stream.caller, &stream.callerKnows, limit, now)
    }

    private static func carry(
        _ from: inout Side, _ source: PeerNumber, _ to: inout Side, _ target: PeerNumber, _ knows: inout Bool,
        _ limit: Int, _ now: Int64
    ) -> Bool {
        guard to.peers.isReading(target) || from.closed[source] != nil else { return false }
        let bytes = Array((from.written[source] ?? []).prefix(limit))
        if !bytes.isEmpty {
            from.written[source]?.removeFirst(bytes.count)
            to.peers.received(bytes[...], of: target, at: now)
            from.peers.wrote(bytes.count, to: source, at: now)
            return true
        }
        guard !knows, from.ended.contains(source) || from.closed[source] != nil else { return false }
        knows = true
        to.peers.receivedEnd(of: target, at: now)
        return true
    }
}

extension StreamPeersTalk.Side {
    /// In words, without what is large.
    var told: [String] {
        events.map { event in
            switch event {
            case .opened(let peer, let who): "\(peer.value) opened \(who.address)"
            case .rpc(let peer, .answer(_, let id, .success(let body))): "\(peer.value) answer \(id): \(body.count)"
            case .rpc(let peer, .request(_, let id, _, _)): "\(peer.value) request \(id)"
            case .rpc(let peer, .opened): "\(peer.value) channel"
            case .rpc(let peer, _): "\(peer.value) other"
            case .unanswered(let peer, _, let id): "\(peer.value) unanswered \(id)"
            case .closed(let peer, let end): "\(peer.value) closed: \(end)"
            case .refused(_, _, let address): "refused \(address)"
            }
        }
    }

    /// Asks for so many bytes each, on one channel for each peer. It is opened first, and takes a round.
    mutating func ask(_ peer: PeerNumber, _ sizes: [Int], at now: Int64) throws {
        let known = channels[peer]
        channels[peer] = try peers.withChannel(of: peer) { secure in
            Result {
                let channel = try known ?? secure.open(Answers.channel)
                for size in sizes {
                    _ = try secure.request(channel, Answers.method, Answers.request(of: size), at: now)
                }
                return channel
            }
        }?.get()
    }
}

extension PeerEvent {
    fileprivate var isNoChannel: Bool { if case .rpc(_, .opened) = self { false } else { true } }
}
