/// The sending half of a stream: keeps what was written until the peer has it, and says what to send when.
///
/// It knows nothing of headers and datagrams; ``UDXStream`` makes them of its transmissions.
struct UDXSender: Sendable {
    /// One packet to send now; the range is of ``bytes``.
    struct Transmission {
        var kinds: UDXPacket.Kinds
        var sequence: UInt32
        var range: Range<Int>
        var isResent: Bool
    }

    enum Probe { case tail, window }

    let configuration: UDXConfiguration
    /// From the oldest byte that is not acknowledged on.
    var bytes = ByteRing()
    /// Where `bytes` begins in the bytes of the stream.
    var bytesStart = 0
    /// How much of `bytes` is in packets.
    var packedBytes = 0
    var packets: SentPackets
    /// From the oldest packet on, as the peer said last.
    var window = Int.max

    var path: RoundTripTime
    var congestion: CongestionWindow
    var slowStart: SlowStart
    var pacer = Pacer()
    var loss = LossDetection()
    /// Behind it the peer has said nothing of what it has; nil where it has said everything.
    var knownEnd: UInt32?
    /// The end of the flight in which the last loss was found: until it has arrived, further losses are the same one.
    var recoveryEnd: UInt32?
    /// One packet that has just been found lost goes out although the window is full.
    var mayExceedWindow = false
    var isHeldByCongestion = false
    var isHeldByPacer = false

    var probe: Probe?
    var hasProbedTail = false
    /// Timeouts since the peer acknowledged something.
    var attempts = 0
    /// When the wait for an acknowledgment began; nil while there is nothing to wait for.
    var waitingSince: Int64?
    /// When the peer last acknowledged something, or the wait began.
    var progressAt: Int64?
    private var lastSentAt: Int64 = .min

    enum End { case open, requested, sent, acknowledged }
    var end = End.open

    init(_ configuration: UDXConfiguration) {
        self.configuration = configuration
        packets = SentPackets(oldest: configuration.initialSequence)
        path = RoundTripTime(configuration)
        congestion = CongestionWindow(packetsMax: configuration.packetsMax)
        slowStart = SlowStart(next: configuration.initialSequence)
    }
}

// MARK: What is to be sent

extension UDXSender {
    var isOpen: Bool { end == .open }
    var isDone: Bool { end == .acknowledged }
    var room: Int { configuration.sendBytesMax - bytes.count }
    var unpackedBytes: Int { bytes.count - packedBytes }
    private var isWorking: Bool { !bytes.isEmpty || !packets.isEmpty || end == .requested }
    /// Whether the peer has everything but the word that this was all.
    var waitsForEndOnly: Bool { end == .sent && bytes.isEmpty }
    /// Whether it is the peer that has no room.
    var isWindowClosed: Bool { window < min(bytes.count, configuration.payloadBytes) }
    /// What it holds on to, in bytes.
    var capacity: Int { bytes.capacity + packets.capacity * MemoryLayout<SentPacket?>.stride }

    /// Takes as much as there is room for.
    mutating func write(_ new: ArraySlice<UInt8>) -> Int {
        guard end == .open else { return 0 }
        let accepted = max(min(new.count, room), 0)
        bytes.append(new.prefix(accepted))
        return accepted
    }

    mutating func finish() {
        if end == .open { end = .requested }
    }

    /// Forgets everything.
    mutating func abandon() {
        bytes.removeAll()
        packets.removeAll()
        (packedBytes, end, probe, waitingSince, progressAt) = (0, .acknowledged, nil, nil, nil)
        loss.reset()
    }

    /// Gives back what its bytes do not need.
    mutating func shrink() {
        bytes.shrink()
        packets.shrink()
    }

    /// Sees whether there is something to wait for; to be called before the others, whenever time has passed.
    mutating func start(at now: Int64) {
        guard isWorking else {
            (waitingSince, progressAt) = (nil, nil)
            return
        }
        guard waitingSince == nil else { return }
        (waitingSince, progressAt) = (now, now)
        if lastSentAt != .min, now - lastSentAt > path.timeout(after: 0) { congestion.idled() }
    }

    /// The next packet, until nil: then it is for the peer, or for ``deadline``.
    mutating func next(at now: Int64) -> Transmission? {
        if let probe {
            self.probe = nil
            if let transmission = send(probe, at: now) { return transmission }
        }
        isHeldByCongestion = packets.flying >= congestion.packets && !mayExceedWindow
        isHeldByPacer = false
        guard !isHeldByCongestion, packets.lost > 0 || newLength != nil else { return nil }
        isHeldByPacer = !pacer.allows(at: now)
        guard !isHeldByPacer else { return nil }
        mayExceedWindow = false
        pacer.sent(at: now, window: congestion, roundTrip: path.smoothed)
        if let lost = packets.firstLost() { return resend(lost, at: now) }
        return newLength.map { sendNew($0, at: now) }
    }

    private mutating func send(_ probe: Probe, at now: Int64) -> Transmission? {
        switch probe {
        case .tail:
            if let newLength { return sendNew(newLength, at: now) }
            guard let last = (0..<packets.count).last(where: { packets[$0].state == .flying }) else { return nil }
            return resend(last, at: now)
        case .window:
            return unpackedBytes > 0 && packets.isEmpty
                ? sendNew(min(unpackedBytes, configuration.payloadBytes), at: now) : nil
        }
    }

    /// The payload of the next packet that was not sent before: 0 for a bare end, nil where none is possible.
    var newLength: Int? {
        guard packets.count < configuration.packetsMax else { return nil }
        guard unpackedBytes > 0 else { return end == .requested ? 0 : nil }
        let length = min(unpackedBytes, configuration.payloadBytes)
        let free = window - packedBytes
        if length <= free { return length }
        // A sliver only where the peer can hardly have more room soon.
        return packets.isEmpty && free > 0 ? free : nil
    }

    private mutating func sendNew(_ length: Int, at now: Int64) -> Transmission {
        let isLast = end == .requested && length == unpackedBytes
        if isLast { end = .sent }
        let kinds: UDXPacket.Kinds = length == 0 ? .end : isLast ? [.data, .end] : .data
        let range = packedBytes..<packedBytes + length
        let sequence = packets.next
        if packets.flying == 0 { waitingSince = now }
        packets.append(SentPacket(kinds: kinds, offset: bytesStart + packedBytes, length: length, sentAt: now))
        packedBytes += length
        lastSentAt = now
        return Transmission(kinds: kinds, sequence: sequence, range: range, isResent: false)
    }

    private mutating func resend(_ index: Int, at now: Int64) -> Transmission {
        if packets.flying == 0 { waitingSince = now }
        packets.resent(index, at: now)
        lastSentAt = now
        let packet = packets[index]
        let start = packet.offset - bytesStart
        return Transmission(
            kinds: packet.kinds, sequence: packets.sequence(of: index), range: start..<start + packet.length,
            isResent: true)
    }
}
