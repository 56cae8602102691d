/// 32 bytes: a node's id, a target, a token, a public key. Not for secrets: see ``Secret``.
package struct Bytes32: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let count = 32
    package static let zero = Bytes32()

    /// The bytes as they lie in memory.
    private var words = SIMD4<UInt64>()

    private init() {}

    /// `nil` of any other number of bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        self.init(filling: bytes)
    }

    /// Of the first 32 bytes; what `bytes` does not have is zero.
    init(filling bytes: some Collection<UInt8>) {
        Swift.withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes.prefix(Self.count)) }
    }

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    package var description: String { Hex.text(of: bytes) }

    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: words, body)
    }

    /// How far two ids are apart in the sense of the DHT; distances compare as numbers.
    package func distance(to other: Bytes32) -> Bytes32 {
        var distance = Bytes32()
        distance.words = words ^ other.words
        return distance
    }

    /// Up to 256.
    package var leadingZeroBits: Int {
        for index in 0..<4 where words[index] != 0 { return 64 * index + words[index].bigEndian.leadingZeroBitCount }
        return 256
    }

    package static func < (left: Bytes32, right: Bytes32) -> Bool {
        for index in 0..<4 where left.words[index] != right.words[index] {
            return left.words[index].bigEndian < right.words[index].bigEndian
        }
        return false
    }
}
