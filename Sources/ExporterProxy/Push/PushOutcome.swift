import Exposition

/// What became of a record.
package enum PushOutcome: Equatable, Sendable {
    case stored
    /// Nothing of it was applied. Not empty; each once.
    case refused([PushConflict])
    /// By a deletion, a wipe or an expiry.
    case removed(series: Int, groups: Int)
}

/// Why a push cannot be applied beside what is stored.
package struct PushConflict: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of the `reason` label.
    package enum Kind: String, Sendable, CaseIterable {
        case reservedName = "reserved_name"
        case type = "type_conflict"
        case name = "name_conflict"
        case series = "series_conflict"
        case mode = "clearmode_unfit"
        case limit
    }

    package var kind: Kind
    /// Names the family, this group and the other one.
    package var description: String
}

extension PushConflict {
    /// Of labels, so much is said.
    private static let bytesShown = 200

    private static func shown(_ text: String) -> String {
        text.utf8.count <= bytesShown ? text : String(text.prefix(bytesShown)) + "…"
    }

    private static func shown(_ group: GroupingKey) -> String { shown(group.text) }

    static func reserved(_ family: String) -> Self {
        .init(kind: .reservedName, description: "the name \(family) is the proxy's own")
    }

    static func type(
        _ family: PushedFamily, _ group: GroupingKey, other: GroupingKey, _ otherType: MetricType
    ) -> Self {
        .init(
            kind: .type,
            description: "\(family.name) is a \(family.type.rawValue) in the group \(shown(group)), and a "
                + "\(otherType.rawValue) in the group \(shown(other))")
    }

    static func name(_ family: String, _ group: GroupingKey, other: String, in otherGroup: GroupingKey) -> Self {
        let place = otherGroup == group ? "the same group" : "the group \(shown(otherGroup))"
        return .init(
            kind: .name,
            description: "\(family) in the group \(shown(group)) and \(other) in \(place) have samples of the same name"
        )
    }

    static func series(_ series: String, _ group: GroupingKey, other: GroupingKey) -> Self {
        .init(
            kind: .series,
            description:
                "\(shown(series)), pushed to the group \(shown(group)), is a series of the group \(shown(other))")
    }

    static func mode(_ family: PushedFamily, _ group: GroupingKey) -> Self {
        .init(
            kind: .mode,
            description: "\(family.name) in the group \(shown(group)) is a \(family.type.rawValue), which can be "
                + "replaced, summed without a window, or have the last pushed value")
    }

    static func limit(_ name: PushLimits.Name, _ limit: Int, _ group: GroupingKey) -> Self {
        .init(
            kind: .limit,
            description: "the group \(shown(group)) would exceed the limit of \(name.rawValue), which is \(limit)")
    }
}
