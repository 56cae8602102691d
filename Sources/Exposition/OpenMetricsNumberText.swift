/// How we write numbers: what is read again has the same bits (but for those of a NaN).
enum OpenMetricsNumberText {
    /// Whole numbers as such, others with a point or an exponent.
    static func value(_ value: Double) -> String {
        if let word = word(value) { return word }
        // Below 10^15 every whole number is exact; -0 keeps its sign only as a float.
        if let whole = Int(exactly: value), whole.magnitude < 1_000_000_000_000_000, value.sign == .plus || whole != 0 {
            return String(whole)
        }
        return value.description
    }

    /// For `le` and `quantile`, as Go writes them (OpenMetrics 1.0, "Canonical Numbers"): 1.0, 100000.0, 1e+06, +Inf.
    static func canonical(_ value: Double) -> String {
        if let word = word(value) { return word }
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0 else { return sign + "0.0" }
        let (digits, point) = shortest(value.magnitude)
        return sign + (-4..<6 ~= point - 1 ? plain(digits, point) : scientific(digits, point - 1))
    }

    /// Seconds, with as many digits of a fraction as it takes.
    static func timestamp(_ timestamp: Timestamp) -> String {
        let nanoseconds = min(max(timestamp.nanoseconds, 0), 999_999_999)
        let isNegative = timestamp.seconds < 0
        let borrows = isNegative && nanoseconds > 0
        let whole = (borrows ? timestamp.seconds + 1 : timestamp.seconds).magnitude
        let text = (isNegative ? "-" : "") + String(whole)
        guard nanoseconds > 0 else { return text }
        let padded = String(String((borrows ? 1_000_000_000 - nanoseconds : nanoseconds) + 1_000_000_000).dropFirst())
        return text + "." + trimmed(padded)
    }

    private static func word(_ value: Double) -> String? {
        if value.isNaN { return "NaN" }
        guard value.isInfinite else { return nil }
        return value < 0 ? "-Inf" : "+Inf"
    }

    /// The fewest digits that mean this number, and how many of them stand before the point.
    private static func shortest(_ magnitude: Double) -> (digits: String, point: Int) {
        let parts = magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let all = mantissa.joined()
        let digits = all.drop { $0 == "0" }
        return (trimmed(String(digits)), mantissa[0].count + exponent - (all.count - digits.count))
    }

    private static func plain(_ digits: String, _ point: Int) -> String {
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return digits + String(repeating: "0", count: point - digits.count) + ".0" }
        return digits.prefix(point) + "." + digits.dropFirst(point)
    }

    private static func scientific(_ digits: String, _ exponent: Int) -> String {
        let fraction = digits.dropFirst()
        let size = String(exponent.magnitude)
        return digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + (exponent < 0 ? "e-" : "e+")
            + (size.count < 2 ? "0" : "") + size
    }

    private static func trimmed(_ digits: String) -> String {
        let zeros = digits.reversed().prefix { $0 == "0" }.count
        return String(digits.dropLast(zeros))
    }
}
