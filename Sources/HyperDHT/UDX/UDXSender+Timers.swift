// What the time brings.
extension UDXSender {
    /// When to call ``passed(at:)`` and ``next(at:)`` again; `.max` for never.
    var deadline: Int64 {
        guard let waitingSince else { return .max }
        var deadline = Int64.max
        if isHeldByPacer { deadline = pacer.deadline }
        if packets.flying > 0 { deadline = min(deadline, loss.deadline) }
        guard packets.flying > 0 || isWaitingForWindow else { return deadline }
        return min(deadline, waitingSince + patience)
    }

    /// Does what is due.
    mutating func passed(at now: Int64) {
        guard let waitingSince else { return }
        if loss.deadline <= now { detectLoss(at: now) }
        guard packets.flying > 0 || isWaitingForWindow, waitingSince + patience <= now else { return }
        self.waitingSince = now
        if mayProbeTail {
            (probe, hasProbedTail) = (.tail, true)
        } else if packets.flying > 0 {
            timeOut()
        } else {
            probe = .window
            attempts += 1
        }
    }

    private var isWaitingForWindow: Bool { packets.isEmpty && unpackedBytes > 0 && newLength == nil }
    private var mayProbeTail: Bool {
        packets.flying > 0 && packets.lost == 0 && attempts == 0 && !hasProbedTail && path.tailTimeout != nil
    }

    private var patience: Int64 {
        if mayProbeTail, let time = path.tailTimeout { return time }
        return path.timeout(after: attempts)
    }

    /// The peer is silent: everything on the way counts as lost, and goes out again slowly.
    private mutating func timeOut() {
        // A closed window is no sign of a crowded path.
        if !isWindowClosed { congestion.timedOut() }
        attempts += 1
        recoveryEnd = packets.next
        loseFlight()
    }
}
