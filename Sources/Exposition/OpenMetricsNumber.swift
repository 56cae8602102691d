/// A number as OpenMetrics writes it: decimal, or infinity, or not a number.
enum OpenMetricsNumber: Equatable {
    case value(Double)
    /// Written like a number, and too large for a `Double`.
    case tooLarge
    case invalid

    /// A whole range within `bytes` ("number" of the ABNF).
    static func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> OpenMetricsNumber {
        guard let decimal = OpenMetricsDecimal(bytes, range) else { return word(bytes, range) }
        if let value = decimal.exactValue { return .value(value) }
        guard let value = Double(bytes.text(range)) else { return .invalid }
        return value.isFinite ? .value(value) : .tooLarge
    }

    var value: Double? {
        guard case .value(let value) = self else { return nil }
        return value
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> OpenMetricsNumber {
        guard range.count <= "+infinity".utf8.count else { return .invalid }
        switch range.map({ bytes[$0] | 0x20 }) {
        case Array("nan".utf8): return .value(.nan)
        case Array("inf".utf8), Array("infinity".utf8): return .value(.infinity)
        default: return signedWord(bytes, range)
        }
    }

    private static func signedWord(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> OpenMetricsNumber {
        guard let first = range.first, bytes[first] == UInt8(ascii: "+") || bytes[first] == UInt8(ascii: "-") else {
            return .invalid
        }
        let word = range.dropFirst().map { bytes[$0] | 0x20 }
        guard word == Array("inf".utf8) || word == Array("infinity".utf8) else { return .invalid }
        return .value(bytes[first] == UInt8(ascii: "-") ? -.infinity : .infinity)
    }
}
