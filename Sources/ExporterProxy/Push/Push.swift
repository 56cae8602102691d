import Exposition
import NIOCore

/// One push, read, checked and resolved: what is to be done to a group.
package struct Push: Sendable {
    /// Which series in replace mode go, as Pushgateway has it.
    package enum Clearing: UInt8, Sendable {
        /// None: what is pushed is added to what is there.
        case nothing
        /// POST: those of the families that say so, see ``PushedFamily/clears``.
        case families
        /// PUT: those of the whole group.
        case group
        /// `PUT …?reset=1`: all series of the group, those that aggregate as well.
        case everything
    }

    package var group: GroupingKey
    package var clearing: Clearing
    /// Each name once; none where ``isAgain``.
    package var families: [PushedFamily]
    /// For the series of this push, over what rules and configuration say; from the header.
    package var expiresAfter: Duration?
    /// A second push with the same key changes nothing.
    package var idempotencyKey: String?
    package var at: Moment
    /// Where all families are blocks, as they came.
    var lines: PushForm.Lines?

    /// The families are those of an earlier push but for their values, and only ``lines`` has them.
    var isAgain: Bool { families.isEmpty && lines != nil }

    var allFamilies: [PushedFamily] { isAgain ? lines?.families ?? [] : families }
}

/// One metric family of a push, in the terms of text format 0.0.4.
package struct PushedFamily: Sendable {
    package enum Clears: UInt8, Sendable {
        case nothing
        /// The series of this family that are in replace mode: Pushgateway's rule for POST.
        case replaced
        /// All series of this family: the clear modes `family` and `info`.
        case all
    }

    package enum Content: Sendable {
        /// All series replace what was there, and nobody asked for anything else: ready lines.
        case block(PushedBlock)
        case metrics([PushedMetric])
    }

    package var name: String
    /// Untyped where nothing was said.
    package var type: MetricType
    /// As it stands in text format, escaped.
    package var help: String?
    package var clears: Clears
    package var content: Content
    /// From rules or configuration; a header goes before.
    package var expiresAfter: Duration?
}

/// Sample lines of one family, ready to be served: canonical text, labels sorted by name, those of the group put in.
///
/// Blocks of one push may lie in one piece of memory: what else lies there is kept for no longer than all of them are.
package struct PushedBlock: Sendable {
    package var lines: ByteBuffer
    /// One number for each line, equal where name and labels are: ``ExpositionShape/series``.
    package var series: [UInt64]
    /// Where it is known.
    var form: Form?
}

/// One metric with its points: a value, or what belongs together of a histogram or a summary.
package struct PushedMetric: Sendable {
    /// Sorted by name, without `le` and `quantile`, without `clearmode`, those of the group put in, as they stand
    /// between the braces of text format: `a="b",instance="",job="j"`. What identifies the metric within its family.
    package var labels: String
    package var mode: ClearMode
    package var point: Point

    package enum Point: Sendable {
        /// `text` as it was sent.
        case value(Double, text: String)
        case histogram(HistogramPoint)
        case summary(SummaryPoint)
    }
}

/// A histogram at one time: cumulative counts by upper bound.
package struct HistogramPoint: Sendable, Equatable {
    /// Rising, each bound once; the last is +Inf. Counts may be fractions.
    package var buckets: [(bound: Double, count: Double)]
    /// `nil` where none was sent.
    package var sum: Double?
    package var count: Double

    package static func == (a: HistogramPoint, b: HistogramPoint) -> Bool {
        a.sum == b.sum && a.count == b.count
            && a.buckets.elementsEqual(b.buckets) { $0.bound == $1.bound && $0.count == $1.count }
    }
}

/// A summary at one time.
package struct SummaryPoint: Sendable, Equatable {
    /// Rising; values as they were sent may be NaN.
    package var quantiles: [(quantile: Double, value: Double)]
    package var sum: Double?
    package var count: Double?

    package static func == (a: SummaryPoint, b: SummaryPoint) -> Bool {
        a.sum == b.sum && a.count == b.count
            && a.quantiles.elementsEqual(b.quantiles) { $0.quantile == $1.quantile && $0.value == $1.value }
    }
}
