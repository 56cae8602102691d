/// What a connection has seen above its transport.
package struct SecureChannelCounters: Equatable, Sendable {
    /// Encrypted, as the transport has them.
    package var bytesSent = 0
    package var bytesReceived = 0
    /// Without the empty ones.
    package var messagesSent = 0
    package var messagesReceived = 0
    package var keepAlivesSent = 0
    /// Own requests, and those whose answer did not come in time.
    package var requestsSent = 0
    package var requestsTimedOut = 0
    /// The peer's requests that were handed out, and those that were refused.
    package var requestsReceived = 0
    package var requestsRefused = 0
    package var channelsRefused = 0
    /// Answers that were refused to the peer because too much waits to be sent.
    package var answersRefused = 0
}
