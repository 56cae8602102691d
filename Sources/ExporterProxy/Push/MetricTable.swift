/// Metrics by their number, in the order in which they came.
struct MetricTable<Metric: Sendable>: Sendable {
    struct Entry: Sendable {
        let number: UInt64
        var metric: Metric
    }

    private var places: [UInt64: Int32] = [:]
    /// `nil` where one has gone.
    private var slots: [Entry?] = []

    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }

    /// The oldest first.
    var entries: some Sequence<Entry> { slots.lazy.compactMap { $0 } }

    func contains(_ number: UInt64) -> Bool { places[number] != nil }

    /// What `look` says of the metric where it lies; `nil` where there is none.
    @inline(__always)
    func read<Answer>(_ number: UInt64, _ look: (borrowing Metric) -> Answer) -> Answer? {
        guard let place = places[number] else { return nil }
        return slots[Int(place)]?.look(look)
    }

    /// What `change` answers; `nil` where there is no such metric.
    @inline(__always)
    mutating func update<Answer>(_ number: UInt64, _ change: (inout Metric) -> Answer) -> Answer? {
        guard let place = places[number] else { return nil }
        return slots[Int(place)]?.change(change)
    }

    mutating func updateAll(_ change: (inout Metric) -> Void) {
        for place in slots.indices { slots[place]?.change(change) }
    }

    /// Takes the place of the one with the same number, if there is one; answers it.
    @discardableResult
    mutating func put(_ number: UInt64, _ metric: Metric) -> Metric? {
        if let place = places[number] {
            let old = slots[Int(place)]?.metric
            slots[Int(place)] = Entry(number: number, metric: metric)
            return old
        }
        places[number] = Int32(truncatingIfNeeded: slots.count)
        slots.append(Entry(number: number, metric: metric))
        return nil
    }

    mutating func remove(_ number: UInt64) -> Metric? {
        guard let place = places.removeValue(forKey: number) else { return nil }
        let old = slots[Int(place)]?.metric
        slots[Int(place)] = nil
        closeGaps()
        return old
    }

    mutating func removeAll() { self = MetricTable() }

    private mutating func closeGaps() {
        guard slots.count > 32, slots.count > places.count * 2 else { return }
        slots = slots.filter { $0 != nil }
        for (place, entry) in slots.enumerated() {
            if let entry { places[entry.number] = Int32(truncatingIfNeeded: place) }
        }
    }
}

extension MetricTable.Entry {
    @inline(__always)
    fileprivate func look<Answer>(_ look: (borrowing Metric) -> Answer) -> Answer { look(metric) }

    @inline(__always)
    fileprivate mutating func change<Answer>(_ change: (inout Metric) -> Answer) -> Answer { change(&metric) }
}
