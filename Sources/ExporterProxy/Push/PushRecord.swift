/// One change of what the push door holds, as the journal has it.
package enum PushRecord: Sendable {
    case push(Push)
    /// A push that was refused before it came to be applied.
    case failure(GroupingKey, at: Moment)
    case delete(GroupingKey)
    case deleteSelected(PushSelection)
    case wipe
    case expire(at: Moment)
    /// What holds from here on.
    case limits(PushLimits)
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

    struct Counts: Sendable {
        var series = 0
        var groups = 0
    }

    /// Of a part, what it takes as a record, about.
    private static let partBytes = 1 << 20

    /// The same in pieces: a record that is too large is never written. At least one.
    func parts() -> [PushSelection] {
        var parts: [PushSelection] = []
        var part = PushSelection()
        part.groups = groups
        var bytes = 0
        for metric in metrics {
            part.metrics.append(metric)
            bytes += metric.bytes
            guard bytes >= Self.partBytes else { continue }
            parts.append(part)
            (part, bytes) = (PushSelection(), 0)
        }
        return parts.isEmpty || part != PushSelection() ? parts + [part] : parts
    }
}

extension PushSelection.Metric {
    fileprivate var bytes: Int {
        group.labels.reduce(family.utf8.count + labels.utf8.count + 8) {
            $0 + $1.name.utf8.count + $1.value.utf8.count
        }
    }
}
