/// Packets that came before those in front of them.
struct ReorderBuffer: Sendable {
    struct Packet: Sendable {
        var kinds: UDXPacket.Kinds
        var payload: [UInt8]
    }

    private var packets: [UInt32: Packet] = [:]
    /// Which those are: in order, apart from each other, and none empty.
    private(set) var ranges: [UDXRange] = []
    private(set) var bytes = 0
    /// The place of the range that the last packet belongs to.
    private var last = 0

    var isEmpty: Bool { packets.isEmpty }

    /// False where it is there already. `next` is the sequence number that is missing first.
    mutating func insert(
        _ kinds: UDXPacket.Kinds, _ payload: ArraySlice<UInt8>, sequence: UInt32, next: UInt32
    ) -> Bool {
        guard packets[sequence] == nil else { return false }
        packets[sequence] = Packet(kinds: kinds, payload: Array(payload))
        bytes += payload.count
        note(sequence, next)
        return true
    }

    /// Up to `limit` of the ranges: where there are more, those up to the one that is newest, so that the peer hears of
    /// each at least once.
    func ranges(atMost limit: Int) -> ArraySlice<UDXRange> {
        let end = max(min(last + 1, ranges.count), min(limit, ranges.count))
        return ranges[max(end - limit, 0)..<end]
    }

    /// The packet that is no longer early.
    mutating func take(_ sequence: UInt32) -> Packet? {
        guard let first = ranges.first, first.start == sequence, let packet = packets.removeValue(forKey: sequence)
        else { return nil }
        bytes -= packet.payload.count
        ranges[0].start &+= 1
        if ranges[0].start == ranges[0].end { ranges.removeFirst() }
        last = 0
        if packets.isEmpty { removeAll() }
        return packet
    }

    /// Gives the memory back as well.
    mutating func removeAll() { self = ReorderBuffer() }

    private mutating func note(_ sequence: UInt32, _ next: UInt32) {
        let distance = sequence &- next
        // The last range that begins before; most packets belong to the last one of all.
        var index = ranges.count
        while index > 0, ranges[index - 1].start &- next > distance { index -= 1 }
        let joinsLeft = index > 0 && ranges[index - 1].end == sequence
        let joinsRight = index < ranges.count && ranges[index].start == sequence &+ 1
        switch (joinsLeft, joinsRight) {
        case (true, true):
            ranges[index - 1].end = ranges[index].end
            ranges.remove(at: index)
        case (true, false): ranges[index - 1].end &+= 1
        case (false, true): ranges[index].start = sequence
        case (false, false): ranges.insert(UDXRange(start: sequence, end: sequence &+ 1), at: index)
        }
        last = joinsLeft ? index - 1 : index
    }
}
