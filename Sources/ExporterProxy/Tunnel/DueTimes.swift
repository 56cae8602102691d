/// When something is due for each of many, the soonest first. Whatever is done costs the logarithm of how many there
/// are.
struct DueTimes<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let at: Int64
        let key: Key
    }

    private var times: [Key: Int64] = [:]
    /// A heap. Entries whose time is not that of their key any more do not count; the first one does.
    private var heap: [Entry] = []

    var count: Int { times.count }
    var next: Int64? { heap.first?.at }

    func time(of key: Key) -> Int64? { times[key] }

    /// In the place of the time that `key` may have.
    mutating func set(_ key: Key, at time: Int64) {
        guard times.updateValue(time, forKey: key) != time else { return }
        if heap.count > 2 * times.count + 64 { compact() } else { push(Entry(at: time, key: key)) }
        dropStale()
    }

    mutating func remove(_ key: Key) {
        if times.removeValue(forKey: key) != nil { dropStale() }
    }

    /// One of those that are due at `now`, which is then due no more.
    mutating func popDue(at now: Int64) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        remove(first.key)
        return first.key
    }

    private mutating func dropStale() {
        while let first = heap.first, times[first.key] != first.at { popFirst() }
    }

    private mutating func compact() {
        heap = times.map { Entry(at: $0.value, key: $0.key) }.sorted { $0.at < $1.at }
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func popFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            let children = [2 * parent + 1, 2 * parent + 2].filter { $0 < heap.count }
            guard let child = children.min(by: { heap[$0].at < heap[$1].at }), heap[child].at < heap[parent].at else {
                return
            }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
