import Exposition

/// What the proxy has found out about one source: for `/apps`, for the page, for our own metrics.
package final class SourceReport: Sendable {
    package enum Served: Equatable, Sendable {
        /// What it said last, as far as that is valid.
        case latest
        /// An earlier version, since what it said last breaks a limit or its rules.
        case lastGood(since: Moment)
        case nothing
    }

    package struct Conflict: Equatable, Sendable {
        package var kind: String
        /// The family, where there is one.
        package var family: String?
        /// The source that had it first.
        package var with: String
        package var count: Int
    }

    /// How often something has happened since the source came.
    package struct Totals: Equatable, Sendable {
        package var linesDropped: [String: Int] = [:]
        package var repairs: [String: Int] = [:]
        package var conflicts: [String: Int] = [:]
        package var limitHits: [String: Int] = [:]
        package var samplesTooOld = 0
        package var timestampsStripped = 0
    }

    package let source: String
    package let served: Served
    package let verdict: CheckedSnapshot.Verdict
    /// Of what is served, before what others had first is taken away.
    package let series: Int
    package let servedBytes: Int
    /// Of these, what others had first, and the series of families of another type.
    package let seriesHeld: Int
    package let conflicts: [Conflict]
    package let totals: Totals
    /// What is served, if anything.
    package let checked: CheckedSnapshot?
    /// The source is stale when nothing has come for so long.
    package let staleAfter: Duration

    init(
        source: String, served: Served, verdict: CheckedSnapshot.Verdict, series: Int, servedBytes: Int,
        seriesHeld: Int, conflicts: [Conflict], totals: Totals, checked: CheckedSnapshot?,
        staleAfter: Duration
    ) {
        self.source = source
        self.served = served
        self.verdict = verdict
        self.series = series
        self.servedBytes = servedBytes
        self.seriesHeld = seriesHeld
        self.conflicts = conflicts
        self.totals = totals
        self.checked = checked
        self.staleAfter = staleAfter
    }
}
