import CSodium

/// One direction of a stream: libsodium's secretstream, XChaCha20-Poly1305 under a key that moves on with each message.
///
/// The same state serves to push and to pull, so one is made either way.
struct SecretStreamCipher {
    static let headerBytes = 24
    /// A tag and a MAC.
    static let overheadBytes = 17

    private var state = crypto_secretstream_xchacha20poly1305_state()

    /// `header` is chosen at random by the side that pushes, and sent to the other.
    init(key: Secret, header: some Collection<UInt8>) {
        Sodium.prepare()
        let header = Array(header)
        precondition(header.count == Self.headerBytes, "a header has 24 bytes")
        // Pulling and pushing begin alike; only this one takes the header as given.
        let status = key.withBytes { crypto_secretstream_xchacha20poly1305_init_pull(&state, header, $0) }
        precondition(status == 0, "a stream begins with any header")
    }

    /// Puts the ciphertext into `place`, which has ``overheadBytes`` more than `message`.
    mutating func push(_ message: UnsafeRawBufferPointer, into place: UnsafeMutableRawBufferPointer) {
        precondition(place.count == message.count + Self.overheadBytes, "a ciphertext is 17 bytes longer")
        guard let out = place.baseAddress else { return }
        let status = crypto_secretstream_xchacha20poly1305_push(
            &state, out.assumingMemoryBound(to: UInt8.self), nil,
            message.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(message.count), nil, 0, 0)
        precondition(status == 0, "a frame is far below the longest message")
    }

    /// `nil` of what is not authentic; the stream is of no use then. The tag has no meaning in HyperDHT.
    mutating func pull(_ ciphertext: ArraySlice<UInt8>) -> (message: [UInt8], tag: UInt8)? {
        guard ciphertext.count >= Self.overheadBytes else { return nil }
        var tag: UInt8 = 0
        var isAuthentic = false
        let message = [UInt8](unsafeUninitializedCapacity: ciphertext.count - Self.overheadBytes) { place, filled in
            let status = ciphertext.withUnsafeBufferPointer {
                crypto_secretstream_xchacha20poly1305_pull(
                    &state, place.baseAddress, nil, &tag, $0.baseAddress, UInt64($0.count), nil, 0)
            }
            isAuthentic = status == 0
            filled = isAuthentic ? ciphertext.count - Self.overheadBytes : 0
        }
        return isAuthentic ? (message, tag) : nil
    }

    mutating func wipe() { sodium_memzero(&state, MemoryLayout.size(ofValue: state)) }
}
