/// Says the first failure of a kind at once and the rest as a sum, so that a flood of failures is no flood of logs.
///
/// A pure ledger; the caller logs what it answers. The kinds are few: reasons, not names that come from outside.
package struct FailureSummary<Kind: Hashable & Sendable>: Sendable {
    private struct Record {
        /// When it was last said, in ``Moment/monotonic`` nanoseconds.
        var saidAt: Int64
        var quiet = 0
    }

    package let interval: Duration
    private var records: [Kind: Record] = [:]

    package init(interval: Duration = .seconds(60)) { self.interval = interval }

    /// Whether to say the first of `count` failures; `unsaid` is how many of its kind were kept quiet before it.
    package mutating func note(_ kind: Kind, count: Int = 1, at now: Moment) -> (say: Bool, unsaid: Int) {
        guard let record = records[kind], now.monotonic &- record.saidAt < intervalNanoseconds else {
            let unsaid = records[kind]?.quiet ?? 0
            records[kind] = Record(saidAt: now.monotonic, quiet: count - 1)
            return (true, unsaid)
        }
        records[kind]?.quiet = record.quiet + count
        return (false, 0)
    }

    /// The kinds whose interval has passed with failures kept quiet, and how many; they count as said now.
    package mutating func due(at now: Moment) -> [(kind: Kind, unsaid: Int)] {
        var due: [(kind: Kind, unsaid: Int)] = []
        for (kind, record) in records where record.quiet > 0 {
            guard now.monotonic &- record.saidAt >= intervalNanoseconds else { continue }
            due.append((kind, record.quiet))
            records[kind] = Record(saidAt: now.monotonic)
        }
        return due
    }

    package var hasUnsaid: Bool { records.values.contains { $0.quiet > 0 } }

    private var intervalNanoseconds: Int64 { interval.nanoseconds }
}
