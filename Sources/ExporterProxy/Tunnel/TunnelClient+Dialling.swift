import HyperDHT

/// The one connection to a bridge that is dialled: kept, and made anew.
extension TunnelClient {
    struct Dial: Sendable {
        /// `nil` while there is no connection, nor one in the making.
        var peer: PeerNumber?
        /// For registrations, once it is open.
        var channel: Mux.Channel?
        var dueAt: Int64
        var pauses: RetryPauses

        init(_ settings: Settings, dueAt: Int64) {
            self.dueAt = dueAt
            pauses = RetryPauses(settings.dialPauses)
        }

        var nextAt: Int64? { peer == nil ? dueAt : nil }
        var deadline: Int64 { nextAt ?? .max }
    }

    mutating func dialIfDue(in network: inout some PeerNetwork, at now: Int64) {
        guard let due = dial?.nextAt, due <= now else { return }
        counters.dials += 1
        let peer = network.connect(to: settings.bridge, as: caller, serving: Self.serving, at: now)
        links[peer] = Link(role: .bridge)
        dial?.peer = peer
        register(over: peer, in: &network, at: now)
    }

    mutating func bridgeHasGone(_ link: Link, _ end: PeerEnd, at now: Int64) {
        guard var dial else { return }
        if link.peer != nil, now - link.openedAt >= settings.dialIsStableAfter { dial.pauses.reset() }
        let wait = dial.pauses.next(using: &numbers)
        (dial.peer, dial.channel, dial.dueAt) = (nil, nil, now + wait)
        self.dial = dial
        registration.dueAt = .max
        if link.peer == nil {
            counters.dialsFailed += 1
            note(.dialFailed(end, nextIn: wait))
        }
    }
}
