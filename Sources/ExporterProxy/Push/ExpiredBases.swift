import Exposition

/// Sums of series that have expired, kept for the case that they return.
struct ExpiredBases: Sendable {
    /// Of all, about, whatever number of bases is allowed.
    static let bytesMax = 64 << 20

    struct Base: Sendable {
        var type: MetricType
        var labels: String
        var state: Aggregate
        /// Each base has its own, the newest the highest.
        fileprivate var stamp: UInt64 = 0

        init(_ type: MetricType, labels: String, _ state: Aggregate) {
            (self.type, self.labels, self.state) = (type, labels, state)
        }

        /// About as many as it takes in memory.
        fileprivate var bytes: Int { labels.utf8.count + 32 * state.samples }
    }

    private struct Place {
        var group: GroupingKey
        var family: String
        var number: UInt64
        var stamp: UInt64
    }

    private var bases: [GroupingKey: [String: [UInt64: Base]]] = [:]
    /// The oldest first; also of bases that have gone.
    private var order: [Place] = []
    private var count = 0
    /// Of all, about.
    private var bytes = 0
    private var lastStamp: UInt64 = 0
    /// Something is other than when this was set to false.
    var hasChanged = false

    var isEmpty: Bool { count == 0 }

    mutating func keep(_ base: Base, _ number: UInt64, of family: String, in group: GroupingKey, limit: Int) {
        guard limit > 0 else { return }
        var base = base
        lastStamp += 1
        base.stamp = lastStamp
        let old = bases[group, default: [:]][family, default: [:]].updateValue(base, forKey: number)
        if let old { bytes -= old.bytes } else { count += 1 }
        bytes += base.bytes
        order.append(Place(group: group, family: family, number: number, stamp: lastStamp))
        hasChanged = true
        dropOldest(limit)
    }

    private mutating func dropOldest(_ limit: Int) {
        guard count > limit || bytes > Self.bytesMax || order.count > 2 * count + 64 else { return }
        order.removeAll { bases[$0.group]?[$0.family]?[$0.number]?.stamp != $0.stamp }
        // A quarter more than is needed, so that not each one that comes has to look through all.
        var surplus = count > limit ? min(order.count, count - limit + limit / 4) : 0
        if bytes > Self.bytesMax { surplus = max(surplus, (order.count + 3) / 4) }
        for place in order.prefix(surplus) { remove(place.number, of: place.family, in: place.group) }
        order.removeFirst(surplus)
    }

    /// Takes the base out.
    mutating func take(_ number: UInt64, of family: String, in group: GroupingKey) -> Base? {
        guard count > 0, let base = bases[group]?[family]?[number] else { return nil }
        remove(number, of: family, in: group)
        return base
    }

    private mutating func remove(_ number: UInt64, of family: String, in group: GroupingKey) {
        guard let gone = bases[group]?[family]?.removeValue(forKey: number) else { return }
        count -= 1
        bytes -= gone.bytes
        hasChanged = true
        if bases[group]?[family]?.isEmpty == true { bases[group]?[family] = nil }
        if bases[group]?.isEmpty == true { bases[group] = nil }
    }

    mutating func forget(_ family: String, of group: GroupingKey) {
        guard count > 0, let gone = bases[group]?.removeValue(forKey: family) else { return }
        count -= gone.count
        bytes -= gone.values.reduce(0) { $0 + $1.bytes }
        hasChanged = true
        if bases[group]?.isEmpty == true { bases[group] = nil }
    }

    mutating func forget(_ group: GroupingKey) {
        guard count > 0, let gone = bases.removeValue(forKey: group) else { return }
        count -= gone.values.reduce(0) { $0 + $1.count }
        bytes -= gone.values.reduce(0) { $1.values.reduce($0) { $0 + $1.bytes } }
        hasChanged = true
    }

    mutating func forgetAll() {
        if count == 0 { return }
        self = ExpiredBases()
        hasChanged = true
    }

    /// The oldest first.
    var all: [(group: GroupingKey, family: String, base: Base)] {
        order.compactMap { place in
            guard let base = bases[place.group]?[place.family]?[place.number], base.stamp == place.stamp else {
                return nil
            }
            return (place.group, place.family, base)
        }
    }
}
