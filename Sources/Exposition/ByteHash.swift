/// A number for bytes, which nobody outside can foresee.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`.
public struct ByteHash: Sendable {
    static let ofThisProcess = ByteHash()

    // Other ones in each, so that nobody can choose bytes that collide. Each factor has one of them in it.
    @usableFromInline let first = UInt64.random(in: .min ... .max)
    @usableFromInline let second = UInt64.random(in: .min ... .max)

    public init() {}

    /// The count comes in again at the end: bytes can make up for it in front of that.
    @inlinable
    @inline(__always)
    public func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let sum = chain(0, bytes)
        return mix(sum, sum, UInt64(truncatingIfNeeded: bytes.count))
    }

    /// What bytes come to that are read in parts, all of them in front of `part` having come to `sum`; to be compared
    /// where the parts are as long.
    ///
    /// Sixteen bytes at a time, the last sixteen overlapping where the count is not a multiple.
    @inlinable
    @inline(__always)
    public func chain(_ sum: UInt64, _ part: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = part.baseAddress else { return mix(sum, 0, 0) }
        let count = part.count
        var sum = sum &+ UInt64(truncatingIfNeeded: count)
        if count >= 16 {
            var offset = 0
            while offset &+ 16 < count {
                sum = mix(sum, word(base, offset), word(base, offset &+ 8))
                offset &+= 16
            }
            return mix(sum, word(base, count &- 16), word(base, count &- 8))
        }
        if count >= 8 { return mix(sum, word(base, 0), word(base, count &- 8)) }
        var word: UInt64 = 0
        for byte in part { word = word << 8 | UInt64(byte) }
        return mix(sum, word, 0)
    }

    @inlinable
    @inline(__always)
    func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inlinable
    @inline(__always)
    func mix(_ sum: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ first).multipliedFullWidth(by: high ^ sum ^ second)
        return product.high ^ product.low
    }
}
