@testable import HyperDHT

/// Two ends of a connection, a path in each direction, and one clock that nobody waits for.
struct ConnectionPair {
    var asking: PeerEnd
    var answering: PeerEnd
    private var there: SimulatedLink
    private var back: SimulatedLink
    private(set) var now: Int64 = 0
    /// Done to each datagram that arrives at the asking end.
    var onTheWayBack: ([UInt8]) -> [UInt8] = { $0 }

    init(
        _ conditions: SimulatedLink.Conditions = .init(), seed: UInt64 = 1,
        askingLimits: SecureChannel.Limits = .init(),
        answeringLimits: SecureChannel.Limits = .init()
    ) throws {
        let sessions = try NoiseSession.pair()
        let (left, right) = SimulatedPair.streams()
        asking = PeerEnd(
            PeerConnection(sessions.0, over: left, serving: Answers.serving, limits: askingLimits, at: 0))
        answering = PeerEnd(
            PeerConnection(sessions.1, over: right, serving: Answers.serving, limits: answeringLimits, at: 0))
        there = SimulatedLink(conditions, seed: seed &* 2)
        back = SimulatedLink(conditions, seed: seed &* 2 &+ 1)
    }

    var bothAreOver: Bool { asking.end != nil && answering.end != nil }

    /// Until `isDone`, or `end`, or nothing will ever happen again.
    mutating func run(until end: Int64, _ isDone: (ConnectionPair) -> Bool = { _ in false }) throws {
        try work()
        while !isDone(self) {
            let own = [asking, answering].compactMap { $0.hasVanished ? nil : $0.connection.nextDeadline }
            guard let next = ([there.nextAt, back.nextAt].compactMap { $0 } + own).min(), next <= end else {
                now = max(now, end)
                return
            }
            now = max(now, next)
            while let datagram = there.receive(at: now) { answering.receive(datagram, at: now) }
            while let datagram = back.receive(at: now) { asking.receive(onTheWayBack(datagram), at: now) }
            try work()
        }
    }

    private mutating func work() throws {
        try asking.work(at: now, to: &there)
        try answering.work(at: now, to: &back)
    }
}
