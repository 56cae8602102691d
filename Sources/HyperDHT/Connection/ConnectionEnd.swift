/// Why a connection is over.
package enum ConnectionEnd: Error, Equatable, CustomStringConvertible {
    /// Both sides have ended, each behind its last message.
    case ended
    /// The peer ended within a message, or before it had said anything.
    case truncated
    /// This side ended it at once.
    case destroyed
    /// The peer, or the way to it, ended it at once.
    case reset
    /// The peer does not answer any more.
    case timedOut
    /// The peer has not shown in time that it has the keys.
    case notConfirmed
    /// After this side had ended, the peer did not.
    case endTimedOut
    /// The peer leaves what is sent to it, more of it than is kept or for too long.
    case unread(bytes: Int)
    /// The peer is authentic, but its handshake is not for this; see ``StreamHandshake``.
    case badHandshake(String)
    case noise(NoiseError)
    case stream(SecretStreamError)
    case mux(MuxError)

    package var description: String {
        switch self {
        case .ended: "both sides have ended"
        case .truncated: "the peer ended within a message"
        case .destroyed: "ended here"
        case .reset: "reset by the peer"
        case .timedOut: "the peer does not answer"
        case .notConfirmed: "the peer has not shown in time that it has the keys"
        case .endTimedOut: "the peer did not end in time"
        case .unread(let bytes): "the peer leaves \(bytes) bytes unread"
        case .badHandshake(let what): "handshake \(what)"
        case .noise(let error): error.description
        case .stream(let error): error.description
        case .mux(let error): error.description
        }
    }
}
