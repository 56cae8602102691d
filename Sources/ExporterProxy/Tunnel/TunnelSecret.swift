import Glibc
import HyperDHT

/// A secret of 32 bytes as configuration has it: by itself, or in a file that is read when it is needed.
package enum TunnelSecret: Equatable, Sendable {
    case text(Secret)
    case file(String)

    package static let expected = "32 bytes in hex, z32 or base64, as 'exporter-proxy keygen' prints them"

    /// What stands in the first line of a file, or by itself. Blocks where it is in a file.
    package func read() throws(TunnelSecretError) -> Secret {
        switch self {
        case .text(let secret): return secret
        case .file(let path):
            let line: String
            do throws(SystemError) { line = try SmallFile.secret(path) } catch { throw .unreadable(error) }
            guard let secret = Self.secret(of: line) else { throw .noSecret(path) }
            return secret
        }
    }

    /// The key pair whose seed it is. Blocks where it is in a file.
    package func keyPair() throws(TunnelSecretError) -> KeyPair {
        guard let pair = KeyPair(seed: try read()) else { preconditionFailure("a secret of ours has 32 bytes") }
        return pair
    }

    /// Whether it is in a file that every user of this machine may read. Blocks.
    package var isOpenToAll: Bool {
        guard case .file(let path) = self else { return false }
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IROTH != 0
    }

    /// Also as keygen prints a seed, with the word in front.
    static func secret(of text: String) -> Secret? {
        let word = "seed: "
        let bare = text.hasPrefix(word) ? String(text.dropFirst(word.count)) : text
        return KeyForm.bytes(of: bare).map(Secret.init)
    }

    /// Takes the same time wherever two secrets differ.
    package static func == (left: TunnelSecret, right: TunnelSecret) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): right.withBytes { left.isEqual(to: $0) }
        case (.file(let left), .file(let right)): left == right
        case (.text, .file), (.file, .text): false
        }
    }
}

/// Why a file has no secret. What it has is never said.
package enum TunnelSecretError: Error, Equatable, CustomStringConvertible {
    case unreadable(SystemError)
    case noSecret(String)

    package var description: String {
        switch self {
        case .unreadable(let error): error.description
        case .noSecret(let path): "\(path): expected \(TunnelSecret.expected) in the first line"
        }
    }
}
