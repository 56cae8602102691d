import HyperDHT

/// How often aliases may be registered: from one host, by one caller, and in all.
///
/// Who does not know the secret uses up only what is its host's. There a wrong secret counts as many, so that guessing
/// is slow, and is heard of.
package struct RegistrationLimits: Sendable {
    package struct Rules: Equatable, Sendable {
        package var caller = RateLimitBounds(perSecond: 1, burst: 20)
        /// Behind the address of one NAT there may be a thousand clients that begin at the same time.
        package var host = RateLimitBounds(perSecond: 50, burst: 1000)
        package var all = RateLimitBounds(perSecond: 200, burst: 2000)
        package var wrongSecretCost = 50

        package init() {}
    }

    /// What was exceeded.
    package enum Bound: String, Sendable, CustomStringConvertible {
        case caller, host, all

        package var description: String {
            switch self {
            case .caller: "by one client"
            case .host: "from one host"
            case .all: "in all"
            }
        }
    }

    private let rules: Rules
    private var callers: HyperDHT.RateLimit<PublicKey>
    private var hosts: HyperDHT.RateLimit<String>
    private var all: HyperDHT.RateLimit<Bound>

    package init(_ rules: Rules = Rules()) {
        self.rules = rules
        (callers, hosts, all) = (.init(rules.caller), .init(rules.host), .init(rules.all))
    }

    /// Which bound a request is beyond whose secret is not yet known; `nil` where it may be looked at.
    package mutating func exceeded(byRequestOf peer: HyperDHT.Peer, at now: Int64) -> Bound? {
        hosts.take(of: Self.host(of: peer.address), at: now) ? nil : .host
    }

    /// Which bound a registration with the secret is beyond; `nil` where it may be.
    package mutating func exceeded(byRegistrationOf peer: HyperDHT.Peer, at now: Int64) -> Bound? {
        if !callers.take(of: peer.key, at: now) { return .caller }
        return all.take(of: .all, at: now) ? nil : .all
    }

    /// The secret of this peer was wrong.
    package mutating func noteWrongSecret(of peer: HyperDHT.Peer, at now: Int64) {
        let host = Self.host(of: peer.address)
        for _ in 1..<max(rules.wrongSecretCost, 1) where !hosts.take(of: host, at: now) { return }
    }

    /// An address without its port.
    static func host(of address: String) -> String {
        if address.hasPrefix("["), let end = address.firstIndex(of: "]") {
            return String(address[address.index(after: address.startIndex)..<end])
        }
        guard let colon = address.firstIndex(of: ":"), colon == address.lastIndex(of: ":") else { return address }
        return String(address[..<colon])
    }
}
