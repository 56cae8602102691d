/// Finds lost packets by time: what was sent some while before a packet that has arrived is lost (RFC 8985).
struct LossDetection: Sendable {
    /// The last transmission that has arrived.
    private var sentAt: Int64 = .min
    private var sequence: UInt32 = 0
    private var roundTrip: Int64 = 0
    /// How patient to be with packets that overtake each other, in quarters of the shortest round trip.
    private var patience: Int64 = 1
    private static let patienceMax: Int64 = 16
    /// When the next packet that is overdue counts as lost; `.max` for never.
    private(set) var deadline: Int64 = .max

    /// A packet has arrived, be it in order or not.
    mutating func delivered(_ packet: SentPacket, sequence: UInt32, at now: Int64, path: RoundTripTime) {
        let elapsed = now - packet.sentAt
        if packet.state == .lost || packet.transmissions > 1 && elapsed < path.minimum {
            // An answer to an earlier transmission, which had been given up too soon.
            patience = min(patience + 1, Self.patienceMax)
            return
        }
        let isLater =
            packet.sentAt == sentAt ? Int32(bitPattern: sequence &- self.sequence) > 0 : packet.sentAt > sentAt
        guard isLater else { return }
        (sentAt, self.sequence, roundTrip) = (packet.sentAt, sequence, elapsed)
    }

    /// Marks what is lost by now, of those before `known`; answers with how many those are.
    mutating func detect(
        in packets: inout SentPackets, _ known: PartialRangeUpTo<Int>, at now: Int64, path: RoundTripTime
    ) -> Int {
        deadline = .max
        guard sentAt != .min, packets.flying > 0 else { return 0 }
        let limit = roundTrip + reorderingTime(path)
        var found = 0
        for index in 0..<known.upperBound {
            let packet = packets[index]
            // Those behind it were first sent later still.
            if packet.transmissions == 1, packet.sentAt > sentAt { break }
            guard packet.state == .flying, isBefore(packet, packets.sequence(of: index)) else { continue }
            if packet.sentAt + limit <= now {
                packets.mark(index, .lost)
                found += 1
            } else {
                deadline = min(deadline, packet.sentAt + limit)
            }
        }
        return found
    }

    mutating func reset() { deadline = .max }

    private func isBefore(_ packet: SentPacket, _ sequence: UInt32) -> Bool {
        packet.sentAt == sentAt ? Int32(bitPattern: sequence &- self.sequence) < 0 : packet.sentAt < sentAt
    }

    private func reorderingTime(_ path: RoundTripTime) -> Int64 {
        guard let smoothed = path.smoothed else { return 0 }
        return min(path.minimum * patience / 4, smoothed)
    }
}
