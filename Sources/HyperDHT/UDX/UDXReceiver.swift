/// The receiving half of a stream: puts packets in order, keeps their bytes until they are read, and knows what the
/// peer is to be told.
struct UDXReceiver: Sendable {
    let configuration: UDXConfiguration
    /// The sequence number that is missing first.
    private(set) var next: UInt32
    private var unread = ByteRing()
    private var early = ReorderBuffer()
    private(set) var hasEnded = false
    /// Whether the peer waits for an acknowledgment.
    private(set) var owesAnswer = false
    private var toldWindow: Int

    init(_ configuration: UDXConfiguration) {
        self.configuration = configuration
        next = configuration.initialSequence
        toldWindow = configuration.receiveBytesMax
    }

    var unreadBytes: Int { unread.count }
    var ranges: ArraySlice<UDXRange> { early.ranges(atMost: UDXWire.rangesMax) }
    /// What it holds on to, in bytes.
    var capacity: Int { unread.capacity + early.bytes }
    /// What the peer may send from `next` on. Early packets are not counted: the peer counts them itself.
    var window: Int { max(configuration.receiveBytesMax - unread.count, 0) }

    /// How far ahead a packet is; below zero where it has been received.
    func distance(to sequence: UInt32) -> Int { Int(Int32(bitPattern: sequence &- next)) }

    /// Takes a packet in; answers with why not.
    mutating func accept(_ packet: UDXPacket) -> UDXRefusal? {
        owesAnswer = owesAnswer || !packet.kinds.isDisjoint(with: .answered)
        guard !packet.kinds.isDisjoint(with: .sequenced) else { return nil }
        let distance = distance(to: packet.sequence)
        let payload = packet.kinds.contains(.data) ? packet.payload : []
        guard distance >= 0 else { return .duplicate }
        guard !hasEnded else { return .behindEnd }
        guard distance > 0 else { return acceptNext(packet.kinds, payload) }
        guard distance < configuration.packetsMax,
            payload.count + unread.count + early.bytes <= configuration.receiveBytesMax
        else { return .beyondWindow }
        let kinds = packet.kinds.intersection(.sequenced)
        return early.insert(kinds, payload, sequence: packet.sequence, next: next) ? nil : .duplicate
    }

    /// A packet that is due is taken while there is any room: it may be what the peer tries a closed window with.
    private mutating func acceptNext(_ kinds: UDXPacket.Kinds, _ payload: ArraySlice<UInt8>) -> UDXRefusal? {
        guard payload.isEmpty || window > 0 else { return .beyondWindow }
        deliver(kinds, payload)
        while !hasEnded, let packet = early.take(next) { deliver(packet.kinds, packet.payload[...]) }
        if hasEnded { early.removeAll() }
        return nil
    }

    private mutating func deliver(_ kinds: UDXPacket.Kinds, _ payload: ArraySlice<UInt8>) {
        unread.append(payload)
        next &+= 1
        hasEnded = kinds.contains(.end)
    }

    /// Appends up to `limit` bytes to `bytes`.
    mutating func read(to bytes: inout [UInt8], limit: Int) -> Int {
        let number = max(min(unread.count, limit), 0)
        unread.copy(0..<number, to: &bytes)
        unread.removeFirst(number)
        // The peer has been told that there is little room, and would find out late that there is more.
        let half = configuration.receiveBytesMax / 2
        if number > 0, toldWindow < half / 2, window >= half { owesAnswer = owesAnswer || !hasEnded }
        return number
    }

    /// A packet goes out that tells the peer `next` and `window`.
    mutating func told() {
        owesAnswer = false
        toldWindow = window
    }

    /// What is early will never be due any more.
    mutating func close() { early.removeAll() }

    /// Forgets everything.
    mutating func abandon() {
        unread.removeAll()
        early.removeAll()
    }

    /// Gives back what its bytes do not need.
    mutating func shrink() { unread.shrink() }
}
