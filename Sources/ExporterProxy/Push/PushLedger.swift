import Exposition

/// What all groups have in common: who has which names and series, and how much there is.
struct PushLedger: Sendable {
    struct Name: Sendable {
        var type: MetricType
        var groups: Set<Int32>
    }

    /// Of families that have series.
    private(set) var names: [String: Name] = [:]
    /// The group of each metric, by its number.
    private(set) var owners: [UInt64: Int32] = [:]
    /// Samples of all groups.
    var series = 0
    var keptValues = 0
    var bases = ExpiredBases()

    func owner(of number: UInt64) -> Int32? { owners[number] }

    mutating func claim(_ number: UInt64, for group: Int32) { owners[number] = group }

    mutating func release(_ number: UInt64, of group: Int32) {
        if owners[number] == group { owners[number] = nil }
    }

    /// The name has this type from now on; whoever else has it must have the same.
    mutating func claim(_ name: String, _ type: MetricType, for group: Int32) {
        names[name, default: Name(type: type, groups: [])].groups.insert(group)
        names[name]?.type = type
    }

    mutating func release(_ name: String, of group: Int32) {
        guard names[name]?.groups.remove(group) != nil, names[name]?.groups.isEmpty == true else { return }
        names[name] = nil
    }
}
