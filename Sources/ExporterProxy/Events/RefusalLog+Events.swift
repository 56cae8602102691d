import Logging

extension RefusalLog {
    /// - Parameter sender: of a datagram, by its number.
    mutating func refused(_ tally: EventTally, door: String, at now: Moment, sender: (Int) -> String) {
        for (reason, packets) in tally.refused {
            guard var metadata = note(door: door, reason: reason.rawValue, count: packets.count, at: now) else {
                continue
            }
            metadata["peer"] = "\(sender(packets.number))"
            metadata["error"] = "\(packets.first)"
            logger.warning("packet of events refused", metadata: metadata)
        }
    }

    mutating func dropped(_ count: Int, door: String, at now: Moment) {
        guard var metadata = note(door: door, reason: "kernel_drops", count: count, at: now) else { return }
        metadata["datagrams"] = "\(count)"
        logger.warning("datagrams were lost before they could be read", metadata: metadata)
    }

    mutating func cannotAccept(_ code: Int32, door: String, at now: Moment) {
        guard var metadata = note(door: door, reason: "accept", at: now) else { return }
        metadata["error"] = "\(SystemError.sentence(code))"
        logger.error("cannot accept a connection for events; clients wait", metadata: metadata)
    }
}
