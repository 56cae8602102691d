/// A password's hash by bcrypt, as `htpasswd -B` writes it: `$2y$10$` with 22 characters of salt and 31 of hash.
package struct BcryptHash: Equatable, Sendable {
    /// A step costs twice the one before. 10 is about 0.1 s; beyond 15 a login would take many seconds.
    package static let costs = 4...15

    package let text: String
    package let cost: Int

    /// Throws ``BcryptHashError`` for anything that crypt(3) could not check.
    package init(_ text: String) throws(BcryptHashError) {
        let bytes = Array(text.utf8)
        guard ["$2a$", "$2b$", "$2y$"].contains(where: text.hasPrefix) else { throw .notBcrypt }
        guard bytes.count == 60, bytes[6] == 0x24, bytes[7...].allSatisfy(Self.isDigit) else { throw .malformed }
        guard let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)), bytes[4] != 0x2B, bytes[4] != 0x2D else {
            throw .malformed
        }
        guard Self.costs.contains(cost) else { throw .cost(cost) }
        self.text = text
        self.cost = cost
    }

    /// A hash of that cost that no password is known for.
    static func nobodys(cost: Int) -> BcryptHash {
        precondition(costs.contains(cost), "no hash has this cost")
        let characters = Array(digits)
        let random = Random.bytes(53).map { characters[Int($0) % 64] }
        let text = "$2b$" + (cost < 10 ? "0" : "") + "\(cost)$" + String(decoding: random, as: UTF8.self)
        return BcryptHash(text: text, cost: cost)
    }

    private init(text: String, cost: Int) {
        self.text = text
        self.cost = cost
    }

    private static let digits = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8

    /// Of bcrypt's own base 64.
    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x2E...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}

package enum BcryptHashError: Error, Equatable, CustomStringConvertible {
    case notBcrypt
    case malformed
    case cost(Int)

    package var description: String {
        switch self {
        case .notBcrypt: "expected a bcrypt hash, which begins with $2y$, $2b$ or $2a$: make it with htpasswd -B"
        case .malformed: "the bcrypt hash is cut or has a character too many: it has 60, of them 53 after the cost"
        case .cost(let cost): "a bcrypt cost of \(cost) is not among \(costs): make the hash anew with htpasswd -BC 10"
        }
    }

    private var costs: String { "\(BcryptHash.costs.lowerBound) to \(BcryptHash.costs.upperBound)" }
}
