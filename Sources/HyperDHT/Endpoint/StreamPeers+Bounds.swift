extension StreamPeers {
    /// What peers can make us keep and do.
    package struct Bounds: Sendable {
        /// Connections of both directions.
        package var peersMax = 4_096
        /// Of those that have come, from one host. A proxy that ends TLS in front of us is one host.
        package var peersPerHostMax = 512
        /// Of those that have come, and have not shown yet that they have the keys.
        package var handshakesMax = 512
        package var handshakesPerHostMax = 128
        /// Handshakes of each host: one that is let in takes four scalar multiplications, 0.3 ms.
        package var handshakeRate = RateLimitBounds(perSecond: 50, burst: 500)
        /// Bytes that were handed over to be written to one stream and have not gone.
        package var windowBytes = 256 * 1024
        /// How long a stream may take to be there, before the handshake has its own time.
        package var dialTimeout: Int64 = 20_000_000_000

        package init() {}
    }

    /// Why a stream that has come is not taken.
    package enum Refusal: Error, Hashable, CaseIterable, Sendable, CustomStringConvertible {
        case tooMany
        case tooManyOfHost
        case tooManyHandshakes
        case tooManyHandshakesOfHost
        case tooOften

        /// As counters have it.
        package var name: String {
            switch self {
            case .tooMany: "too_many"
            case .tooManyOfHost: "too_many_of_host"
            case .tooManyHandshakes: "too_many_handshakes"
            case .tooManyHandshakesOfHost: "too_many_handshakes_of_host"
            case .tooOften: "too_often"
            }
        }

        package var description: String {
            switch self {
            case .tooMany: "too many connections"
            case .tooManyOfHost: "too many connections from this address"
            case .tooManyHandshakes: "too many connections are beginning"
            case .tooManyHandshakesOfHost: "too many connections are beginning from this address"
            case .tooOften: "this address connects too often"
            }
        }
    }

    package struct Counters: Equatable, Sendable {
        package var accepted = 0
        package var refused: [Refusal: Int] = [:]
        package var dials = 0
        package var dialsFailed = 0
        /// Those that came to be, of both directions.
        package var opened = 0
        /// Of those that have come, whose key is not let in.
        package var notAdmitted = 0
        package var closed = 0
        package var bytesReceived = 0
        package var bytesSent = 0
        /// How often a connection was looked at.
        package var looks = 0

        package init() {}
    }
}
