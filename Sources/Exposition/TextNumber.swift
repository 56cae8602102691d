/// A decimal number as both readers of text 0.0.4 take it (Go's `ParseFloat` without hexadecimal and underscores).
enum TextNumber: Equatable {
    case number(Double)
    case tooLarge
    case invalid

    static func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> TextNumber {
        var scan = TextNumberScan(bytes, range)
        guard scan.reads() else { return .word(bytes, range) }
        if let exact = scan.exact { return .number(exact) }
        let digits = bytes[range].allSatisfy { $0 < 0x80 } ? String(decoding: bytes[range], as: UTF8.self) : ""
        guard let number = Double(digits) else { return .invalid }
        return number.isInfinite ? .tooLarge : .number(number)
    }

    /// NaN without a sign, and infinity with or without, in any case.
    private static func word(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> TextNumber {
        guard let first = range.first.map({ bytes[$0] }), range.count <= 9 else { return .invalid }
        let isSigned = first == UInt8(ascii: "+") || first == UInt8(ascii: "-")
        let letters = bytes[range].dropFirst(isSigned ? 1 : 0).map { $0 | 0x20 }
        if letters.elementsEqual("inf".utf8) || letters.elementsEqual("infinity".utf8) {
            return .number(first == UInt8(ascii: "-") ? -.infinity : .infinity)
        }
        return !isSigned && letters.elementsEqual("nan".utf8) ? .number(.nan) : .invalid
    }
}

/// Reads sign, digits, point and exponent, and computes where that is exact.
private struct TextNumberScan {
    private let bytes: UnsafeRawBufferPointer
    private var i: Int
    private let end: Int
    private var isNegative = false
    private var mantissa: UInt64 = 0
    private var digits = 0
    private var exponent = 0
    /// Whether every digit is in `mantissa`, and `exponent` is the one that was written.
    private var isWhole = true

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        (i, end) = (range.lowerBound, range.upperBound)
    }

    /// Whether the whole range is a number by the grammar.
    mutating func reads() -> Bool {
        if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") {
            isNegative = bytes[i] == UInt8(ascii: "-")
            i += 1
        }
        readDigits(scale: 0)
        if i < end, bytes[i] == UInt8(ascii: ".") {
            i += 1
            readDigits(scale: -1)
        }
        guard digits > 0 else { return false }
        if i < end, bytes[i] | 0x20 == UInt8(ascii: "e") {
            i += 1
            guard readExponent() else { return false }
        }
        return i == end
    }

    private mutating func readDigits(scale: Int) {
        while i < end, bytes[i] &- 0x30 < 10 {
            digits &+= 1
            if mantissa < 1 << 53 {
                mantissa = mantissa &* 10 &+ UInt64(bytes[i] &- 0x30)
                exponent &+= scale
            } else {
                isWhole = false
            }
            i += 1
        }
    }

    private mutating func readExponent() -> Bool {
        var isDown = false
        if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") {
            isDown = bytes[i] == UInt8(ascii: "-")
            i += 1
        }
        let start = i
        var power = 0
        while i < end, bytes[i] &- 0x30 < 10 {
            if power < 10_000 { power = power &* 10 &+ Int(bytes[i] &- 0x30) } else { isWhole = false }
            i += 1
        }
        exponent &+= isDown ? 0 &- power : power
        return i > start
    }

    /// The number, where one multiplication or division of exact floats makes it (Clinger's fast path).
    var exact: Double? {
        guard isWhole, mantissa <= 1 << 53, (-22...22).contains(exponent) else { return nil }
        let whole = Double(mantissa)
        let power = Self.powers[abs(exponent)]
        let number = exponent < 0 ? whole / power : whole * power
        return isNegative ? -number : number
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
