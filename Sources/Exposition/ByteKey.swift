/// Bytes as a key: hashed once and in one go, which `[UInt8]` is not.
struct ByteKey: Hashable {
    let bytes: [UInt8]
    private let hash: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hash = hasher.finalize()
    }

    static func == (left: ByteKey, right: ByteKey) -> Bool { left.hash == right.hash && left.bytes == right.bytes }
    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
