import Exposition

/// Why a push is refused before anything was looked at that is stored.
enum PushRefusal: Error {
    /// Lines that cannot be taken; `isReadable` where each of them could be read, and only says what another has said.
    case invalid([Finding], dropped: Int, isReadable: Bool)
    /// The body breaks a limit of `[exposition]`.
    case overLimit(Reason)
    /// The body would, with the labels of its group in every sample.
    case tooManyBytesWithGroup(Int, max: Int)
    /// The body is not what its Content-Type says.
    case notReadable(String)
    case timestamp(line: String)
    case repeated(line: String)
    case reservedLabel(line: String)
    case clearMode(String, line: String)
    case timeIsNotNumber

    /// Whether the group notes it: the body could be read, and what it says cannot be taken.
    var isNoted: Bool {
        switch self {
        case .invalid(_, _, let isReadable): isReadable
        case .timestamp, .repeated, .reservedLabel, .clearMode: true
        default: false
        }
    }

    /// The value of the `reason` label.
    var reason: String {
        switch self {
        case .invalid: "invalid"
        case .overLimit(let reason): reason.code
        case .tooManyBytesWithGroup: Reason.tooManyBytes.code
        case .notReadable: "not_readable"
        case .timestamp: "timestamp"
        case .repeated: "repeated_series"
        case .reservedLabel: "reserved_label"
        case .clearMode: "clearmode"
        case .timeIsNotNumber: "expires_after"
        }
    }

    /// For the client: what is wrong, where, and what to do.
    var text: String {
        switch self {
        case .invalid(let findings, let dropped, _):
            let rest = dropped - findings.count
            let more = rest > 0 ? "\n… and \(rest) more" : ""
            return "400 nothing was stored: \(dropped) \(dropped == 1 ? "line is" : "lines are") invalid\n"
                + FindingsReport(findings).text + more
        case .overLimit(let reason): return "400 nothing was stored: \(reason.sentence); \(reason.remedy)"
        case .tooManyBytesWithGroup(let bytes, let max):
            return
                "413 nothing was stored: with the labels of the path in every sample these are \(bytes) bytes, more "
                + "than exposition.bytes_max = \(max)"
        case .notReadable(let what): return "400 nothing was stored: \(what)"
        case .timestamp(let line):
            return
                "400 nothing was stored: a sample with a timestamp; leave it out, or set push.timestamps = \"strip\": "
                + line
        case .repeated(let line):
            return "400 nothing was stored: the same series twice, once the labels of the path hold: \(line)"
        case .reservedLabel(let line):
            return "400 nothing was stored: label names that begin with __ are kept for Prometheus: \(line)"
        case .clearMode(let word, let line):
            return "400 nothing was stored: '\(EscapedText.visible(word))' is no clearmode, expected "
                + "\(ClearWord.expected)\(line.isEmpty ? "" : ": \(line)")"
        case .timeIsNotNumber:
            return "400 Push-Expires-After must be a duration above 0, such as 5m"
        }
    }
}
