/// Somebody whose handshake has been answered, and who has not come yet.
struct Visitor: Sendable {
    /// Whose share it takes.
    struct Origin: Hashable, Sendable {
        /// The caller's; where no node at which we are announced says who that is, the host that has sent the
        /// handshake.
        var host: UInt32
        /// Whether it came through a node at which we are announced.
        var isKnown: Bool
    }

    var server: PublicKey
    var session: NoiseSession
    var remoteStreamID: UInt32
    let origin: Origin
    var until: Int64
    let forgetAt: Int64
    /// To be made where it has been offered.
    var hole: VisitorsHole?

    init(
        server: PublicKey, session: NoiseSession, remoteStreamID: UInt32, origin: Origin, hole: VisitorsHole?,
        at now: Int64
    ) {
        (self.server, self.session, self.remoteStreamID) = (server, session, remoteStreamID)
        (self.origin, self.hole) = (origin, hole)
        (until, forgetAt) = (now + DHTWire.handshakeLifetime, now + Punch.lifetimeMax)
    }

    var dueAt: Int64 { min(until, hole?.punches.dueAt ?? .max) }

    mutating func remember(until time: Int64) { until = min(max(until, time), forgetAt) }
}

/// The visitors, by their streams. Half of the room is for those who come through nodes at which we are announced, and
/// half for others; what one half leaves free the other may use. When all is full, the newest takes the place of the
/// oldest of the host that has most.
struct Visitors: Sendable {
    private let max: Int
    private var visitors: [UInt32: Visitor] = [:]
    private var due = DueTimes<UInt32>()
    private var known = HostQueues<UInt32>()
    private var strangers = HostQueues<UInt32>()

    init(max: Int) { self.max = max }

    var count: Int { visitors.count }
    var isEmpty: Bool { visitors.isEmpty }
    /// When the first of them is due; nil while there is none.
    var nextDueAt: Int64? { due.next }

    /// Changes one that is there.
    subscript(streamID: UInt32) -> Visitor? {
        get { visitors[streamID] }
        set {
            guard let newValue, visitors[streamID] != nil else { return }
            visitors[streamID] = newValue
            due.set(streamID, at: newValue.dueAt)
        }
    }

    /// Who has to go first, so that there is room for one more.
    func inTheWay(of origin: Visitor.Origin) -> UInt32? {
        guard visitors.count >= max else { return nil }
        let (own, others) = origin.isKnown ? (known, strangers) : (strangers, known)
        return (own.count < max / 2 ? others : own).oldestOfLargest ?? others.oldestOfLargest
    }

    private static func half(of origin: Visitor.Origin) -> WritableKeyPath<Visitors, HostQueues<UInt32>> {
        origin.isKnown ? \.known : \.strangers
    }

    mutating func add(_ visitor: Visitor, as streamID: UInt32) {
        visitors[streamID] = visitor
        due.set(streamID, at: visitor.dueAt)
        self[keyPath: Self.half(of: visitor.origin)].append(streamID, of: visitor.origin.host)
    }

    mutating func remove(_ streamID: UInt32) -> Visitor? {
        guard let visitor = visitors.removeValue(forKey: streamID) else { return nil }
        due.remove(streamID)
        self[keyPath: Self.half(of: visitor.origin)].remove(streamID, of: visitor.origin.host)
        return visitor
    }

    /// Those that are due; each of them is then to be removed, or changed so that it is due later.
    mutating func takeDue(at now: Int64) -> [UInt32] {
        var streamIDs: [UInt32] = []
        while let streamID = due.popDue(at: now) { streamIDs.append(streamID) }
        return streamIDs
    }
}
