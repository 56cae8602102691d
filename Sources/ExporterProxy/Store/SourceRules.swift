import Exposition

/// What holds for one source when its snapshot is read.
package struct SourceRules: Equatable, Sendable {
    /// What becomes of a body with lines that cannot be repaired.
    package enum InvalidPolicy: String, CaseIterable, Sendable {
        /// The lines are left out, the rest is served.
        case dropLine = "drop_line"
        /// The last version without such lines is served instead, for as long as `stale_after`.
        case keepLastGood = "keep_last_good"
        /// Nothing of the source is served.
        case dropApp = "drop_app"
        /// As if the body had never come: the last good version stays until the source expires.
        case reject
        /// Nobody looks: the body is served as it came, behind all others, and may spoil the scrape.
        case raw
    }

    package enum TimestampPolicy: String, CaseIterable, Sendable {
        case pass
        case strip
        /// Samples older than five minutes when they come are left out.
        case dropOld = "drop_old"
    }

    package var onInvalid = InvalidPolicy.dropLine
    package var timestamps = TimestampPolicy.pass
    package var limits = ExpositionLimits()
    package var staleAfter = Duration.seconds(300)

    package init() {}

    /// For groups of pushes: each push was checked and measured before it was acknowledged, and nothing of it is left
    /// out now.
    var forPushes: SourceRules {
        var rules = self
        rules.onInvalid = .dropLine
        rules.limits = .none
        return rules
    }

    /// A version that is served must outlive the snapshot that brought it.
    var keepsGoodVersions: Bool { onInvalid == .keepLastGood || onInvalid == .reject }
}

/// `[exposition]`: how bodies are read and joined.
package struct ExpositionRules: Equatable, Sendable {
    package enum Duplicates: String, CaseIterable, Sendable {
        /// The source that had a series first keeps it.
        case first
        /// Both are served, as the original did.
        case expose
    }

    package enum OpenMetrics: String, CaseIterable, Sendable {
        case never
        /// For who prefers it, while every source can be said in it.
        case auto
    }

    /// Rules for the sources whose name fits.
    package struct Exception: Equatable, Sendable {
        package var pattern: NamePattern
        package var rules: SourceRules
    }

    package var standard = SourceRules()
    /// The first that fits a source's name holds for it.
    package var exceptions: [Exception] = []
    package var duplicates = Duplicates.first
    package var appLabel: String?
    package var openMetrics = OpenMetrics.never
    /// Of all sources together.
    package var seriesMax = 1_000_000

    package init() {}

    package func rules(of source: String) -> SourceRules {
        exceptions.first { $0.pattern.matches(source) }?.rules ?? standard
    }

    /// Whether two sources can bring the same series.
    var hasDistinctSeries: Bool { appLabel != nil || duplicates == .expose }
}
