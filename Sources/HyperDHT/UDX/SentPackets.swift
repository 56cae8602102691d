/// The packets on their way, by their sequence numbers, and how many there are in which state.
struct SentPackets: Sendable {
    private var packets = RingQueue<SentPacket>()
    /// The sequence number of the first one, or of the next to be sent.
    private(set) var oldest: UInt32
    private(set) var flying = 0
    private(set) var lost = 0
    // Nothing before it is lost.
    private var lostHint = 0

    init(oldest: UInt32) { self.oldest = oldest }

    var count: Int { packets.count }
    var isEmpty: Bool { packets.isEmpty }
    var capacity: Int { packets.capacity }
    var next: UInt32 { oldest &+ UInt32(packets.count) }

    /// By its place, from the oldest.
    subscript(index: Int) -> SentPacket { packets[index] }

    func sequence(of index: Int) -> UInt32 { oldest &+ UInt32(index) }

    mutating func append(_ packet: SentPacket) {
        packets.append(packet)
        flying += 1
    }

    mutating func removeFirst() -> SentPacket {
        let first = packets.removeFirst()
        leave(first.state)
        oldest &+= 1
        lostHint = max(lostHint - 1, 0)
        return first
    }

    mutating func mark(_ index: Int, _ state: SentPacket.State) {
        leave(packets[index].state)
        packets[index].state = state
        switch state {
        case .flying: flying += 1
        case .lost:
            lost += 1
            lostHint = min(lostHint, index)
        case .delivered: break
        }
    }

    /// A lost one is on its way again.
    mutating func resent(_ index: Int, at now: Int64) {
        mark(index, .flying)
        packets[index].sentAt = now
        packets[index].transmissions += 1
    }

    /// The first lost one.
    mutating func firstLost() -> Int? {
        guard lost > 0 else { return nil }
        while packets[lostHint].state != .lost { lostHint += 1 }
        return lostHint
    }

    mutating func removeAll() {
        self = SentPackets(oldest: next)
    }

    /// Gives back what its packets do not need.
    mutating func shrink() { packets.shrink() }

    private mutating func leave(_ state: SentPacket.State) {
        switch state {
        case .flying: flying -= 1
        case .lost: lost -= 1
        case .delivered: break
        }
    }
}
