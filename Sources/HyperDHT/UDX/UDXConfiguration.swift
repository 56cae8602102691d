/// What an end of a stream chooses for itself: bounds and patience. Times are in nanoseconds.
package struct UDXConfiguration: Equatable, Sendable {
    /// Of one packet that we send, at most ``UDXWire/payloadBytesMax``.
    package var payloadBytes = UDXWire.payloadBytesDefault
    /// Written, and not yet acknowledged by the peer.
    package var sendBytesMax = 1 << 20
    /// Received, and not yet read: what the peer is told it may send.
    package var receiveBytesMax = 1 << 20
    /// Sent and not yet acknowledged; and how far ahead of a gap a packet is kept.
    package var packetsMax = 4096
    /// What one ``UDXStream/poll(at:into:)`` answers with at most; the rest is due at once.
    package var packetsPerPoll = 64

    /// Of the first packets, before the path has been measured.
    package var initialTimeout: Int64 = 1_000_000_000
    package var timeoutMin: Int64 = 200_000_000
    package var timeoutMax: Int64 = 3_000_000_000
    /// How long something may wait for an acknowledgment, however often it is sent again, before the peer is given up.
    package var progressTimeout: Int64 = 30_000_000_000
    /// How long a peer that answers may keep its window closed.
    package var windowTimeout: Int64 = 120_000_000_000
    /// Silence after which the peer is asked for a sign of life; nil where whoever uses the stream does so.
    package var heartbeatInterval: Int64?
    /// How long a closed stream still answers a peer that has missed the end.
    package var lingerTime: Int64 = 20_000_000_000
    /// How many packets go out before the first one of the peer has come; nil for as many as there are, to a peer that
    /// is known from the start.
    package var unheardPacketsMax: Int?
    /// Other than 0 in tests only: peers begin with 0.
    package var initialSequence: UInt32 = 0

    package init() {}

    /// The same, with what the wire format allows.
    var valid: UDXConfiguration {
        var valid = self
        valid.payloadBytes = min(max(payloadBytes, 1), UDXWire.payloadBytesMax)
        // Far less than half of all sequence numbers.
        valid.packetsMax = min(max(packetsMax, 1), 1 << 16)
        valid.packetsPerPoll = max(packetsPerPoll, 1)
        valid.receiveBytesMax = min(max(receiveBytesMax, 1), Int(UInt32.max))
        return valid
    }
}
