import NIOHTTP1

/// How large a body a route takes, and the key that says so.
package struct HTTPBodyLimit: Equatable, Sendable {
    package var bytes: Int
    package var key: String

    package init(bytes: Int, key: String) {
        self.bytes = bytes
        self.key = key
    }
}

/// Why a body is not read to its end: the `reason` label of our metrics.
enum HTTPBodyRefusal: String, CaseIterable, Sendable {
    case tooLarge = "too_large"
    case tooSlow = "too_slow"
    /// The bodies of all requests together are too large.
    case noRoom = "no_room"

    var status: HTTPResponseStatus {
        switch self {
        case .tooLarge: .payloadTooLarge
        case .tooSlow: .requestTimeout
        case .noRoom: .serviceUnavailable
        }
    }

    var headers: [(name: String, value: String)] { self == .noRoom ? [("Retry-After", "1")] : [] }
}
