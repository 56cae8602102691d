import Exposition

/// What configuration says of pushes by job and metric: the first rule that fits holds.
package struct PushRules: Equatable, Sendable {
    package struct Rule: Equatable, Sendable {
        package var job = NamePattern("*")
        package var metric = NamePattern("*")
        package var clearMode: ClearWord?
        package var expireAfter: Duration?
    }

    /// What `/metrics/job/…` does with a series that nobody has said anything of.
    package enum Personality: String, CaseIterable, Sendable {
        /// As Pushgateway: PUT replaces the group, POST the families of the same name.
        case replace
        /// As Gravel: gauges are replaced one by one, all else is added up.
        case aggregate
    }

    package enum Timestamps: String, CaseIterable, Sendable {
        /// A push with a timestamp is refused.
        case refuse
        /// The timestamp is left out.
        case strip
    }

    package var personality = Personality.replace
    package var timestamps = Timestamps.refuse
    package var rules: [Rule] = []

    package init() {}

    func clearMode(job: String, metric: String) -> ClearWord? {
        rules.first { $0.clearMode != nil && $0.job.matches(job) && $0.metric.matches(metric) }?.clearMode
    }

    func expireAfter(job: String, metric: String) -> Duration? {
        rules.first { $0.expireAfter != nil && $0.job.matches(job) && $0.metric.matches(metric) }?.expireAfter
    }
}
