/// When something is due for each of many, the soonest first. To look at that costs nothing, to change one the
/// logarithm of how many there are.
package struct DueTimes<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var at: Int64
        let key: Key
    }

    /// Nothing is due before what stands at half its index.
    private var entries: [Entry] = []
    /// Where in `entries` a key stands.
    private var places: [Key: Int] = [:]

    package init() {}

    package var count: Int { entries.count }
    /// When the first is due; nil while nothing ever is.
    package var next: Int64? { entries.first?.at }
    /// What that is.
    package var first: Key? { entries.first?.key }

    package func time(of key: Key) -> Int64? { places[key].map { entries[$0].at } }

    /// In the place of the time that `key` may have; nil where it is not due any more.
    package mutating func set(_ key: Key, at time: Int64?) {
        guard let time else { return remove(key) }
        if let place = places[key] {
            entries[place].at = time
            settle(place)
        } else {
            entries.append(Entry(at: time, key: key))
            places[key] = entries.count - 1
            settle(entries.count - 1)
        }
    }

    package mutating func remove(_ key: Key) {
        if let place = places[key] { remove(at: place) }
    }

    /// One of those that are due at `now`, which is then due no more.
    package mutating func popDue(at now: Int64) -> Key? {
        guard let first = entries.first, first.at <= now else { return nil }
        remove(at: 0)
        return first.key
    }

    private mutating func remove(at place: Int) {
        places[entries[place].key] = nil
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.key] = place
        settle(place)
    }

    /// Moves an entry to where it belongs.
    private mutating func settle(_ start: Int) {
        var place = start
        while place > 0, entries[place].at < entries[(place - 1) / 2].at {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while let child = earlierChild(of: place), entries[child].at < entries[place].at {
            swap(place, child)
            place = child
        }
    }

    private func earlierChild(of place: Int) -> Int? {
        let left = 2 * place + 1
        guard left < entries.count else { return nil }
        return left + 1 < entries.count && entries[left + 1].at < entries[left].at ? left + 1 : left
    }

    private mutating func swap(_ one: Int, _ other: Int) {
        entries.swapAt(one, other)
        places[entries[one].key] = one
        places[entries[other].key] = other
    }
}
