import Logging

/// Says which messages were refused, whose, and why: the first of a kind at once, the rest as a sum each minute.
///
/// Never a body, and of a name only what is safe to show. Confined to the thread of its ``ReceiverLoop``.
struct RefusalLog {
    private struct Kind: Hashable {
        var door: String
        var reason: String
    }

    private let logger: Logger
    private var summary = FailureSummary<Kind>()
    private(set) var nextFlush: Moment?

    init(logger: Logger) { self.logger = logger }

    mutating func refused(
        _ error: ReceiverError, app: String?, descriptor: Int32, _ door: ReceiverDoor, at now: Moment
    ) {
        let (say, unsaid) = note(Kind(door: door.name, reason: error.reason), now)
        guard say else { return }
        var metadata: Logger.Metadata = [
            "door": "\(door.name)", "peer": "\(Peer.describe(descriptor, isUnix: door.isUnix))",
            "reason": "\(error.reason)", "error": "\(error)",
        ]
        if let app { metadata["app"] = "\(EscapedText.visible(app))" }
        if let offset = error.offset { metadata["offset"] = "\(offset)" }
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
        logger.warning("message refused, connection closed", metadata: metadata)
    }

    mutating func acceptFailed(_ code: Int32, door: String, at now: Moment) {
        let (say, unsaid) = note(Kind(door: door, reason: "accept"), now)
        guard say else { return }
        logger.error(
            "cannot accept a connection; clients wait",
            metadata: ["door": "\(door)", "error": "\(SystemError.sentence(code))", "unsaid": "\(unsaid)"])
    }

    private mutating func note(_ kind: Kind, _ now: Moment) -> (say: Bool, unsaid: Int) {
        let noted = summary.note(kind, at: now)
        if !noted.say, nextFlush == nil { nextFlush = now.advanced(by: summary.interval) }
        return noted
    }

    /// Says the sums that are due.
    mutating func flush(at now: Moment) {
        guard let due = nextFlush, due.monotonic <= now.monotonic else { return }
        for (kind, unsaid) in summary.due(at: now) {
            logger.warning(
                "more refusals of a kind",
                metadata: ["door": "\(kind.door)", "reason": "\(kind.reason)", "count": "\(unsaid)"])
        }
        nextFlush = summary.hasUnsaid ? now.advanced(by: summary.interval) : nil
    }

    mutating func finish(at now: Moment) {
        flush(at: now.advanced(by: summary.interval))
    }
}
