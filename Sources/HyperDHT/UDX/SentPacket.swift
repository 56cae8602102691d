/// A packet that has not been acknowledged together with all before it.
struct SentPacket: Sendable {
    enum State: Sendable {
        case flying
        /// Given up, and to be sent again.
        case lost
        /// Received out of order.
        case delivered
    }

    var kinds: UDXPacket.Kinds
    /// Of its payload, in the bytes of the stream.
    var offset: Int
    var length: Int
    var state = State.flying
    var transmissions = 1
    /// The last time.
    var sentAt: Int64
}
