import HyperDHT
import Logging

/// What is logged of a tunnel. Keys are public ones.
struct TunnelLog {
    let logger: Logger

    func say(_ event: NodeEvent) {
        switch event {
        case .ready: logger.debug("the DHT was searched for other nodes")
        case .publicAddress(let address):
            logger.info("other nodes see this one", metadata: ["at": "\(address)"])
        case .announced(let server, let nodes):
            logger.info("announced in the DHT", metadata: ["key": "\(server)", "nodes": "\(nodes.count)"])
        case .announceFailed(let server):
            logger.warning("not announced in the DHT, no node takes it", metadata: ["key": "\(server)"])
        case .unannounced(let server): logger.debug("no longer announced in the DHT", metadata: ["key": "\(server)"])
        }
    }

    func say(_ note: BridgeNote) {
        let fields = Logger.Metadata(uniqueKeysWithValues: note.fields.map { ($0.name, "\($0.value)") })
        switch note {
        case .registered(_, .new, _): logger.info("alias registered", metadata: fields)
        case .registered(_, .renewed, _): logger.debug("alias renewed", metadata: fields)
        case .registered(_, .updated, _): logger.info("alias updated", metadata: fields)
        case .registered(_, .takenOver, _): logger.warning("alias taken over by another key", metadata: fields)
        case .refused: logger.warning("alias not registered", metadata: fields)
        case .notRestored: logger.warning("alias not taken from the list of targets", metadata: fields)
        case .expired: logger.info("alias expired", metadata: fields)
        case .connected: logger.info("connected with a client", metadata: fields)
        case .disconnected: logger.info("no connection with a client any more", metadata: fields)
        case .unreachable: logger.warning("cannot reach a client", metadata: fields)
        case .stranger: logger.debug("caller not let in", metadata: fields)
        case .scrapeFailed: logger.warning("scrape through the tunnel failed", metadata: fields)
        }
    }

    func say(_ event: TunnelClient.Event) {
        switch event {
        case .scrape: break
        case .connected(let role, let peer):
            logger.info("tunnel connected", metadata: Self.fields(role, peer))
        case .disconnected(let role, let peer, let end, _):
            let fields = Self.fields(role, peer).merging(["why": "\(end)"]) { $1 }
            if end.isOrderly {
                logger.info("tunnel disconnected", metadata: fields)
            } else {
                logger.warning("tunnel broken", metadata: fields)
            }
        case .dialFailed(let end, let wait):
            logger.warning("cannot dial the bridge", metadata: ["why": "\(end)", "retry": "\(Self.time(wait))"])
        case .registered(let isNew, _, let wait):
            logger.info("registered at the bridge", metadata: ["new": "\(isNew)", "again": "\(Self.time(wait))"])
        case .registrationFailed(let failure, let wait):
            let retry = wait.map { ["retry": "\(Self.time($0))"] as Logger.Metadata } ?? [:]
            logger.warning("not registered at the bridge", metadata: ["why": "\(failure)"].merging(retry) { $1 })
        case .scrapeAnswered(_, let bytes, _):
            logger.debug("scraped through the tunnel", metadata: ["bytes": "\(bytes)"])
        case .scrapeFailed(_, let uid, let failure):
            logger.warning(
                "a scrape through the tunnel was not answered",
                metadata: ["uid": "\(uid ?? "–")", "why": "\(failure)"])
        case .scrapeRefused(let refusal, let address):
            logger.warning(
                "a scrape through the tunnel was refused", metadata: ["peer": "\(address)", "why": "\(refusal)"])
        case .blocked(let key, let address):
            logger.warning("caller of the tunnel not let in", metadata: ["key": "\(key)", "peer": "\(address)"])
        }
    }

    private static func fields(_ role: TunnelClient.Role, _ peer: HyperDHT.Peer) -> Logger.Metadata {
        ["for": "\(role.rawValue)", "peer": "\(peer.address)", "key": "\(peer.key)"]
    }

    private static func time(_ nanoseconds: Int64) -> String {
        AgeText.format(.nanoseconds(nanoseconds))
    }
}
