import HyperDHT

/// What stands between a network and all others. Only those get in who have been sent to, and not long ago. What those
/// behind it send to its own address does not come back in.
struct TunnelNAT: Sendable {
    enum Kind: String, Sendable {
        /// Everybody sees a host behind it at the same port.
        case usual
        /// Likewise; but who has sent before they were sent to, sees it at another port.
        case wary
        /// Each who is sent to sees it at another port.
        case random
    }

    private struct Way: Hashable {
        var inside: IPv4Address
        /// `nil` where it is the same way for all.
        var to: IPv4Address?
    }

    private struct Door {
        let inside: IPv4Address
        /// Who has been sent to, and when last.
        var sentTo: [IPv4Address: Int64] = [:]
        var sentAt: Int64 = 0
        /// Who was not let in, and when last.
        var strangers: [IPv4Address: Int64] = [:]
    }

    /// Shorter than most, of those that are in use.
    private static let memory: Int64 = 30_000_000_000

    let kind: Kind
    let host: UInt32
    private var ports: [Way: UInt16] = [:]
    private var doors: [UInt16: Door] = [:]
    private var nextPort: UInt16 = 20_000

    init(_ kind: Kind, host: UInt32) { (self.kind, self.host) = (kind, host) }

    /// It forgets everything, and gives out other ports.
    mutating func restart() { (ports, doors) = ([:], [:]) }

    /// How a host behind it, which sends to `to`, is seen from there.
    mutating func outside(of inside: IPv4Address, to: IPv4Address, at now: Int64) -> IPv4Address {
        let way = way(from: inside, to: to, at: now)
        let known = ports[way].flatMap { port in doors[port].map { (port, $0) } }
        var (port, door) = known ?? (nextPort, Door(inside: inside, sentAt: now))
        if known == nil || door.sentAt + Self.memory < now {
            doors[port] = nil
            (port, door) = (nextPort, Door(inside: inside))
            nextPort += 1
        }
        door.sentAt = now
        door.sentTo[to] = now
        (ports[way], doors[port]) = (port, door)
        return IPv4Address(host: host, port: port)
    }

    private func way(from inside: IPv4Address, to: IPv4Address, at now: Int64) -> Way {
        let (own, shared) = (Way(inside: inside, to: to), Way(inside: inside))
        switch kind {
        case .usual: return shared
        case .wary:
            let times = [
                ports[shared].flatMap { doors[$0]?.strangers[to] }, ports[own].flatMap { doors[$0]?.sentAt },
            ]
            return times.contains { $0.map { $0 + Self.memory >= now } ?? false } ? own : shared
        case .random: return own
        }
    }

    /// Where a datagram to one of its ports goes on to; `nil` where it is not let in.
    mutating func inside(of port: UInt16, from: IPv4Address, at now: Int64) -> IPv4Address? {
        guard from.host != host, let door = doors[port] else { return nil }
        if let sentAt = door.sentTo[from], sentAt + Self.memory >= now { return door.inside }
        doors[port]?.strangers[from] = now
        return nil
    }
}
