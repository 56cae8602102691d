/// How long what was pushed is held.
struct Lifetime: Equatable, Sendable {
    /// On the monotonic clock.
    var pushedAt: Int64
    /// In nanoseconds; ``unsaid`` where the limits say it. No optional: it would take a third more room.
    private var ownSpan: Int64

    private static let unsaid: Int64 = -1

    init(pushedAt: Int64, _ life: Duration?) {
        self.pushedAt = pushedAt
        ownSpan = life.map(Self.nanoseconds) ?? Self.unsaid
    }

    /// What was said by a push or a rule.
    var own: Duration? { ownSpan == Self.unsaid ? nil : .nanoseconds(ownSpan) }

    /// From when on it is over; `.max` for never.
    func end(_ standard: Duration?) -> Int64 {
        guard let span = ownSpan == Self.unsaid ? standard.map(Self.nanoseconds) : ownSpan else { return .max }
        let (end, overflows) = pushedAt.addingReportingOverflow(span)
        return overflows ? .max : end
    }

    static func nanoseconds(_ duration: Duration) -> Int64 { max(0, duration.nanoseconds) }
}
