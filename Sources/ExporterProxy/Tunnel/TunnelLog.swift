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

    func sayMissing(_ nodes: [HostPort]) {
        logger.warning(
            "nodes of the DHT cannot be found by their names",
            metadata: ["nodes": "\(nodes.map(\.description).joined(separator: ", "))"])
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
