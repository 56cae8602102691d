/// Peers by the time at which they are to be looked at: a heap.
///
/// Nothing is taken out before its time: whoever has moved a deadline finds the old one too, and leaves it aside.
struct StreamDeadlines: Sendable {
    private struct Deadline {
        let at: Int64
        let peer: PeerNumber
    }

    private var heap: [Deadline] = []

    var next: Int64? { heap.first?.at }
    var count: Int { heap.count }

    mutating func insert(_ peer: PeerNumber, at deadline: Int64) {
        heap.append(Deadline(at: deadline, peer: peer))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest, when its time has come.
    mutating func popDue(at now: Int64) -> (peer: PeerNumber, at: Int64)? {
        guard let first = heap.first, first.at <= now else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return (first.peer, first.at)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let left = 2 * parent + 1
            guard left < heap.count else { return }
            let right = left + 1
            let child = right < heap.count && heap[right].at < heap[left].at ? right : left
            guard heap[child].at < heap[parent].at else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
