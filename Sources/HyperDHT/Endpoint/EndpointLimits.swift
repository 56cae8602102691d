/// The bounds of what an endpoint keeps beside its node, whose bounds are in ``DHTConfiguration``.
package struct EndpointLimits: Sendable {
    /// Of each connection.
    package var channel = SecureChannel.Limits()
    package var stream = UDXConfiguration()
    /// Connections, with those that are being made and those whose end has not been heard of.
    package var connectionsMax = 16_384
    /// Of these, made by peers of one host: as many as may announce themselves from one at a node.
    package var connectionsPerHostMax = 2_048
    /// Peers that have called and not yet shown that they have the keys. A new one takes the place of the oldest, so
    /// that a flood of handshakes leaves an honest peer a few seconds: the rounds that it needs.
    package var unconfirmedMax = 1_024
    /// Of these, of one host; a new one takes the place of the oldest from which nothing has come yet, or is refused.
    package var unconfirmedPerHostMax = 128
    /// Connections that are over, and still answer a peer that has missed the end.
    package var lingeringMax = 1_024
    /// Callers that were not let in, and events of the node, that nobody has heard of yet. More are only counted.
    package var noticesMax = 1_024
    /// After so many datagrams a poll leaves the rest to the next one, which is due at once.
    package var datagramsPerPoll = 1_024
    /// How long ``DHTEndpoint/shutDown(at:)`` may take.
    package var shutdownTime: Int64 = 5_000_000_000

    package init() {}
}
