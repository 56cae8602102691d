import HyperDHT
import Logging

/// A node of the DHT, and nothing else.
struct NodeRole: TunnelRole {
    typealias Message = Never

    let logger: Logger

    var nextDeadline: Int64? { nil }
    var streamServer: TunnelStreamServer? { nil }
    var snapshot: TunnelSnapshot.Part { .node }

    mutating func begin(in networks: inout Networks, at now: Int64) {}

    mutating func take(
        _ event: PeerEvent, over transport: TunnelTransport, in networks: inout Networks, at now: Int64
    ) {}

    mutating func take(_ event: NodeEvent, at now: Int64) { TunnelLog(logger: logger).say(event) }

    mutating func take(_ message: Never, in networks: inout Networks, at now: Int64) {}
    mutating func poll(in networks: inout Networks, at now: Int64) {}
    mutating func act(in networks: inout Networks, at now: Int64) {}
    mutating func stop(in networks: inout Networks, at now: Int64) {}
}
