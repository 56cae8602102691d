import CSodium

/// BLAKE2b under a key that each process makes for itself: what it answers is of no use outside, and nobody outside
/// can look for two inputs that fall together.
struct KeyedHash: Sendable {
    struct Digest: Hashable, Sendable {
        fileprivate var bytes: [UInt8]
    }

    private static let digestBytes = 32
    private let key = Random.bytes(32)

    /// Each part counts with its length: "ab" and "c" are not "a" and "bc".
    func digest(_ parts: [[UInt8]]) -> Digest {
        var input: [UInt8] = []
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { input += $0 }
            input += part
        }
        var bytes = [UInt8](repeating: 0, count: Self.digestBytes)
        let status = crypto_generichash(&bytes, bytes.count, input, UInt64(input.count), key, key.count)
        precondition(status == 0, "BLAKE2b takes any input under a key of 32 bytes")
        return Digest(bytes: bytes)
    }

    /// Takes the same time wherever they differ.
    static func isEqual(_ a: Digest, _ b: Digest) -> Bool { sodium_memcmp(a.bytes, b.bytes, digestBytes) == 0 }
}

enum Random {
    /// From the system's source of randomness.
    static func bytes(_ count: Int) -> [UInt8] {
        precondition(sodium_init() >= 0, "libsodium found no source of randomness")
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }
}
