/// What a stream has seen.
package struct UDXCounters: Equatable, Sendable {
    package var packetsSent = 0
    package var packetsReceived = 0
    package var packetsResent = 0
    /// Without what was sent again.
    package var payloadBytesSent = 0
    /// Without duplicates.
    package var payloadBytesReceived = 0
    package var timeouts = 0
    /// By reason; empty in a good world.
    package var refused: [UDXRefusal: Int] = [:]

    mutating func refuse(_ reason: UDXRefusal) { refused[reason, default: 0] += 1 }
}

/// Why a packet, or a part of it, was left aside.
package enum UDXRefusal: Equatable, Sendable, CaseIterable {
    case malformed
    /// For another stream.
    case foreignStream
    /// It acknowledges what was never sent.
    case acknowledgesUnsent
    /// Ranges of what was never sent, or in disorder.
    case ranges
    case duplicate
    /// Further ahead than anything that is kept, or more than there is room for.
    case beyondWindow
    /// Behind the end of the peer's bytes.
    case behindEnd
    /// Unordered messages, which nobody here uses.
    case message
    /// The stream is closed.
    case closed
}
