import HyperDHT

/// The ways between a bridge and its clients.
package enum TunnelTransport: String, Hashable, Sendable, CaseIterable {
    /// Over UDP, found by key.
    case dht
    /// Over TLS, where the client knows where to call.
    case stream
}

/// Names one connection among those of all transports.
package struct TunnelLink: Hashable, Sendable {
    package let transport: TunnelTransport
    package let peer: PeerNumber

    package init(_ transport: TunnelTransport, _ peer: PeerNumber) { (self.transport, self.peer) = (transport, peer) }
}

/// The networks of both transports, for machines that have connections over either.
///
/// Whoever owns it takes the events of each network, and gives them to the machines with the transport they came over.
package protocol PeerNetworks: Sendable {
    /// See ``PeerNetwork/connect(to:as:serving:at:)``.
    mutating func connect(
        over transport: TunnelTransport, to key: PublicKey, as identity: KeyPair,
        serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> TunnelLink

    /// See ``PeerNetwork/withChannel(of:_:)``.
    mutating func withChannel<Value>(of link: TunnelLink, _ use: (inout SecureChannel) -> Value) -> Value?

    /// See ``PeerNetwork/end(_:at:)``.
    mutating func end(_ link: TunnelLink, at now: Int64)
}

/// One network of each transport.
package struct TunnelNetworks<DHT: PeerNetwork, Streams: PeerNetwork>: PeerNetworks {
    package var dht: DHT
    package var streams: Streams

    package init(dht: DHT, streams: Streams) { (self.dht, self.streams) = (dht, streams) }

    package mutating func connect(
        over transport: TunnelTransport, to key: PublicKey, as identity: KeyPair,
        serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> TunnelLink {
        switch transport {
        case .dht: TunnelLink(transport, dht.connect(to: key, as: identity, serving: methods, at: now))
        case .stream: TunnelLink(transport, streams.connect(to: key, as: identity, serving: methods, at: now))
        }
    }

    package mutating func withChannel<Value>(
        of link: TunnelLink, _ use: (inout SecureChannel) -> Value
    ) -> Value? {
        switch link.transport {
        case .dht: dht.withChannel(of: link.peer, use)
        case .stream: streams.withChannel(of: link.peer, use)
        }
    }

    package mutating func end(_ link: TunnelLink, at now: Int64) {
        switch link.transport {
        case .dht: dht.end(link.peer, at: now)
        case .stream: streams.end(link.peer, at: now)
        }
    }

    /// The next of what has happened in either network.
    package mutating func nextEvent() -> (TunnelTransport, PeerEvent)? {
        if let event = dht.nextEvent() { return (.dht, event) }
        return streams.nextEvent().map { (.stream, $0) }
    }
}
