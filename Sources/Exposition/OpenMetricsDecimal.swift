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
