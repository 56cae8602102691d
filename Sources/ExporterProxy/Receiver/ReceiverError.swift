/// Why a receiver did not take a message, and closed the connection it came on.
package enum ReceiverError: Error, Equatable, CustomStringConvertible {
    case json(offset: Int, String)
    case capnp(String)
    case notUTF8(field: String, offset: Int)
    case name(SourceNameError)
    case tooLarge(bytes: Int, limit: Int)
    case truncated(bytes: Int)
    case formatNotAccepted(found: String, accepted: String)
    case unknownFormat
    case httpRequest
    case messageTimeout(Duration)
    case tooManySources(limit: Int)
    case connection(String)
    case repliesNotRead

    /// The value of the `reason` label: docs/operations.md lists them.
    package var reason: String {
        switch self {
        case .json: "json_invalid"
        case .capnp: "capnp_invalid"
        case .notUTF8: "not_utf8"
        case .name(let error): error.reason
        case .tooLarge: "too_large"
        case .truncated: "truncated"
        case .formatNotAccepted: "format_not_accepted"
        case .unknownFormat: "format_unknown"
        case .httpRequest: "http_request"
        case .messageTimeout: "message_timeout"
        case .tooManySources: "too_many_sources"
        case .connection: "connection_lost"
        case .repliesNotRead: "replies_not_read"
        }
    }

    /// Every reason there is, so that each counter exists from the start.
    package static let reasons = [
        "json_invalid", "capnp_invalid", "not_utf8", "name_empty", "name_too_long", "name_control_character",
        "name_reserved", "too_large", "truncated", "format_not_accepted", "format_unknown", "http_request",
        "message_timeout", "too_many_sources", "connection_lost", "replies_not_read",
    ]

    /// Where in the message, in bytes from its first.
    package var offset: Int? {
        switch self {
        case .json(let offset, _), .notUTF8(_, let offset): offset
        default: nil
        }
    }

    package var description: String {
        switch self {
        case .json(let offset, let what): "invalid JSON at byte \(offset): \(what)"
        case .capnp(let what): "invalid Cap'n Proto message: \(what)"
        case .notUTF8(let field, let offset): "\(field) is not UTF-8 at byte \(offset)"
        case .name(let error): error.description
        case .tooLarge(let bytes, let limit):
            "the message has \(bytes) bytes or more, receiver.message_bytes_max is \(limit)"
        case .truncated(let bytes): "the connection ended within a message, after \(bytes) bytes of it"
        case .formatNotAccepted(let found, let accepted):
            "this is \(found), but receiver.format is \"\(accepted)\""
        case .unknownFormat: "neither JSON (an object of app names) nor Cap'n Proto"
        case .httpRequest: "an HTTP request on a receiver: metrics are served on exporter.scrape_expose_endpoint"
        case .messageTimeout(let limit):
            "the message was not whole \(DurationText.format(limit)) after its first byte"
        case .tooManySources(let limit): "a new app, but store.sources_max is \(limit)"
        case .connection(let what): "the connection broke: \(what)"
        case .repliesNotRead: "the client does not read its replies"
        }
    }
}
