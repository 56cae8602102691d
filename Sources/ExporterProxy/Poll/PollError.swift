/// Why a poll brought nothing; what the target said last stays.
package enum PollError: Error, Equatable, CustomStringConvertible {
    case timeout(Duration)
    case status(Int)
    case tooLarge(limit: Int)
    case notUTF8(offset: Int)
    case secret(String)
    case transport(String)

    /// The value of the `reason` label.
    package var reason: String {
        switch self {
        case .timeout: "timeout"
        case .status: "status"
        case .tooLarge: "too_large"
        case .notUTF8: "not_utf8"
        case .secret: "secret_unreadable"
        case .transport: "transport"
        }
    }

    package static let reasons = ["timeout", "status", "too_large", "not_utf8", "secret_unreadable", "transport"]

    package var description: String {
        switch self {
        case .timeout(let limit): "no whole answer within \(DurationText.format(limit))"
        case .status(let code): "status \(code), only 200 counts"
        case .tooLarge(let limit): "the body is larger than poll_external.body_bytes_max = \(limit)"
        case .notUTF8(let offset): "the body is not UTF-8 at byte \(offset)"
        case .secret(let what): what
        case .transport(let what): what
        }
    }
}
