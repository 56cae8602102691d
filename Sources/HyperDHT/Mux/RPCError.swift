/// Why a request could not be made.
package enum RPCError: Error, Equatable, CustomStringConvertible {
    case closed
    case tooManyPending(max: Int)
    case bodyTooLong(bytes: Int, max: Int)

    package var description: String {
        switch self {
        case .closed: "request channel is closed"
        case .tooManyPending(let max): "more than \(max) requests without an answer"
        case .bodyTooLong(let bytes, let max): "request of \(bytes) bytes, of which \(max) are allowed"
        }
    }
}
