/// What has become of a stream, in the order in which it is to be dealt with.
package enum UDXEvent: Equatable, Sendable {
    /// There is something to read.
    case readable
    /// There is room again, after ``UDXStream/write(_:)`` had taken less than it was given.
    case writable
    /// Nothing follows what is there to read. The other direction stays open.
    case ended
    /// The last event. What has been received before can still be read, unless this end destroyed the stream.
    case closed(UDXCloseReason)
}

package enum UDXCloseReason: Equatable, Sendable {
    /// Both ends have ended, and everything has arrived.
    case ended
    /// The peer destroyed the stream.
    case reset
    /// This end did.
    case destroyed
    /// The peer has not answered for too long, or has kept its window closed for too long.
    case timedOut
}
