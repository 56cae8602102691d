import CSodium

/// The library of all primitives, ready for use.
enum Sodium {
    /// Chooses the fast implementations and finds the source of randomness, once.
    private static let isReady = sodium_init() >= 0

    static func prepare() { precondition(isReady, "libsodium found no source of randomness") }

    static func randomBytes(_ count: Int) -> [UInt8] {
        prepare()
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            if let start = buffer.baseAddress { randombytes_buf(start, count) }
            filled = count
        }
    }

    static func wipe(_ bytes: inout [UInt8]) {
        let count = bytes.count
        sodium_memzero(&bytes, count)
    }

    static func randomBytes32() -> Bytes32 { Bytes32(filling: randomBytes(Bytes32.count)) }
}
