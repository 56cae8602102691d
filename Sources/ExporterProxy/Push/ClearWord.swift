/// A word of the `clearmode` label, of `?clearmode=` or of a rule: what Gravel's users write.
package enum ClearWord: Hashable, Sendable {
    case mode(ClearMode)
    /// All that was stored of the family, in its group, goes: `family`, `info`.
    case family

    /// `nil` for what is no clear mode.
    ///
    /// Words are those of Gravel's README (`aggregate`, `replace`, `family`, `sum5m`, `mean5m`), and `min`, `max`,
    /// `last`, `median`, `p00` to `p99`. A window is a whole number with a unit behind the word: `s`, `m`, `h` or `d`.
    package init?(_ text: String) {
        switch text {
        case "aggregate", "sum": self = .mode(.sum)
        case "replace": self = .mode(.replace)
        case "family", "info": self = .family
        default:
            guard let mode = Self.mode(text) else { return nil }
            self = .mode(mode)
        }
    }

    package static let expected =
        "aggregate, sum, replace, family, info, mean, min, max, last, median or p00 to p99, and behind sum and those "
        + "from mean on perhaps a window, such as mean5m"

    private static let operations: [(word: String, operation: ClearMode.Operation)] = [
        ("sum", .sum), ("mean", .mean), ("min", .min), ("max", .max), ("last", .last), ("median", .quantile(0.5)),
    ]

    private static func mode(_ text: String) -> ClearMode? {
        for (word, operation) in operations where text.hasPrefix(word) {
            return mode(operation, text.dropFirst(word.count))
        }
        let digits = text.dropFirst().prefix(2)
        guard text.hasPrefix("p"), digits.count == 2, digits.utf8.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        return Double(digits).flatMap { mode(.quantile($0 / 100), text.dropFirst(3)) }
    }

    private static func mode(_ operation: ClearMode.Operation, _ window: Substring) -> ClearMode? {
        if window.isEmpty { return ClearMode(operation) }
        guard let unit = window.last, "smhd".contains(unit), window.dropLast().utf8.allSatisfy({ $0 &- 48 < 10 }),
            let duration = DurationText.parse(String(window)), duration > .zero
        else { return nil }
        return ClearMode(operation, window: duration)
    }
}
