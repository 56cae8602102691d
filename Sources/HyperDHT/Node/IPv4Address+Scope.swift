extension IPv4Address {
    /// From where an address can be reached; a later case is wider.
    package enum Scope: Int, Comparable, Sendable {
        case loopback, local, global

        package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
    }

    /// `nil` where nobody can be: no port, no host, a group, a broadcast.
    package var scope: Scope? {
        guard port != 0 else { return nil }
        switch host >> 24 {
        case 0, 224...: return nil
        case 127: return .loopback
        case 10: return .local
        default: return isLocal ? .local : .global
        }
    }

    private var isLocal: Bool {
        switch host >> 16 {
        // 169.254/16, 192.168/16, 172.16/12, 100.64/10.
        case 0xA9FE, 0xC0A8, 0xAC10...0xAC1F, 0x6440...0x647F: true
        default: false
        }
    }

    /// Whether a node may name this address: none is sent into a network by somebody outside of it.
    func isPlausible(from teller: IPv4Address) -> Bool {
        guard let scope, let tellers = teller.scope else { return false }
        return scope >= tellers
    }

    /// How many leading octets two hosts share.
    func sharedOctets(with other: IPv4Address) -> Int { (host ^ other.host).leadingZeroBitCount / 8 }
}
