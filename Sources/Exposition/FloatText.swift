/// Numbers as both readers of text 0.0.4 take them, and OpenMetrics too: the decimal forms of Go's `ParseFloat`.
///
/// No hexadecimal digits and no underscores, and nothing that is too large for 64 bits unless it says so itself;
/// `Inf`, `Infinity` and `NaN` in any case.
public enum FloatText {
    public static func isFloat(_ text: UnsafeRawBufferPointer) -> Bool { value(of: text) != nil }

    /// The nearest double, or `nil` for what is not a number.
    public static func value(of text: UnsafeRawBufferPointer) -> Double? { read(text).number }

    enum Reading: Equatable {
        case number(Double)
        /// Written like a number, and too large for 64 bits.
        case tooLarge
        case invalid

        var number: Double? { if case .number(let number) = self { number } else { nil } }
    }

    @inline(__always)
    static func read(_ text: UnsafeRawBufferPointer) -> Reading {
        if let number = exact(text) ?? word(text) { return .number(number) }
        guard isDecimal(text), let value = Double(String(decoding: text, as: UTF8.self)) else { return .invalid }
        return value.isFinite ? .number(value) : .tooLarge
    }

    // MARK: Few digits

    /// Numbers of at most 18 digits that are no more than 2^53 without their point, where one step with two exact
    /// doubles gives the nearest (Clinger's fast path).
    private static func exact(_ text: UnsafeRawBufferPointer) -> Double? {
        let isNegative = text.first == UInt8(ascii: "-")
        var index = isNegative || text.first == UInt8(ascii: "+") ? 1 : 0
        var (digits, count, scale) = (0 as Int64, 0, 0)
        var isFraction = false
        while index < text.count {
            let byte = text[index]
            if byte &- 48 < 10 {
                if count == 18 { return nil }
                digits = digits &* 10 &+ Int64(byte &- 48)
                count &+= 1
                if isFraction { scale &-= 1 }
            } else if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else {
                guard let power = power(text, from: index) else { return nil }
                scale &+= power
                break
            }
            index &+= 1
        }
        guard count > 0, digits <= 1 << 53, -22...22 ~= scale else { return nil }
        let number = scaled(Double(digits), by: scale)
        return isNegative ? -number : number
    }

    /// The number behind `e`, of at most three digits.
    private static func power(_ text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard text[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var digits = text[(start &+ 1)...]
        let sign = digits.first
        dropSign(&digits)
        guard 1...3 ~= digits.count else { return nil }
        var power = 0
        for byte in digits {
            guard byte &- 48 < 10 else { return nil }
            power = power &* 10 &+ Int(byte &- 48)
        }
        return sign == UInt8(ascii: "-") ? 0 &- power : power
    }

    /// Powers of ten up to 22 are exact.
    private static func scaled(_ number: Double, by scale: Int) -> Double {
        var power = 1.0
        for _ in 0..<abs(scale) { power *= 10 }
        return scale < 0 ? number / power : number * power
    }

    // MARK: Any number

    private static func word(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let first = text.first else { return nil }
        let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        let letters = UnsafeRawBufferPointer(rebasing: text[(isSigned ? 1 : 0)...])
        if isWord(letters, "inf") || isWord(letters, "infinity") {
            return first == UInt8(ascii: "-") ? -.infinity : .infinity
        }
        return !isSigned && isWord(letters, "nan") ? .nan : nil
    }

    /// In any case; `word` is in lower case.
    private static func isWord(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] | 0x20 != word.utf8Start[index] { return false }
        return true
    }

    private static func isDecimal(_ text: UnsafeRawBufferPointer) -> Bool {
        var rest = text[...]
        dropSign(&rest)
        var digits = dropDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            digits += dropDigits(&rest)
        }
        guard digits > 0 else { return false }
        guard let marker = rest.first else { return true }
        guard marker | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        dropSign(&rest)
        return dropDigits(&rest) > 0 && rest.isEmpty
    }

    private static func dropSign(_ rest: inout Slice<UnsafeRawBufferPointer>) {
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    }

    private static func dropDigits(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Int {
        let count = rest.prefix { $0 &- 48 < 10 }.count
        rest = rest.dropFirst(count)
        return count
    }
}
