import HyperDHT
import Synchronization

/// What a tunnel's thread has seen, as of late.
package struct TunnelSnapshot: Sendable {
    var node = DHTCounters()
    var endpoint = EndpointCounters()
    var streams = StreamPeers.Counters()
    /// Nodes of the DHT that are known, connections that are open or being made, of each transport.
    var nodesKnown = 0
    var connections = 0
    var streamConnections = 0
    /// Datagrams that the kernel would not take.
    var datagramsRefused = 0
    /// Whether there is a node, or streams alone.
    var usesDHT = true
    var publicAddress: IPv4Address?
    var isBehindRandomNAT = false
    var part = Part.node

    enum Part: Sendable {
        case node
        case client(TunnelClientStatus, TunnelClientCounters)
        case bridge(BridgeCounters, aliases: Int, key: PublicKey)
    }
}

/// Where a tunnel's thread puts what it has seen, for whoever asks: not after each datagram, but soon.
package final class TunnelBoard: Sendable {
    private static let interval: Int64 = 100_000_000

    private struct State {
        var snapshot = TunnelSnapshot()
        var putAt = Int64.min
        /// Something has happened since.
        var isDue = false
    }

    private let state = Mutex(State())

    package init() {}

    var snapshot: TunnelSnapshot { state.withLock { $0.snapshot } }

    /// For the thread: whether to put something now, since something has happened.
    func isDue(at now: Int64) -> Bool {
        state.withLock { state in
            state.isDue = true
            return now >= state.putAt &+ Self.interval
        }
    }

    /// When the thread is to look after it, whatever happens.
    var nextDeadline: Int64? { state.withLock { $0.isDue ? $0.putAt + Self.interval : nil } }

    func put(_ snapshot: TunnelSnapshot, at now: Int64) {
        state.withLock { $0 = State(snapshot: snapshot, putAt: now) }
    }
}
