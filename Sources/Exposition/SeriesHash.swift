/// One number for a series, whatever the order of its labels.
///
/// The labels' own numbers are added, so order cannot matter. A label without a value is none, and the borders of
/// buckets and quantiles count as numbers: Prometheus holds `le="1"` and `le="1.0"` for the same (since 3.0).
struct SeriesHash {
    /// Other numbers in each process, so that nobody can choose a series that collides with somebody else's.
    static let ofThisProcess = SeriesHash(name: .random(in: .min ... .max), label: .random(in: .min ... .max))

    private let name: UInt64
    private let label: UInt64

    /// What to begin the sum with; another number for each `kind`.
    @inline(__always)
    func begin(name: UnsafeRawBufferPointer, kind: UInt64 = 0) -> UInt64 {
        Self.hash(name, self.name &+ (kind << 32))
    }

    /// What a label adds to the sum; `nil` where it is the `border` that has to be a number, and is none.
    @inline(__always)
    func part(label name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, border: Border) -> UInt64? {
        if let kind = Border(name) { return borderPart(kind, name, value, border) }
        return value.isEmpty ? 0 : Self.hash(value, Self.hash(name, label))
    }

    @inline(never)
    private func borderPart(
        _ kind: Border, _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ border: Border
    ) -> UInt64? {
        let seed = Self.hash(name, label)
        if let number = DecimalKey(value) { return Self.mix(number.bits ^ seed, self.name) }
        return kind == border ? nil : value.isEmpty ? 0 : Self.hash(value, seed)
    }

    @inline(__always)
    func end(_ sum: UInt64) -> UInt64 { Self.mix(sum, label) }

    /// The labels whose values are numbers.
    enum Border {
        case none, le, quantile

        @inline(__always)
        init?(_ name: UnsafeRawBufferPointer) {
            switch name.count {
            case 2 where name.loadUnaligned(as: UInt16.self) == 0x656C: self = .le
            case 8 where name.loadUnaligned(as: UInt64.self) == 0x656C_6974_6E61_7571: self = .quantile
            default: return nil
            }
        }
    }

    @inline(__always)
    private static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: b ^ 0xD1B5_4A32_D192_ED03)
        return product.high ^ product.low
    }

    /// Eight bytes at a time, the last eight overlapping where the count is not a multiple.
    @inline(__always)
    static func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
        guard let base = bytes.baseAddress else { return seed }
        let count = bytes.count
        var hash = seed &+ UInt64(truncatingIfNeeded: count)
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                hash = mix(hash, base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset &+= 8
            }
            return mix(hash, base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        }
        if count >= 4 {
            let head = UInt64(base.loadUnaligned(as: UInt32.self))
            let tail = UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            return mix(hash, head << 32 | tail)
        }
        var word: UInt64 = 0
        for offset in 0..<count { word = word << 8 | UInt64(base.load(fromByteOffset: offset, as: UInt8.self)) }
        return mix(hash, word)
    }
}

/// A border of buckets or quantiles as a number: `1`, `1.0` and `1e0` are the same, and so are `+Inf` and `inf`.
struct DecimalKey: Equatable {
    /// Those of the nearest double; zero is without a sign.
    let bits: UInt64

    /// `nil` for what is not a number.
    init?(_ text: UnsafeRawBufferPointer) {
        guard let number = FloatText.value(of: text) else { return nil }
        bits = number == 0 ? 0 : number.bitPattern
    }
}
