extension UDXStream {
    /// Appends what is to be sent now to `batch`, and does what is due.
    package mutating func poll(at now: Int64, into batch: inout DatagramBatch) {
        if isOpen {
            nextDeadline = nil
            if remoteID != nil { pollOpen(at: now, into: &batch) }
        } else {
            pollLingering(at: now, into: &batch)
        }
    }

    private mutating func pollOpen(at now: Int64, into batch: inout DatagramBatch) {
        sender.start(at: now)
        sender.passed(at: now)
        if let limit = patience, limit.end <= now {
            if limit.reason == .timedOut { counters.timeouts += 1 }
            close(limit.reason, at: now)
            pollLingering(at: now, into: &batch)
            return
        }
        let owesAnswer = receiver.owesAnswer
        let isComplete = sendPackets(at: now, into: &batch)
        // Ranges go in a packet of their own: that is how every peer sends and reads them.
        if owesAnswer, receiver.owesAnswer || !ranges.isEmpty { send(answer, into: &batch) }
        beatHeart(at: now, into: &batch)
        nextDeadline = isMute ? patience?.end : isComplete ? earliest : now
    }

    /// False where more is due at once.
    private mutating func sendPackets(at now: Int64, into batch: inout DatagramBatch) -> Bool {
        for _ in 0..<configuration.packetsPerPoll {
            guard !isMute, let transmission = sender.next(at: now) else { return true }
            send(packet(transmission.kinds, sequence: transmission.sequence), transmission.range, into: &batch)
            makeRoom(at: now)
            if transmission.isResent {
                counters.packetsResent += 1
            } else {
                counters.payloadBytesSent += transmission.range.count
            }
        }
        return false
    }

    private mutating func beatHeart(at now: Int64, into batch: inout DatagramBatch) {
        guard let interval = configuration.heartbeatInterval else { return }
        let heard = heardAt ?? now
        heardAt = heard
        heartbeatAt = max(heartbeatAt, heard + interval)
        guard heartbeatAt <= now, sender.progressAt == nil, !isMute else { return }
        send(packet(.heartbeat, sequence: sender.packets.next), into: &batch)
        heartbeatAt = now + min(interval, configuration.timeoutMax)
    }

    private var earliest: Int64? {
        var earliest = sender.deadline
        if let patience { earliest = min(earliest, patience.end) }
        if configuration.heartbeatInterval != nil, sender.progressAt == nil { earliest = min(earliest, heartbeatAt) }
        return earliest == .max ? nil : earliest
    }

    /// Until when the peer has time, and what its silence means then; nil while nothing is expected of it.
    private var patience: (end: Int64, reason: UDXCloseReason)? {
        guard let progressAt = sender.progressAt else {
            guard let interval = configuration.heartbeatInterval, let heardAt else { return nil }
            return (heardAt + interval + configuration.progressTimeout, .timedOut)
        }
        let aliveAt = max(progressAt, heardAt ?? progressAt)
        let end = progressAt + configuration.progressTimeout
        if sender.waitsForEndOnly, receiver.hasEnded {
            // A peer that has ended and has everything is gone: its last acknowledgment got lost.
            return (min(aliveAt + configuration.lingerTime, end), .ended)
        }
        guard sender.isWindowClosed else { return (end, .timedOut) }
        return (min(aliveAt + configuration.progressTimeout, progressAt + configuration.windowTimeout), .timedOut)
    }
}

// MARK: Packets

extension UDXStream {
    private var ranges: ArraySlice<UDXRange> { peerIsConfirmed ? receiver.ranges : [] }

    /// An acknowledgment of what has been received, with the ranges of what came early.
    var answer: UDXPacket {
        var answer = packet([], sequence: sender.packets.next)
        let ranges = ranges
        if !ranges.isEmpty {
            answer.kinds = .ranges
            answer.ranges = UDXPacket.Ranges(Array(ranges))
        }
        return answer
    }

    func packet(_ kinds: UDXPacket.Kinds, sequence: UInt32) -> UDXPacket {
        UDXPacket(
            kinds, streamID: remoteID ?? 0, window: UInt32(clamping: receiver.window), sequence: sequence,
            next: receiver.next)
    }

    /// With the bytes of `range` of the sender as its payload.
    mutating func send(_ packet: UDXPacket, _ range: Range<Int> = 0..<0, into batch: inout DatagramBatch) {
        batch.append { bytes in
            packet.write(to: &bytes)
            sender.bytes.copy(range, to: &bytes)
        }
        receiver.told()
        unheardPacketsLeft = unheardPacketsLeft.map { $0 - 1 }
        counters.packetsSent += 1
    }
}
