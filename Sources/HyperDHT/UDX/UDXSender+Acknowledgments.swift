// What the peer says it has.
extension UDXSender {
    enum Answer: Equatable {
        case taken
        /// Of an earlier time: there is nothing new in it.
        case old
        /// Of packets that were never sent: nothing in it can be trusted.
        case unsent
        /// The same, of the ranges only: what stands before them has been taken.
        case unsentRanges
    }

    /// Whether `next` is of a time before, of now, or impossible.
    func judge(_ next: UInt32) -> Answer {
        let distance = next &- packets.oldest
        if distance <= UInt32(packets.count) { return .taken }
        return Int32(bitPattern: distance) < 0 ? .old : .unsent
    }

    /// Everything before `next` has arrived, and what is in `ranges`.
    mutating func acknowledge(
        _ next: UInt32, _ ranges: UDXPacket.Ranges, window: UInt32, at now: Int64
    ) -> Answer {
        let answer = judge(next)
        guard answer == .taken else { return answer }
        let wasClosed = isWindowClosed
        self.window = Int(window)
        let flight = packets.flying
        var delivery = Delivery()
        for _ in 0..<(next &- packets.oldest) { takeOldest(&delivery, at: now) }
        let rangesAreGood = take(ranges, &delivery, at: now)
        // A peer that has more ranges than a packet holds leaves the last ones out: nothing is known of what is there.
        knownEnd = ranges.count < UDXWire.rangesMax ? nil : ranges.last?.end
        if delivery.packets > 0 {
            progressed(delivery, flight: flight, at: now)
        } else if wasClosed, !isWindowClosed, attempts > 0 {
            windowOpened(at: now)
        }
        return rangesAreGood ? .taken : .unsentRanges
    }

    /// What one packet of the peer has acknowledged.
    private struct Delivery {
        var packets = 0
        /// Of the last one; nil where one was sent more than once, as nobody knows which transmission is answered.
        var sentAt: Int64? = .min
    }

    private mutating func takeOldest(_ delivery: inout Delivery, at now: Int64) {
        let sequence = packets.oldest
        let packet = packets.removeFirst()
        if packet.state != .delivered { count(packet, sequence, &delivery, at: now) }
        release(packet)
    }

    /// False at the first range that is impossible, or not behind the one before it.
    private mutating func take(_ ranges: UDXPacket.Ranges, _ delivery: inout Delivery, at now: Int64) -> Bool {
        var behind: UInt32 = 0
        for range in ranges {
            let start = range.start &- packets.oldest
            let end = range.end &- packets.oldest
            guard start >= behind, start < end, end <= UInt32(packets.count) else { return false }
            for index in Int(start)..<Int(end) where packets[index].state != .delivered {
                count(packets[index], packets.sequence(of: index), &delivery, at: now)
                packets.mark(index, .delivered)
            }
            behind = end
        }
        return true
    }

    private mutating func count(
        _ packet: SentPacket, _ sequence: UInt32, _ delivery: inout Delivery, at now: Int64
    ) {
        delivery.packets += 1
        delivery.sentAt = packet.transmissions > 1 ? nil : delivery.sentAt.map { max($0, packet.sentAt) }
        loss.delivered(packet, sequence: sequence, at: now, path: path)
    }

    private mutating func release(_ packet: SentPacket) {
        bytes.removeFirst(packet.length)
        bytesStart += packet.length
        packedBytes -= packet.length
        if packet.kinds.contains(.end) { end = .acknowledged }
    }

    private mutating func progressed(_ delivery: Delivery, flight: Int, at now: Int64) {
        if let sentAt = delivery.sentAt {
            path.add(now - sentAt)
            slowStart.acknowledged(
                delivery.packets, sample: now - sentAt, oldest: packets.oldest, next: packets.next)
        }
        (waitingSince, progressAt, attempts, hasProbedTail) = (now, now, 0, false)
        if let recoveryEnd, Int32(bitPattern: packets.oldest &- recoveryEnd) >= 0 { self.recoveryEnd = nil }
        if mayGrow(flight) { congestion.acknowledged(delivery.packets, slowStart.pace, isQueued: path.isQueued) }
        detectLoss(at: now)
    }

    /// Only a window that was used has been shown to be good.
    private func mayGrow(_ flight: Int) -> Bool {
        if congestion.isInSlowStart { return isHeldByCongestion || flight * 2 > congestion.packets }
        return recoveryEnd == nil && isHeldByCongestion
    }

    /// What was sent into the closed window has not been kept, and need not wait for its timeout.
    private mutating func windowOpened(at now: Int64) {
        (waitingSince, attempts) = (now, 0)
        loseFlight()
    }

    mutating func detectLoss(at now: Int64) {
        let known = min(knownEnd.map { Int(max(Int32(bitPattern: $0 &- packets.oldest), 0)) } ?? .max, packets.count)
        let lost = loss.detect(in: &packets, ..<known, at: now, path: path)
        guard lost > 0 else { return }
        congestion.lost(lost, isNew: recoveryEnd == nil, isQueued: path.isQueued)
        guard recoveryEnd == nil else { return }
        (recoveryEnd, mayExceedWindow) = (packets.next, true)
    }

    mutating func loseFlight() {
        for index in 0..<packets.count where packets[index].state == .flying { packets.mark(index, .lost) }
        loss.reset()
    }
}
