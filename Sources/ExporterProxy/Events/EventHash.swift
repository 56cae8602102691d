/// A number for bytes, which nobody outside can foresee.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`.
struct EventHash: Sendable {
    // Other ones in each table, so that nobody can choose bytes that collide. Each factor has one of them in it.
    private let first = UInt64.random(in: .min ... .max)
    private let second = UInt64.random(in: .min ... .max)

    /// Sixteen bytes at a time, the last sixteen overlapping where the count is not a multiple.
    @inline(__always)
    func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard let base = bytes.baseAddress else { return mix(0, 0, 0) }
        let count = bytes.count
        var sum = UInt64(truncatingIfNeeded: count)
        if count >= 16 {
            var offset = 0
            while offset &+ 16 < count {
                sum = mix(sum, word(base, offset), word(base, offset &+ 8))
                offset &+= 16
            }
            sum = mix(sum, word(base, count &- 16), word(base, count &- 8))
        } else if count >= 8 {
            sum = mix(sum, word(base, 0), word(base, count &- 8))
        } else {
            var word: UInt64 = 0
            for byte in bytes { word = word << 8 | UInt64(byte) }
            sum = mix(sum, word, 0)
        }
        return mix(sum, sum, 0)
    }

    @inline(__always)
    private func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    private func mix(_ sum: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ first).multipliedFullWidth(by: high ^ sum ^ second)
        return product.high ^ product.low
    }
}
