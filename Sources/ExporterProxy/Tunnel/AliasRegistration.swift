import HyperDHT

/// What became of a registration.
package enum AliasRegistration: Equatable, Sendable {
    case new
    /// Nothing but its expiry has changed.
    case renewed
    /// The same key has another host name or service.
    case updated
    case takenOver(from: PublicKey)

    /// What the client is told, see ``AliasProtocol/Reply``.
    var isNewToTheClient: Bool {
        switch self {
        case .new, .takenOver: true
        case .renewed, .updated: false
        }
    }

    static let names = ["new", "renewed", "taken_over", "updated"]

    /// As counters and the log name it; one of ``names``.
    package var name: String {
        switch self {
        case .new: "new"
        case .renewed: "renewed"
        case .updated: "updated"
        case .takenOver: "taken_over"
        }
    }
}

/// Why a registration was refused.
package enum AliasRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is none that can be read.
    case malformed(WireError)
    case version(ProtocolVersion)
    case wrongSecret
    case tooOften(RegistrationLimits.Bound)
    case badAlias(String)
    case badHostname(String)
    case badService(String)
    /// A client with the bridge's own key.
    case ownKey
    /// Configuration gives the alias to another key.
    case pinned(PublicKey)
    case full(aliases: Int)
    /// It holds, but a restart would forget it: the list of targets could not be written.
    case notKept

    static let reasons = [
        "bad_alias", "bad_hostname", "bad_service", "full", "malformed", "not_kept", "own_key", "pinned", "too_often",
        "version",
        "wrong_secret",
    ]

    /// As counters name it; one of ``reasons``.
    package var reason: String {
        switch self {
        case .malformed: "malformed"
        case .version: "version"
        case .wrongSecret: "wrong_secret"
        case .tooOften: "too_often"
        case .badAlias: "bad_alias"
        case .badHostname: "bad_hostname"
        case .badService: "bad_service"
        case .ownKey: "own_key"
        case .pinned: "pinned"
        case .full: "full"
        case .notKept: "not_kept"
        }
    }

    package var description: String {
        switch self {
        case .malformed(let error): "the request cannot be read: \(error)"
        case .version(let version): "the request has version \(version.major).\(version.minor)"
        case .wrongSecret: "the secret is wrong"
        case .tooOften(let bound): "too many registrations \(bound)"
        case .badAlias(let fault): "the alias \(fault)"
        case .badHostname(let fault): "the host name \(fault)"
        case .badService(let fault): "the service \(fault)"
        case .ownKey: "the key is the bridge's own"
        case .pinned(let key): "the alias is kept for \(key)"
        case .full(let aliases): "there are \(aliases) aliases already"
        case .notKept: "the list of aliases cannot be written to disk"
        }
    }

    /// Whoever guesses, or asks more than is heard, is to make a new connection for each attempt.
    var endsTheConnection: Bool {
        switch self {
        case .wrongSecret, .tooOften, .malformed: true
        default: false
        }
    }

    /// What the client is told: nothing of other clients.
    var reply: Result<AliasProtocol.Reply, RPCFailure> {
        switch self {
        case .malformed, .version: .failure(.decodeError)
        case .wrongSecret: .success(.unauthorised)
        case .pinned: .success(.refused("Failed to register alias: it is kept for another key"))
        case .full: .success(.refused("Failed to register alias: there is no room for more"))
        default: .success(.refused("Failed to register alias: \(description)"))
        }
    }
}
