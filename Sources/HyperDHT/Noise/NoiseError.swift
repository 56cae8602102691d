/// Why a handshake ends here. To the other side all are the same: it gets no answer.
package enum NoiseError: Error, Equatable, CustomStringConvertible {
    case truncated
    /// The other side's key is no point of the main subgroup.
    case badKey
    /// Not made by who knows the keys, or changed on the way.
    case notAuthentic
    /// The caller is not let in.
    case refused(PublicKey)

    package var description: String {
        switch self {
        case .truncated: "handshake is too short"
        case .badKey: "handshake has a key that is none"
        case .notAuthentic: "handshake is not authentic"
        case .refused(let caller): "handshake of \(caller), who is not let in"
        }
    }
}
