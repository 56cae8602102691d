/// Numbers as both readers of text 0.0.4 take them: the decimal forms of Go's `strconv.ParseFloat`.
///
/// No hexadecimal digits and no underscores, and nothing that is too large for 64 bits unless it says so itself;
/// `Inf`, `Infinity` and `NaN` in any case.
public enum FloatText {
    public static func isFloat(_ text: UnsafeRawBufferPointer) -> Bool { value(of: text) != nil }

    /// The nearest double, or `nil` for what is not a number.
    public static func value(of text: UnsafeRawBufferPointer) -> Double? {
        if let word = word(text) { return word }
        guard isDecimal(text) else { return nil }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
        return value
    }

    private static func word(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let first = text.first, (3...9).contains(text.count) else { return nil }
        let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        let letters = text.dropFirst(isSigned ? 1 : 0).map { $0 | 0x20 }
        if letters == Array("inf".utf8) || letters == Array("infinity".utf8) {
            return first == UInt8(ascii: "-") ? -.infinity : .infinity
        }
        return !isSigned && letters == Array("nan".utf8) ? .nan : nil
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
