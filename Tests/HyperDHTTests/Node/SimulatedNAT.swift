@testable import HyperDHT

/// What stands between a network and all others, and gives those behind it one address.
struct SimulatedNAT: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// One port for each host behind it, to which anybody may send.
        case fullCone
        /// Likewise, of whose hosts only those may send that have been sent to.
        case addressRestricted
        /// Likewise, with their ports.
        case portRestricted
        /// Likewise; and where somebody sends before they were sent to, they are sent to from another port.
        case wary
        /// Another port for each that is sent to.
        case random

        var isConsistent: Bool { self != .random }
    }

    private struct Way: Hashable {
        var inside: IPv4Address
        /// `nil` where it is the same way for all.
        var to: IPv4Address?
    }

    let kind: Kind
    /// Whether what those behind it send to its own address comes back in.
    let hairpins: Bool
    private var ports: [Way: UInt16] = [:]
    private var insides: [UInt16: IPv4Address] = [:]
    private var opened: [UInt16: Set<IPv4Address>] = [:]
    /// Who has sent without having been sent to, and until when that is held against them.
    private var strangers: [UInt16: [IPv4Address: Int64]] = [:]
    private var nextPort: UInt16 = 40_000
    private static let memory: Int64 = 30_000_000_000

    init(_ kind: Kind, hairpins: Bool = false) { (self.kind, self.hairpins) = (kind, hairpins) }

    mutating func restart() { (ports, insides, opened, strangers) = ([:], [:], [:], [:]) }

    /// How a host behind it, which sends to `to`, is seen from there.
    mutating func outside(of inside: IPv4Address, at host: UInt32, to: IPv4Address, now: Int64) -> IPv4Address {
        var way = Way(inside: inside, to: kind == .random ? to : nil)
        if kind == .wary {
            let usual = ports[way]
            if ports[Way(inside: inside, to: to)] != nil { way.to = to }
            if let usual, way.to == nil, strangers[usual]?[to].map({ $0 > now }) ?? false { way.to = to }
        }
        let port = ports[way] ?? nextPort
        if ports[way] == nil { nextPort += 1 }
        (ports[way], insides[port]) = (port, inside)
        opened[port, default: []].insert(to)
        return IPv4Address(host: host, port: port)
    }

    /// Where a datagram to it goes on to, if it is let in.
    mutating func inside(of to: IPv4Address, from: IPv4Address, now: Int64) -> IPv4Address? {
        guard let inside = insides[to.port], from.host != to.host || hairpins else { return nil }
        let known = opened[to.port] ?? []
        let isLetIn =
            switch kind {
            case .fullCone: true
            case .addressRestricted: known.contains { $0.host == from.host }
            case .portRestricted, .wary, .random: known.contains(from)
            }
        if !isLetIn { strangers[to.port, default: [:]][from] = now + Self.memory }
        return isLetIn ? inside : nil
    }
}
