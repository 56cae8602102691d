import HyperDHT

/// Both networks of a tunnel.
typealias Networks = TunnelNetworks<DHTEndpoint, StreamPeers>

/// What stands on the connections of a tunnel, with the effects that it has: a client, a bridge, or nothing.
///
/// Belongs to the thread of its ``TunnelLoop``. Times are those of ``Moment/monotonic``.
protocol TunnelRole: SendableMetatype {
    /// What others ask of it.
    associatedtype Message: Sendable

    /// When to call ``poll(in:at:)`` if nothing else happens before; nil for never.
    var nextDeadline: Int64? { get }

    /// Once, before anything else.
    mutating func begin(in networks: inout Networks, at now: Int64)
    mutating func take(
        _ event: PeerEvent, over transport: TunnelTransport, in networks: inout Networks, at now: Int64)
    mutating func take(_ event: NodeEvent, at now: Int64)
    mutating func take(_ message: Message, in networks: inout Networks, at now: Int64)
    /// What is due.
    mutating func poll(in networks: inout Networks, at now: Int64)
    /// Tells others what has become of things: after all of the above.
    mutating func act(in networks: inout Networks, at now: Int64)
    /// Ends what it has, orderly.
    mutating func stop(in networks: inout Networks, at now: Int64)
    /// Whom those call who come over a stream, and what they may ask for; `nil` where none is taken.
    var streamServer: TunnelStreamServer? { get }
    var snapshot: TunnelSnapshot.Part { get }
}

/// Whom those call who come over a stream.
struct TunnelStreamServer {
    let identity: KeyPair
    let serving: [ChannelName: Set<String>]
}
