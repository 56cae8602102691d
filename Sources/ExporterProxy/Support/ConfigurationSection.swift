/// One table of the configuration while a room reads its keys from it.
///
/// Each read names the key, its type and its default; a value that does not fit is reported and the default
/// stands in, so that reading goes on and every problem of the file is found. ``finish()`` reports the keys
/// that nobody asked for.
package final class ConfigurationSection {
    package let path: String
    package let problems: ConfigurationProblems
    private let values: [String: ConfigurationValue]
    private var known: [String] = []

    package init(_ path: String, _ values: [String: ConfigurationValue], _ problems: ConfigurationProblems) {
        self.path = path
        self.values = values
        self.problems = problems
    }

    package func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Whether the user wrote this key.
    package func has(_ key: String) -> Bool { values[key] != nil }

    package func report(_ key: String, _ reason: String) { problems.report(keyPath(key), reason) }

    /// The value of `key` as `read` makes it, or `standard` where the key is absent or does not fit.
    ///
    /// - `expected`: completes the sentence "expected …", and is the type column of the documentation.
    /// - `shown`: the default as the user would write it.
    package func value<T>(
        _ key: String, _ standard: T, shown: String, expected: String, read: (ConfigurationValue) -> T?
    ) -> T {
        declare(key, shown: shown, expected: expected)
        guard let value = values[key] else { return standard }
        guard let result = read(value) else {
            report(key, "expected \(expected), found \(Self.shown(value))")
            return standard
        }
        return result
    }

    package func string(_ key: String, _ standard: String, expected: String = "a string") -> String {
        value(key, standard, shown: "\"\(standard)\"", expected: expected) { $0.asString }
    }

    package func optionalString(_ key: String, expected: String = "a string") -> String? {
        value(key, nil, shown: "none", expected: expected) { value in value.asString.map { .some($0) } }
    }

    package func boolean(_ key: String, _ standard: Bool, shown: String? = nil) -> Bool {
        value(key, standard, shown: shown ?? "\(standard)", expected: "true or false") { $0.asBoolean }
    }

    package func integer(_ key: String, _ standard: Int, in range: ClosedRange<Int>) -> Int {
        value(
            key, standard, shown: "\(standard)",
            expected: "an integer from \(range.lowerBound) to \(range.upperBound)"
        ) { value in value.asInteger.flatMap { range.contains($0) ? $0 : nil } }
    }

    /// A duration of at least one millisecond.
    package func duration(_ key: String, _ standard: Duration, shown: String? = nil) -> Duration {
        value(
            key, standard, shown: shown ?? "\"\(DurationText.format(standard))\"",
            expected: "a duration above 0, such as 5, \"30s\" or \"1h\""
        ) { value in value.asDuration.flatMap { $0 > .zero ? $0 : nil } }
    }

    /// A duration that can be switched off with `"off"` or 0.
    package func optionalDuration(_ key: String, _ standard: Duration?) -> Duration? {
        value(
            key, standard, shown: standard.map { "\"\(DurationText.format($0))\"" } ?? "\"off\"",
            expected: "a duration, such as \"30s\" or \"1h\", or \"off\""
        ) { value in
            if value.asString == "off" { return .some(nil) }
            return value.asDuration.map { $0 == .zero ? nil : $0 }
        }
    }

    package func choice<T: RawRepresentable & CaseIterable>(_ key: String, _ standard: T) -> T
    where T.RawValue == String {
        let words = T.allCases.map { "\"\($0.rawValue)\"" }
        let expected = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        return value(key, standard, shown: "\"\(standard.rawValue)\"", expected: expected) { value in
            value.asString.flatMap(T.init(rawValue:))
        }
    }

    package func strings(_ key: String) -> [String] {
        value(key, [], shown: "[]", expected: "an array of strings") { $0.asStrings }
    }

    /// A table of strings, such as labels or headers.
    package func stringTable(_ key: String) -> [String: String] {
        value(key, [:], shown: "{}", expected: "a table of strings") { value in
            guard case .table(let entries) = value else { return nil }
            let strings = entries.compactMapValues(\.asString)
            return strings.count == entries.count ? strings : nil
        }
    }

    /// The table under `key`; an empty one where it is absent, so that its defaults apply.
    package func table(_ key: String) -> ConfigurationSection {
        known.append(key)
        switch values[key] {
        case nil: return section(key, [:])
        case .table(let entries): return section(key, entries)
        case .some(let value):
            report(key, "expected a table, found \(value.typeName)")
            return section(key, [:])
        }
    }

    /// The entries of an array of tables, `[[path.key]]`.
    package func tables(_ key: String) -> [ConfigurationSection] {
        known.append(key)
        guard let value = values[key] else { return [] }
        guard case .array(let entries) = value else {
            report(key, "expected an array of tables ([[\(keyPath(key))]]), found \(value.typeName)")
            return []
        }
        return entries.enumerated().compactMap { index, entry in
            if case .table(let table) = entry { return section("\(key)[\(index)]", table) }
            report("\(key)[\(index)]", "expected a table, found \(entry.typeName)")
            return nil
        }
    }

    /// Reports every key that was not asked for, with the nearest one that is known.
    package func finish() {
        for key in values.keys.sorted() where !known.contains(key) {
            let advice = nearestName(to: key, in: known).map { ", did you mean '\($0)'?" } ?? ""
            report(key, "unknown key\(advice)")
        }
    }

    private func section(_ key: String, _ entries: [String: ConfigurationValue]) -> ConfigurationSection {
        ConfigurationSection(keyPath(key), entries, problems)
    }

    private func declare(_ key: String, shown: String, expected: String) {
        known.append(key)
        problems.declare(ConfigurationKey(path: keyPath(key), expected: expected, standard: shown))
    }

    private static func shown(_ value: ConfigurationValue) -> String {
        switch value {
        case .string(let text): "\"\(text.prefix(80))\""
        case .integer(let number): "\(number)"
        case .double(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        default: value.typeName
        }
    }
}

extension ConfigurationValue {
    package var asString: String? {
        switch self {
        case .string(let text), .text(let text): text
        default: nil
        }
    }

    package var asBoolean: Bool? {
        switch self {
        case .boolean(let flag): flag
        case .text(let text): Bool(text)
        default: nil
        }
    }

    package var asInteger: Int? {
        switch self {
        case .integer(let number): number
        case .text(let text): Int(text)
        default: nil
        }
    }

    /// A number is seconds; a string has units.
    package var asDuration: Duration? {
        switch self {
        case .integer(let seconds): DurationText.duration(seconds: Double(seconds))
        case .double(let seconds): DurationText.duration(seconds: seconds)
        case .string(let text), .text(let text): DurationText.parse(text)
        default: nil
        }
    }

    /// Bare text holds the strings separated by commas.
    package var asStrings: [String]? {
        switch self {
        case .array(let entries):
            let strings = entries.compactMap(\.asString)
            return strings.count == entries.count ? strings : nil
        case .text(let text):
            return text.split(separator: ",").map(\.trimmed)
        default:
            return nil
        }
    }
}
