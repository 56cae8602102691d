/// One number for a series, whatever the order of its labels.
///
/// The labels' own numbers are added, so order cannot matter. A label without a value is none, and the borders of
/// buckets and quantiles count as numbers: Prometheus holds `le="1"` and `le="1.0"` for the same (since 3.0).
struct SeriesHash {
    /// Other numbers in each process, so that nobody can choose a series that collides with somebody else's.
    static let ofThisProcess = SeriesHash(name: .random(in: .min ... .max), label: .random(in: .min ... .max))

    private let name: UInt64
    private let label: UInt64

    /// What to begin the sum with.
    @inline(__always)
    func begin(name: UnsafeRawBufferPointer) -> UInt64 { Self.hash(name, self.name) }

    /// What a label adds to the sum.
    @inline(__always)
    func part(label name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) -> UInt64 {
        if value.isEmpty { return 0 }
        let seed = Self.hash(name, label)
        if Self.isBorder(name), let number = DecimalKey(value) {
            return Self.mix(number.digits ^ seed, UInt64(bitPattern: Int64(number.exponent)) ^ self.name)
        }
        return Self.hash(value, seed)
    }

    @inline(__always)
    func end(_ sum: UInt64) -> UInt64 { Self.mix(sum, label) }

    /// `le` or `quantile`.
    @inline(__always)
    static func isBorder(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let base = name.baseAddress else { return false }
        if name.count == 2 {
            return base.loadUnaligned(as: UInt16.self) == 0x656C
        }
        return name.count == 8 && base.loadUnaligned(as: UInt64.self) == 0x656C_6974_6E61_7571
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

/// A decimal number in a form in which equal numbers are equal: `1`, `1.0` and `1e0` are the same.
struct DecimalKey: Equatable {
    /// Without zeros at the end.
    var digits: UInt64
    var exponent: Int32

    /// `nil` for what is not a plain decimal number of at most 18 digits.
    init?(_ text: UnsafeRawBufferPointer) {
        var digits: UInt64 = 0
        var exponent = 0
        var count = 0
        var isFraction = false
        var index = 0
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            // The sign of a border other than +Inf is rare: its text is compared.
            return nil
        }
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if byte &- 48 < 10, count < 18 {
                digits = digits &* 10 &+ UInt64(byte &- 48)
                count &+= 1
                if isFraction { exponent &-= 1 }
            } else {
                break
            }
            index &+= 1
        }
        guard count > 0 else { return nil }
        if index < text.count {
            guard let power = Self.power(UnsafeRawBufferPointer(rebasing: text[index...])) else { return nil }
            exponent &+= power
        }
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent &+= 1
        }
        self.digits = digits
        self.exponent = digits == 0 ? 0 : Int32(truncatingIfNeeded: exponent)
    }

    /// The number after `e`, of at most three digits.
    private static func power(_ text: UnsafeRawBufferPointer) -> Int? {
        guard let first = text.first, first | 0x20 == UInt8(ascii: "e") else { return nil }
        var digits = text.dropFirst()
        let sign = digits.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard (1...3).contains(digits.count) else { return nil }
        var power = 0
        for byte in digits {
            guard byte &- 48 < 10 else { return nil }
            power = power * 10 + Int(byte &- 48)
        }
        return sign == UInt8(ascii: "-") ? -power : power
    }
}
