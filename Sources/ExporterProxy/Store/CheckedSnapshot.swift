import Exposition
import NIOCore

/// A snapshot that has been read: what of it can be served, and what was found in it.
package final class CheckedSnapshot: Sendable {
    package let snapshot: Snapshot
    /// Canonical text with the labels that configuration adds; as it came where the source is served raw.
    package let body: ByteBuffer
    /// Of `body`; `nil` where the source is served raw.
    package let index: IndexedExposition?
    package let verdict: Verdict

    init(_ snapshot: Snapshot, body: ByteBuffer, index: IndexedExposition?, verdict: Verdict) {
        self.snapshot = snapshot
        self.body = body
        self.index = index
        self.verdict = verdict
    }

    var series: Int { index?.shape.series.count ?? 0 }

    package struct Verdict: Sendable {
        /// The first ones, in the order of their lines.
        package var findings: [Finding] = []
        /// All of them, by reason.
        package var counts: [(reason: Reason, count: Int)] = []
        /// The limit that the body as a whole breaks.
        package var limit: Reason?
        package var timestampsStripped = 0
        package var samplesTooOld = 0

        package var linesDropped: Int { count(.dropped) }
        package var repairs: Int { count(.repaired) }

        /// Nothing had to be left out.
        package var isValid: Bool { limit == nil && linesDropped == 0 }

        private func count(_ outcome: Reason.Outcome) -> Int {
            counts.reduce(0) { $0 &+ ($1.reason.outcome == outcome ? $1.count : 0) }
        }
    }
}
