/// One direction of a path: what is handed in comes out later, more than once, or never. All by its seed.
struct SimulatedLink {
    struct Conditions: Sendable {
        var loss = 0.0
        var duplication = 0.0
        var delay: Int64 = 10_000_000
        /// Added to the delay, up to this; packets overtake each other by it.
        var jitter: Int64 = 0
        /// How much goes through in a second; nil for all.
        var bytesPerSecond: Int?
        /// How much waits at the narrow place before the rest is dropped.
        var queueBytes = 64 << 10
        /// Times in which nothing gets through.
        var blackouts: [Range<Int64>] = []
    }

    private struct Passage: Comparable {
        var at: Int64
        /// In the order of sending, for those of the same time.
        var number: Int
        var datagram: [UInt8]

        static func < (left: Passage, right: Passage) -> Bool { (left.at, left.number) < (right.at, right.number) }
        static func == (left: Passage, right: Passage) -> Bool { left.number == right.number }
    }

    let conditions: Conditions
    private var numbers: SeededNumbers
    private var passages = MinimumHeap<Passage>()
    private var sent = 0
    private(set) var dropped = 0
    /// When the narrow place has let through what waits there.
    private var freeAt: Int64 = 0

    init(_ conditions: Conditions, seed: UInt64) {
        self.conditions = conditions
        numbers = SeededNumbers(seed: seed)
    }

    /// When the next datagram comes out; nil while there is none.
    var nextAt: Int64? { passages.first?.at }

    mutating func send(_ datagram: ArraySlice<UInt8>, at now: Int64) {
        guard let leavesAt = departure(datagram.count, at: now), numbers.share() >= conditions.loss,
            !conditions.blackouts.contains(where: { $0.contains(now) })
        else {
            dropped += 1
            return
        }
        for _ in 0..<(numbers.share() < conditions.duplication ? 2 : 1) {
            let late = conditions.jitter == 0 ? 0 : Int64.random(in: 0...conditions.jitter, using: &numbers)
            sent += 1
            passages.insert(Passage(at: leavesAt + conditions.delay + late, number: sent, datagram: Array(datagram)))
        }
    }

    mutating func receive(at now: Int64) -> [UInt8]? {
        guard let first = passages.first, first.at <= now else { return nil }
        return passages.removeFirst()?.datagram
    }

    private mutating func departure(_ bytes: Int, at now: Int64) -> Int64? {
        guard let rate = conditions.bytesPerSecond else { return now }
        let waiting = Int(max(freeAt - now, 0)) * rate / 1_000_000_000
        guard waiting + bytes <= conditions.queueBytes else { return nil }
        freeAt = max(freeAt, now) + Int64(bytes) * 1_000_000_000 / Int64(rate)
        return freeAt
    }
}

/// The smallest first.
struct MinimumHeap<Element: Comparable> {
    private var elements: [Element] = []

    var first: Element? { elements.first }

    mutating func insert(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0, elements[child] < elements[(child - 1) / 2] {
            elements.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        elements[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && elements[child] < elements[smallest] {
                smallest = child
            }
            guard smallest != parent else { return first }
            elements.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
