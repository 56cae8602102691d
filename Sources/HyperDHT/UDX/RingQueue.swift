/// A queue that is read and changed at every place.
struct RingQueue<Element: Sendable>: Sendable {
    // Its size is zero or a power of two; nil where nothing is.
    private var storage: [Element?] = []
    private var head = 0
    private(set) var count = 0
    private static var storageMin: Int { 16 }

    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : self[0] }
    var capacity: Int { storage.count }

    subscript(index: Int) -> Element {
        get {
            precondition(0..<count ~= index)
            guard let element = storage[(head + index) & (storage.count - 1)] else {
                preconditionFailure("a gap in the queue")
            }
            return element
        }
        set {
            precondition(0..<count ~= index)
            storage[(head + index) & (storage.count - 1)] = newValue
        }
    }

    mutating func append(_ element: Element) {
        if count == storage.count { resize(for: count + 1) }
        storage[(head + count) & (storage.count - 1)] = element
        count += 1
    }

    mutating func removeFirst() -> Element {
        let first = self[0]
        storage[head] = nil
        head = (head + 1) & (storage.count - 1)
        count -= 1
        return first
    }

    /// Gives the memory back as well.
    mutating func removeAll() { self = RingQueue() }

    /// Gives back what its elements do not need.
    mutating func shrink() {
        if isEmpty {
            removeAll()
        } else if storage.count > max(count, Self.storageMin) * 4 {
            resize(for: count)
        }
    }

    private mutating func resize(for elements: Int) {
        var size = Self.storageMin
        while size < elements { size *= 2 }
        var other: [Element?] = []
        other.reserveCapacity(size)
        for index in 0..<count { other.append(self[index]) }
        for _ in count..<size { other.append(nil) }
        (storage, head) = (other, 0)
    }
}
