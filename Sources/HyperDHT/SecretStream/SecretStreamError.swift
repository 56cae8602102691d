/// Why a stream cannot go on. All of them end it.
package enum SecretStreamError: Error, Equatable, CustomStringConvertible {
    /// The first frame is not the header of the peer that the handshake was with.
    case notThePeer
    /// Shorter than an empty message is.
    case frameTooShort(bytes: Int)
    case frameTooLong(bytes: Int, max: Int)
    /// Changed, repeated or left out on the way.
    case notAuthentic

    package var description: String {
        switch self {
        case .notThePeer: "stream does not begin as the peer's would"
        case .frameTooShort(let bytes): "stream has a frame of \(bytes) bytes"
        case .frameTooLong(let bytes, let max): "stream has a frame of \(bytes) bytes, of which \(max) are allowed"
        case .notAuthentic: "stream has a frame that is not authentic"
        }
    }
}
