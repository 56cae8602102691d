import CSodium

/// What both sides of a Noise handshake keep in step: the hash of all that was said, and the keys made so far.
struct SymmetricState: Sendable {
    static let protocolName = "Noise_IK_Ed25519_ChaChaPoly_BLAKE2b"
    static let macBytes = 16
    private static let hashBytes = 64

    /// "h" of the Noise specification.
    private(set) var digest: [UInt8]
    /// "ck".
    private(set) var chainingKey: Secret
    /// "k", once there is one.
    private var key: Secret?
    /// "n": how often `key` was used.
    private var counter: UInt32 = 0

    init(responder: PublicKey) {
        let name = Array(Self.protocolName.utf8)
        digest = name + [UInt8](repeating: 0, count: Self.hashBytes - name.count)
        chainingKey = Secret(digest)
        mixHash(Namespace.peerHandshake.bytes)
        mixHash(responder.bytes)
    }

    mutating func mixHash(_ data: some Collection<UInt8>) { digest = Blake2b.hash64(digest + data) }

    mutating func mixKey(_ secret: Secret) {
        let (first, second) = expanded(secret)
        (chainingKey, key, counter) = (first, second.prefix(Bytes32.count), 0)
    }

    mutating func seal(_ plain: [UInt8]) -> [UInt8] {
        let (key, nonce) = nextKey()
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.macBytes)
        let status = key.withBytes {
            crypto_aead_chacha20poly1305_ietf_encrypt(
                &sealed, nil, plain, UInt64(plain.count), digest, UInt64(digest.count), nil, nonce, $0)
        }
        precondition(status == 0, "what fits into memory can be sealed")
        mixHash(sealed)
        return sealed
    }

    mutating func open(_ sealed: ArraySlice<UInt8>) throws(NoiseError) -> [UInt8] {
        guard sealed.count >= Self.macBytes else { throw .truncated }
        let (key, nonce) = nextKey()
        let sealed = Array(sealed)
        var plain = [UInt8](repeating: 0, count: sealed.count - Self.macBytes)
        let status = key.withBytes {
            crypto_aead_chacha20poly1305_ietf_decrypt(
                &plain, nil, nil, sealed, UInt64(sealed.count), digest, UInt64(digest.count), nonce, $0)
        }
        guard status == 0 else { throw .notAuthentic }
        mixHash(sealed)
        return plain
    }

    /// The keys of the two directions once all is said.
    func split() -> (initiator: Secret, responder: Secret) {
        let (first, second) = expanded(Secret([]))
        return (first.prefix(Bytes32.count), second.prefix(Bytes32.count))
    }

    private func expanded(_ secret: Secret) -> (Secret, Secret) {
        secret.withBytes { secret in
            chainingKey.withBytes { salt in
                var (first, second) = HMACBlake2b.expand(secret, salt: salt)
                defer {
                    Sodium.wipe(&first)
                    Sodium.wipe(&second)
                }
                return (Secret(first), Secret(second))
            }
        }
    }

    /// The key, and a nonce that it was never used with.
    private mutating func nextKey() -> (Secret, nonce: [UInt8]) {
        guard let key else { preconditionFailure("nothing is sealed before the first key") }
        var nonce = WireWriter(capacity: 12)
        nonce.uint32(0)
        nonce.uint32(counter)
        nonce.uint32(0)
        counter += 1
        return (key, nonce.bytes)
    }
}
