extension UDXStream {
    /// After the last event: there is still a peer that may not know.
    struct Linger {
        /// The answer to the peer: that the stream is no more, or that everything has arrived.
        var destroys: Bool
        var until: Int64
        /// No peer keeps it for longer.
        let untilMax: Int64
        /// Of the word that the stream is no more, which nobody acknowledges.
        var repeats: Int
        var repeatAt: Int64
        var owesAnswer = false

        static let repeats = 3
        static let repeatTime: Int64 = 500_000_000
        static let answersMax = 16
        var answers = 0
    }

    /// Ends both directions at once. What is not yet with the peer, or not yet read, is lost.
    package mutating func destroy(at now: Int64) {
        if isOpen { close(.destroyed, at: now) }
    }

    mutating func close(_ reason: UDXCloseReason, at now: Int64) {
        sender.abandon()
        if reason == .destroyed {
            receiver.abandon()
            events = PendingEvents()
        }
        receiver.close()
        (events.isWritable, events.wantsRoom, events.closed) = (false, false, reason)
        guard reason != .reset, remoteID != nil, !isMute else {
            state = .finished
            return
        }
        let destroys = reason != .ended
        state = .lingering(
            Linger(
                destroys: destroys, until: now + configuration.lingerTime, untilMax: now + 3 * configuration.lingerTime,
                repeats: destroys ? Linger.repeats : 0, repeatAt: now, owesAnswer: receiver.owesAnswer && !destroys))
    }

    mutating func receiveLate(_ packet: UDXPacket, at now: Int64) {
        counters.refuse(.closed)
        guard case .lingering(var linger) = state, sender.judge(packet.next) != .unsent else { return }
        if packet.kinds.contains(.destroy) {
            state = .finished
            return
        }
        hearsPeer()
        linger.owesAnswer = linger.owesAnswer || linger.destroys || !packet.kinds.isDisjoint(with: .answered)
        linger.until = min(now + configuration.lingerTime, linger.untilMax)
        state = .lingering(linger)
    }

    mutating func pollLingering(at now: Int64, into batch: inout DatagramBatch) {
        nextDeadline = nil
        guard case .lingering(var linger) = state else { return }
        guard now < linger.until else {
            state = .finished
            return
        }
        let repeats = linger.repeats > 0 && linger.repeatAt <= now
        if repeats {
            linger.repeats -= 1
            linger.repeatAt = now + Linger.repeatTime
        }
        if !isMute, repeats || linger.owesAnswer && linger.answers < Linger.answersMax {
            linger.answers += repeats ? 0 : 1
            send(linger.destroys ? packet(.destroy, sequence: sender.packets.next) : answer, into: &batch)
        }
        linger.owesAnswer = false
        state = .lingering(linger)
        nextDeadline = linger.repeats > 0 ? min(linger.repeatAt, linger.until) : linger.until
    }
}
