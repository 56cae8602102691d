/// One change of what the push door holds, as the journal has it.
package enum PushRecord: Sendable {
    case push(Push)
    /// A push that was refused before it came to be applied.
    case failure(GroupingKey, at: Moment)
    case delete(GroupingKey)
    case deleteSelected(PushSelection)
    case wipe
    case expire(at: Moment)
}

/// What a deletion has found.
package struct PushSelection: Sendable, Equatable {
    /// A metric; of a histogram or summary all samples.
    package struct Metric: Sendable, Hashable {
        package var group: GroupingKey
        package var family: String
        /// As in ``PushedMetric/labels``.
        package var labels: String
    }

    package var metrics: [Metric] = []
    /// Groups that have no series, and were found as such.
    package var groups: [GroupingKey] = []
    /// Samples.
    package var series = 0
    /// How many groups have nothing left without what was found.
    package var groupsLeftEmpty = 0

    package init() {}
}
