import HyperDHT
import Logging

/// What is logged of a bridge: of what repeats itself the first only, and of what strangers do no more than a few lines
/// a minute.
///
/// Belongs to the tunnel's thread.
struct BridgeLog {
    let logger: Logger
    /// Aliases whose last scrape failed, and clients that could not be reached: what they have in the log already.
    private var failing: Set<ExactText> = []
    private var unreachable: Set<PublicKey> = []
    private var refused = RefusedPeers()

    init(logger: Logger) { self.logger = logger }

    mutating func say(_ note: BridgeNote, at now: Int64) {
        var fields = Logger.Metadata(uniqueKeysWithValues: note.fields.map { ($0.name, "\($0.value)") })
        switch note {
        case .registered(_, .new, _): logger.info("alias registered", metadata: fields)
        case .registered(_, .renewed, _): logger.debug("alias renewed", metadata: fields)
        case .registered(_, .updated, _): logger.info("alias updated", metadata: fields)
        case .registered(_, .takenOver, _): logger.warning("alias taken over by another key", metadata: fields)
        case .refused(let alias, let refusal, let peer):
            // Many clients may come from one address.
            let (say, unsaid) = refused.note("\(peer.address) \(refusal.reason) \(alias ?? "")", at: now)
            guard say else { return }
            if unsaid > 0 { fields["unsaid"] = "\(unsaid)" }
            logger.warning("alias not registered", metadata: fields)
        case .notRestored: logger.warning("alias not taken from the list of targets", metadata: fields)
        case .expired(let target):
            failing.remove(ExactText(target.alias))
            unreachable.remove(target.key)
            logger.info("alias expired", metadata: fields)
        case .connected(let key, _, _, _):
            unreachable.remove(key)
            logger.info("connected with a client", metadata: fields)
        case .disconnected: logger.info("no connection with a client any more", metadata: fields)
        case .unreachable(let key, _, _, _):
            guard unreachable.insert(key).inserted else { return }
            logger.warning("cannot reach a client", metadata: fields)
        case .stranger: logger.debug("caller not let in", metadata: fields)
        case .scrapeFailed(let alias, _):
            guard failing.insert(ExactText(alias)).inserted else { return }
            logger.warning("scrape through the tunnel failed", metadata: fields)
        }
    }

    /// A scrape of it went well.
    mutating func sayWell(_ alias: String) {
        guard !failing.isEmpty, failing.remove(ExactText(alias)) != nil else { return }
        logger.notice("scraped through the tunnel again", metadata: ["alias": "\(EscapedText.short(alias.utf8))"])
    }
}
