@testable import HyperDHT

/// Two ends, a path in each direction, and one clock that nobody waits for.
struct SimulatedPair {
    var left: SimulatedEnd
    var right: SimulatedEnd
    var toRight: SimulatedLink
    var toLeft: SimulatedLink
    private(set) var now: Int64 = 0
    /// More than this is no transfer, but two ends that never come to rest.
    var stepsMax = 2_000_000

    init(
        _ left: SimulatedEnd, _ right: SimulatedEnd, _ there: SimulatedLink.Conditions = .init(),
        _ back: SimulatedLink.Conditions? = nil, seed: UInt64 = 1
    ) {
        self.left = left
        self.right = right
        toRight = SimulatedLink(there, seed: seed &* 2)
        toLeft = SimulatedLink(back ?? there, seed: seed &* 2 &+ 1)
    }

    /// Two streams that know each other.
    static func streams(
        _ left: UDXConfiguration = UDXConfiguration(), _ right: UDXConfiguration? = nil
    ) -> (UDXStream, UDXStream) {
        (
            UDXStream(id: 1001, remoteID: 2002, configuration: left),
            UDXStream(id: 2002, remoteID: 1001, configuration: right ?? left)
        )
    }

    var bothAreClosed: Bool { left.closed != nil && right.closed != nil }
    /// Also, that everything has been read.
    var isOver: Bool { bothAreClosed && left.stream.unreadBytes == 0 && right.stream.unreadBytes == 0 }

    /// Until `isDone`, or `end`, or nothing will ever happen again.
    mutating func run(until end: Int64, _ isDone: (SimulatedPair) -> Bool = { _ in false }) {
        work()
        var steps = 0
        while !isDone(self), steps < stepsMax {
            guard let next = [toRight.nextAt, toLeft.nextAt, left.nextAt, right.nextAt].compactMap({ $0 }).min() else {
                return
            }
            guard next <= end else {
                now = end
                return
            }
            now = max(now, next)
            while let datagram = toRight.receive(at: now) { right.receive(datagram, at: now) }
            while let datagram = toLeft.receive(at: now) { left.receive(datagram, at: now) }
            work()
            steps += 1
        }
    }

    /// Lets time pass in which nothing happens.
    mutating func pause(for time: Int64) { now += time }

    private mutating func work() {
        left.work(at: now, to: &toRight)
        right.work(at: now, to: &toLeft)
    }
}
