/// Why a poll brought nothing; what the target said last stays.
package enum PollError: Error, Equatable, CustomStringConvertible {
    case timeout(Duration)
    case status(Int)
    case tooLarge(limit: Int)
    case secret(String)
    case transport(String)

    /// The value of the `reason` label.
    package var reason: String {
        switch self {
        case .timeout: "timeout"
        case .status: "status"
        case .tooLarge: "too_large"
        case .secret: "secret_unreadable"
        case .transport: "transport"
        }
    }

    package static let reasons = ["timeout", "status", "too_large", "secret_unreadable", "transport"]

    package var description: String {
        switch self {
        case .timeout(let limit): "no whole answer within \(DurationText.format(limit))"
        case .status(let code): "status \(code), only 200 counts"
        case .tooLarge(let limit): "the body is larger than poll_external.body_bytes_max = \(limit)"
        case .secret(let what): what
        case .transport(let what): what
        }
    }
}
