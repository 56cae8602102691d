import Logging

/// Says what was refused at a door, and why: the first of a kind at once, the rest as a sum each minute.
///
/// Never a body, and of a name only what is safe to show. Confined to one thread.
package struct RefusalLog {
    private struct Kind: Hashable {
        var door: String
        var reason: String
    }

    package let logger: Logger
    private var summary = FailureSummary<Kind>()
    /// When ``flush(at:)`` has something to say.
    package private(set) var nextFlush: Moment?

    package init(logger: Logger) { self.logger = logger }

    /// What is to be said of the first of `count` refusals beside the sentence; `nil` where it is not the time.
    package mutating func note(
        door: String, reason: String, count: Int = 1, at now: Moment
    ) -> Logger.Metadata? {
        let (say, unsaid) = summary.note(Kind(door: door, reason: reason), count: count, at: now)
        if nextFlush == nil, !say || count > 1 { nextFlush = now.advanced(by: summary.interval) }
        guard say else { return nil }
        var metadata: Logger.Metadata = ["door": "\(door)", "reason": "\(reason)"]
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
        return metadata
    }

    /// Says the sums that are due.
    package mutating func flush(at now: Moment) {
        guard let due = nextFlush, due.monotonic <= now.monotonic else { return }
        for (kind, unsaid) in summary.due(at: now) {
            logger.warning(
                "more refusals of a kind",
                metadata: ["door": "\(kind.door)", "reason": "\(kind.reason)", "count": "\(unsaid)"])
        }
        nextFlush = summary.hasUnsaid ? now.advanced(by: summary.interval) : nil
    }

    package mutating func finish(at now: Moment) { flush(at: now.advanced(by: summary.interval)) }
}
