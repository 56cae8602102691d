import CSodium

/// BLAKE2b, and what HyperDHT makes of it.
package enum Blake2b {
    /// What everything is hashed with: ids, targets, namespaces.
    package static func hash32(_ message: some Collection<UInt8>, key: some Collection<UInt8> = []) -> Bytes32 {
        Bytes32(filling: hash(Array(message), key: Array(key), count: Bytes32.count))
    }

    /// The hash of the handshake.
    static func hash64(_ message: [UInt8]) -> [UInt8] { hash(message, key: [], count: 64) }

    private static func hash(_ message: [UInt8], key: [UInt8], count: Int) -> [UInt8] {
        Sodium.prepare()
        var digest = [UInt8](repeating: 0, count: count)
        let status = crypto_generichash(&digest, count, message, UInt64(message.count), key, key.count)
        precondition(status == 0, "BLAKE2b takes keys of up to 64 bytes")
        return digest
    }
}

/// HMAC and HKDF over BLAKE2b-512, as the Noise framework has them: blocks of 128 bytes, no info.
enum HMACBlake2b {
    private static let blockBytes = 128

    /// `key` has at most 128 bytes.
    static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        precondition(key.count <= blockBytes, "a longer key would have to be hashed first")
        var block = key + [UInt8](repeating: 0, count: blockBytes - key.count)
        for index in block.indices { block[index] ^= 0x36 }
        var inner = block + message
        // From the inner pad to the outer one.
        for index in block.indices { block[index] ^= 0x36 ^ 0x5C }
        var outer = block + Blake2b.hash64(inner)
        defer {
            Sodium.wipe(&block)
            Sodium.wipe(&inner)
            Sodium.wipe(&outer)
        }
        return Blake2b.hash64(outer)
    }

    /// Two outputs of 64 bytes.
    static func expand(_ input: [UInt8], salt: [UInt8]) -> (first: [UInt8], second: [UInt8]) {
        var extracted = code(input, key: salt)
        defer { Sodium.wipe(&extracted) }
        let first = code([1], key: extracted)
        return (first, code(first + [2], key: extracted))
    }
}
