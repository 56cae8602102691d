import HyperDHT

/// What has happened at a bridge.
package enum BridgeEvent: Equatable, Sendable {
    /// Comes once for each scrape.
    case finished(BridgeScrapeNumber, BridgeScrapeOutcome)
    case note(BridgeNote)
}

/// What is worth a line in the log.
package enum BridgeNote: Equatable, Sendable {
    case registered(AliasTarget, AliasRegistration, by: HyperDHT.Peer)
    /// `alias` is as the peer said it; `nil` where it could not be read.
    case refused(alias: String?, AliasRefusal, by: HyperDHT.Peer)
    /// Of the list that was there at the start.
    case notRestored(AliasTarget, AliasRefusal)
    case expired(AliasTarget)
    case connected(PublicKey, alias: String, TunnelTransport, address: String)
    case disconnected(PublicKey, alias: String, why: String)
    /// It is called again in so many nanoseconds.
    case unreachable(PublicKey, alias: String, why: String, retryAfter: Int64)
    /// A peer whose call was not let in.
    case stranger(PublicKey, address: String)
    case scrapeFailed(alias: String, BridgeScrapeOutcome)
}

extension BridgeNote {
    /// Who, what and why; safe to show.
    package var fields: [(name: String, value: String)] { rawFields.map { ($0, EscapedText.visible($1)) } }

    private var rawFields: [(String, String)] {
        switch self {
        case .registered(let target, .takenOver(let from), let peer):
            Self.fields(target) + [("before", from.description), ("peer", peer.address)]
        case .registered(let target, _, let peer): Self.fields(target) + [("peer", peer.address)]
        case .refused(let alias, let refusal, let peer):
            [("alias", EscapedText.short((alias ?? "–").utf8)), ("why", refusal.description), ("peer", peer.address)]
        case .notRestored(let target, let refusal): Self.fields(target) + [("why", refusal.description)]
        case .expired(let target): Self.fields(target)
        case .connected(let key, let alias, let transport, let address):
            Self.fields(alias, key) + [("transport", transport.rawValue), ("peer", address)]
        case .disconnected(let key, let alias, let why): Self.fields(alias, key) + [("why", why)]
        case .unreachable(let key, let alias, let why, let wait):
            Self.fields(alias, key) + [("why", why), ("retry", "\(wait / 1_000_000_000)s")]
        case .stranger(let key, let address): [("key", key.description), ("peer", address)]
        case .scrapeFailed(let alias, let outcome): [("alias", alias), ("why", Self.why(outcome))]
        }
    }

    private static func fields(_ target: AliasTarget) -> [(String, String)] {
        fields(target.alias, target.key) + [("hostname", target.hostname), ("service", target.service)]
    }

    private static func fields(_ alias: String, _ key: PublicKey) -> [(String, String)] {
        [("alias", alias), ("key", key.description)]
    }

    private static func why(_ outcome: BridgeScrapeOutcome) -> String {
        if case .unavailable(let failure) = outcome { failure.description } else { outcome.sentence }
    }
}
