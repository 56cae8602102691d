import CSodium

/// The name of a peer: an Ed25519 key.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible, WireValue {
    package let bytes32: Bytes32

    package init(_ bytes32: Bytes32) { self.bytes32 = bytes32 }

    package init?(_ bytes: some Collection<UInt8>) {
        guard let bytes32 = Bytes32(bytes) else { return nil }
        self.init(bytes32)
    }

    /// Of a text in hex, z32 or base64.
    package init?(text: String) {
        guard let bytes = KeyForm.bytes(of: text) else { return nil }
        self.init(bytes)
    }

    package init(from reader: inout WireReader) throws(WireError) { bytes32 = try reader.bytes32() }

    package func write(to writer: inout WireWriter) { writer.bytes32(bytes32) }

    package var bytes: [UInt8] { bytes32.bytes }

    /// Where in the DHT this peer is looked for.
    package var target: Bytes32 { Blake2b.hash32(bytes) }

    package func text(_ form: KeyForm) -> String { form.text(of: bytes) }

    package var description: String { text(.z32) }

    package func hasSigned(_ message: [UInt8], _ signature: Signature) -> Bool {
        Sodium.prepare()
        return crypto_sign_verify_detached(signature.bytes, message, UInt64(message.count), bytes) == 0
    }
}

/// An Ed25519 signature: 64 bytes.
package struct Signature: Hashable, Sendable, WireValue {
    static let count = 64

    package let bytes: [UInt8]

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = Array(bytes)
    }

    /// For bytes whose number is known.
    fileprivate init(signed bytes: [UInt8]) { self.bytes = bytes }

    package init(from reader: inout WireReader) throws(WireError) { bytes = Array(try reader.take(Self.count)) }

    package func write(to writer: inout WireWriter) { writer.raw(bytes) }
}

/// Who one is: an Ed25519 key pair, made from a seed of 32 bytes.
package struct KeyPair: Sendable {
    package static let seedBytes = 32

    package let publicKey: PublicKey
    /// The seed, and the public key behind it.
    private let signingKey: Secret

    /// `nil` of a seed that has not 32 bytes.
    package init?(seed: Secret) {
        guard let pair = seed.withBytes(Self.keys) else { return nil }
        self = pair
    }

    private init(publicKey: PublicKey, signingKey: Secret) {
        (self.publicKey, self.signingKey) = (publicKey, signingKey)
    }

    package static func random() -> KeyPair {
        guard let pair = KeyPair(seed: .random(seedBytes)) else {
            preconditionFailure("a random seed has its 32 bytes")
        }
        return pair
    }

    private static func keys(seed: [UInt8]) -> KeyPair? {
        guard seed.count == seedBytes else { return nil }
        Sodium.prepare()
        var publicKey = [UInt8](repeating: 0, count: Bytes32.count)
        var signingKey = [UInt8](repeating: 0, count: 64)
        defer { Sodium.wipe(&signingKey) }
        let status = crypto_sign_seed_keypair(&publicKey, &signingKey, seed)
        precondition(status == 0, "every seed of 32 bytes makes a key pair")
        return KeyPair(publicKey: PublicKey(Bytes32(filling: publicKey)), signingKey: Secret(signingKey))
    }

    package func sign(_ message: [UInt8]) -> Signature {
        var signature = [UInt8](repeating: 0, count: Signature.count)
        let status = signingKey.withBytes {
            crypto_sign_detached(&signature, nil, message, UInt64(message.count), $0)
        }
        precondition(status == 0, "every message can be signed")
        return Signature(signed: signature)
    }

    /// What both ends of a connection can compute, and nobody else: on edwards25519 itself, not on its Montgomery form.
    ///
    /// `nil` where `other` is no point of the main subgroup; whoever sends such a key learns nothing.
    func sharedSecret(with other: PublicKey) -> Secret? {
        var scalar = scalarBytes()
        var output = [UInt8](repeating: 0, count: Bytes32.count)
        defer {
            Sodium.wipe(&scalar)
            Sodium.wipe(&output)
        }
        guard crypto_scalarmult_ed25519_noclamp(&output, scalar, other.bytes) == 0 else { return nil }
        return Secret(output)
    }

    /// The clamped half of the seed's SHA-512, as RFC 8032 has it.
    func scalarBytes() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 64)
        defer { Sodium.wipe(&hash) }
        let status = signingKey.withBytes { crypto_hash_sha512(&hash, $0, UInt64(Self.seedBytes)) }
        precondition(status == 0, "every seed can be hashed")
        var scalar = hash.withUnsafeBytes { [UInt8]($0.prefix(Bytes32.count)) }
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
        return scalar
    }
}
