/// Why a connection cannot go on: the peer does not speak protomux, or asks for more than there is.
package enum MuxError: Error, Equatable, CustomStringConvertible {
    case malformed(WireError)
    /// A frame of the control channel that has no place here.
    case outOfOrder(String)
    case tooManyChannels(max: Int)
    case tooManyItems(max: Int)
    /// The peer makes us say more than it takes.
    case tooManyAnswers(max: Int)

    package var description: String {
        switch self {
        case .malformed(let error): "frame of the multiplexer \(error)"
        case .outOfOrder(let what): "multiplexer: \(what)"
        case .tooManyChannels(let max): "more than \(max) channels"
        case .tooManyItems(let max): "more than \(max) messages in one frame"
        case .tooManyAnswers(let max): "more than \(max) frames to answer at once"
        }
    }
}
