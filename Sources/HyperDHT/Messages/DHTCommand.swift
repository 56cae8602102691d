/// What one node asks of another.
package enum DHTCommand: Hashable, Sendable {
    /// Of the network itself.
    package enum Internal: UInt64, Sendable {
        case ping = 0
        case pingNAT = 1
        case findNode = 2
        case downHint = 3
        case delayedPing = 4
    }

    /// Of HyperDHT on top of it.
    package enum External: UInt64, Sendable {
        case peerHandshake = 0
        case peerHolepunch = 1
        case findPeer = 2
        case lookup = 3
        case announce = 4
        case unannounce = 5
        case mutablePut = 6
        case mutableGet = 7
        case immutablePut = 8
        case immutableGet = 9
        case plugin = 10
    }

    case `internal`(Internal)
    case external(External)
    /// Answered with an error, which still helps who asks.
    case unknown(number: UInt64, isInternal: Bool)

    package init(number: UInt64, isInternal: Bool) {
        if isInternal {
            self = Internal(rawValue: number).map { .internal($0) } ?? .unknown(number: number, isInternal: true)
        } else {
            self = External(rawValue: number).map { .external($0) } ?? .unknown(number: number, isInternal: false)
        }
    }

    package var number: UInt64 {
        switch self {
        case .internal(let command): command.rawValue
        case .external(let command): command.rawValue
        case .unknown(let number, _): number
        }
    }

    package var isInternal: Bool {
        switch self {
        case .internal: true
        case .external: false
        case .unknown(_, let isInternal): isInternal
        }
    }
}
