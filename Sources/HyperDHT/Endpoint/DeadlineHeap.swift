/// When each of many is due. To find the earliest costs nothing, to change one the logarithm of their number.
///
/// Each is named by a small number of its own: its slot in an array.
struct DeadlineHeap: Sendable {
    private struct Entry {
        var at: Int64
        var slot: Int
    }

    /// Nothing is due before what stands at half its index.
    private var entries: [Entry] = []
    /// Where in `entries` a slot stands.
    private var places: [Int?] = []

    var count: Int { entries.count }
    /// When the first is due; nil while nothing ever is.
    var first: Int64? { entries.first?.at }

    /// `nil` where it is not due at all.
    mutating func set(_ slot: Int, to deadline: Int64?) {
        while places.count <= slot { places.append(nil) }
        switch (places[slot], deadline) {
        case (let place?, let deadline?):
            entries[place].at = deadline
            settle(place)
        case (nil, let deadline?):
            entries.append(Entry(at: deadline, slot: slot))
            places[slot] = entries.count - 1
            settle(entries.count - 1)
        case (let place?, nil): remove(place)
        case (nil, nil): break
        }
    }

    /// One that is due, which then is so no more.
    mutating func removeFirst(at now: Int64) -> Int? {
        guard let first = entries.first, first.at <= now else { return nil }
        remove(0)
        return first.slot
    }

    private mutating func remove(_ place: Int) {
        places[entries[place].slot] = nil
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.slot] = place
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
        places[entries[one].slot] = one
        places[entries[other].slot] = other
    }
}
