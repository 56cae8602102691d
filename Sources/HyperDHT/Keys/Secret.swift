import CSodium

/// Bytes that are never shown, and are wiped when nobody needs them any more.
package final class Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// The caller's bytes stay the caller's to wipe.
    package init(_ bytes: [UInt8]) {
        // A copy of its own: the bytes may lie in memory that others share.
        self.bytes = bytes.withUnsafeBytes { [UInt8]($0) }
    }

    package static func random(_ count: Int) -> Secret {
        var bytes = Sodium.randomBytes(count)
        defer { Sodium.wipe(&bytes) }
        return Secret(bytes)
    }

    deinit {
        bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, buffer.count > 0 else { return }
            // Nobody else has this array, and nobody reads it after this.
            sodium_memzero(UnsafeMutableRawPointer(mutating: start), buffer.count)
        }
    }

    package var count: Int { bytes.count }

    /// `body` must not keep the bytes.
    package func withBytes<R, E: Error>(_ body: ([UInt8]) throws(E) -> R) throws(E) -> R { try body(bytes) }

    /// A secret of the first bytes.
    func prefix(_ count: Int) -> Secret {
        var first = Array(bytes.prefix(count))
        defer { Sodium.wipe(&first) }
        return Secret(first)
    }

    /// Takes the same time wherever they differ.
    package func isEqual(to other: some Collection<UInt8>) -> Bool {
        let other = Array(other)
        return other.count == bytes.count && sodium_memcmp(bytes, other, bytes.count) == 0
    }

    package var description: String { "a secret of \(bytes.count) bytes" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
