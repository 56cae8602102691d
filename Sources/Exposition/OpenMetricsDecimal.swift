/// The parts of a decimal number ("realnumber" of the ABNF): `-12.5e3`.
struct OpenMetricsDecimal {
    let isNegative: Bool
    private let bytes: UnsafeRawBufferPointer
    private let whole: Range<Int>
    private let fraction: Range<Int>
    /// Held within plus and minus a million, which is past every `Double`.
    let exponent: Int

    static let exponentMax = 1_000_000

    /// `nil` where a range within `bytes` is no such number as a whole.
    init?(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        var cursor = OpenMetricsCursor(bytes, range)
        isNegative = Self.takeSign(&cursor)
        self.bytes = bytes
        whole = cursor.take(while: Self.isDigit)
        fraction =
            cursor.take(UInt8(ascii: ".")) ? cursor.take(while: Self.isDigit) : range.upperBound..<range.upperBound
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        guard !cursor.isAtEnd else {
            exponent = 0
            return
        }
        guard cursor.take(UInt8(ascii: "e")) || cursor.take(UInt8(ascii: "E")) else { return nil }
        let isBelow = Self.takeSign(&cursor)
        guard !cursor.isAtEnd, let size = Self.readSize(&cursor) else { return nil }
        exponent = isBelow ? -size : size
    }

    var digitsCount: Int { whole.count + fraction.count }
    /// How many digits stand before the point, counting the exponent; may be negative.
    var pointAt: Int { whole.count + exponent }

    /// 0 to 9; 0 past the last one.
    func digit(_ index: Int) -> UInt8 {
        if index < whole.count { return bytes[whole.lowerBound + index] & 0x0F }
        return index < digitsCount ? bytes[fraction.lowerBound + index - whole.count] & 0x0F : 0
    }

    /// Where a `Double` holds both the digits and the power of ten, one division or product is correctly rounded.
    var exactValue: Double? {
        guard digitsCount <= 15 else { return nil }
        let power = exponent - fraction.count
        guard -22...22 ~= power else { return nil }
        var digits = 0
        for index in 0..<digitsCount { digits = digits * 10 + Int(digit(index)) }
        let size = power < 0 ? Double(digits) / Self.powers[-power] : Double(digits) * Self.powers[power]
        return isNegative ? -size : size
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func takeSign(_ cursor: inout OpenMetricsCursor) -> Bool {
        if cursor.take(UInt8(ascii: "-")) { return true }
        _ = cursor.take(UInt8(ascii: "+"))
        return false
    }

    private static func readSize(_ cursor: inout OpenMetricsCursor) -> Int? {
        let digits = cursor.take(while: isDigit)
        guard cursor.isAtEnd else { return nil }
        return digits.reduce(0) { min($0 * 10 + Int(cursor.bytes[$1] & 0x0F), exponentMax) }
    }
}
