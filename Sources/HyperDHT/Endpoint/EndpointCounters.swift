/// What an endpoint has seen; what its node has is in ``DHTCounters``.
package struct EndpointCounters: Equatable, Sendable {
    /// All that came and went on the socket.
    package var datagramsReceived = 0
    package var datagramsSent = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    /// Packets of streams that do not exist, or exist no more.
    package var unknownStream = 0
    /// Packets of a stream that came from elsewhere than the peer.
    package var wrongSource = 0
    /// Connections that were asked for here, and that peers have begun.
    package var calls = 0
    package var called = 0
    /// Those whose peer has shown who it is.
    package var opened = 0
    /// Ended because the same peer has made a newer one.
    package var superseded = 0
    /// Those that are over, or never were, by reason.
    package var closed: [PeerEnd.Kind: Int] = [:]
    /// Peers that have called and for which there was no room, by reason.
    package var refused: [EndpointRefusal: Int] = [:]
    /// Events that were not kept because nobody takes them.
    package var noticesDropped = 0
    /// How often a connection was polled: the measure of what idle ones cost.
    package var polls = 0

    package init() {}

    mutating func close(_ end: PeerEnd) { closed[end.kind, default: 0] += 1 }
    mutating func refuse(_ reason: EndpointRefusal) { refused[reason, default: 0] += 1 }
}

/// Why a peer that has called, and is let in, gets no connection.
package enum EndpointRefusal: String, Sendable, CaseIterable {
    case connectionsMax = "connections_max"
    case connectionsPerHostMax = "connections_per_host_max"
    /// A newer one has taken its place before it was confirmed.
    case unconfirmedMax = "unconfirmed_max"
    /// The same; or there was none to take the place of.
    case unconfirmedPerHostMax = "unconfirmed_per_host_max"
    /// Its server has been stopped in between.
    case stopped
}

extension PeerEnd {
    /// The reason without what belongs to one case alone, as counters have it.
    package enum Kind: String, Sendable, CaseIterable {
        case unreachable, ended, truncated, destroyed, reset, unread, noise, stream, mux
        case notDialled = "not_dialled"
        case timedOut = "timed_out"
        case notConfirmed = "not_confirmed"
        case endTimedOut = "end_timed_out"
        case badHandshake = "bad_handshake"
        case tooMany = "too_many"
    }

    package var kind: Kind {
        switch self {
        case .unreachable: .unreachable
        case .notDialled: .notDialled
        case .tooMany: .tooMany
        case .over(.ended): .ended
        case .over(.truncated): .truncated
        case .over(.destroyed): .destroyed
        case .over(.reset): .reset
        case .over(.timedOut): .timedOut
        case .over(.notConfirmed): .notConfirmed
        case .over(.endTimedOut): .endTimedOut
        case .over(.unread): .unread
        case .over(.badHandshake): .badHandshake
        case .over(.noise): .noise
        case .over(.stream): .stream
        case .over(.mux): .mux
        }
    }
}
