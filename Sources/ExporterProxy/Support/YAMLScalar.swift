/// What readers of YAML 1.1, such as PyYAML, make of text without quotes.
enum YAMLScalar {
    case text, nothing, boolean, integer, number, time
    /// `<<` and `=`, which mean something else only in their places.
    case mark

    init(plain text: String) {
        self = Self.word(text) ?? Self.number(Array(text.utf8)) ?? .text
    }

    private static func word(_ text: String) -> YAMLScalar? {
        switch text {
        case "", "~", "null", "Null", "NULL": .nothing
        case "yes", "Yes", "YES", "no", "No", "NO", "true", "True", "TRUE", "false", "False", "FALSE", "on", "On", "ON",
            "off", "Off", "OFF":
            .boolean
        case ".nan", ".NaN", ".NAN": .number
        case "<<", "=": .mark
        default: nil
        }
    }

    private static func number(_ text: [UInt8]) -> YAMLScalar? {
        guard let first = text.first, first < UInt8(ascii: ":") else { return nil }
        var start = Pattern(text)
        let hasSign = start.take("+-")
        if start.isInteger { return .integer }
        if start.isDecimal || !hasSign && start.isFraction || start.isSexagesimal || start.isInfinity { return .number }
        return !hasSign && start.isTime ? .time : nil
    }
}

/// What is left of a text; each question is about all of it.
private struct Pattern {
    private var rest: ArraySlice<UInt8>

    init(_ text: [UInt8]) { rest = text[...] }

    private static let digits = Array("0123456789".utf8)
    private static let spaced = Array("0123456789_".utf8)

    /// One of these.
    mutating func take(_ set: String) -> Bool {
        guard let first = rest.first, set.utf8.contains(first) else { return false }
        rest.removeFirst()
        return true
    }

    /// As many of these as there are, but at most `max`.
    private mutating func count(_ set: [UInt8], max: Int = .max) -> Int {
        let count = rest.prefix(max).prefix { set.contains($0) }.count
        rest.removeFirst(count)
        return count
    }

    private mutating func word(_ words: String...) -> Bool {
        guard let word = words.first(where: { rest.starts(with: $0.utf8) }) else { return false }
        rest.removeFirst(word.utf8.count)
        return true
    }

    var isInteger: Bool {
        var text = self
        if text.word("0b") { return text.count(Array("01_".utf8)) > 0 && text.rest.isEmpty }
        if text.word("0x") { return text.count(Array("0123456789abcdefABCDEF_".utf8)) > 0 && text.rest.isEmpty }
        if text.take("0") {
            _ = text.count(Array("01234567_".utf8))
            return text.rest.isEmpty
        }
        guard text.take("123456789") else { return false }
        _ = text.count(Self.spaced)
        if text.rest.isEmpty { return true }
        return text.takeSixtieths() && text.rest.isEmpty
    }

    /// Such as `:30:07`.
    private mutating func takeSixtieths() -> Bool {
        var isTaken = false
        while take(":") {
            // Two digits where the first allows it.
            if take("012345") { _ = count(Self.digits, max: 1) } else if !take("6789") { return false }
            isTaken = true
        }
        return isTaken
    }

    var isDecimal: Bool {
        var text = self
        guard text.take("0123456789") else { return false }
        _ = text.count(Self.spaced)
        guard text.take(".") else { return false }
        _ = text.count(Self.spaced)
        return text.isExponentOrNothing
    }

    /// Such as `.5`.
    var isFraction: Bool {
        var text = self
        guard text.take("."), text.take("0123456789") else { return false }
        _ = text.count(Self.spaced)
        return text.isExponentOrNothing
    }

    private var isExponentOrNothing: Bool {
        var text = self
        if text.rest.isEmpty { return true }
        return text.take("eE") && text.take("+-") && text.count(Self.digits) > 0 && text.rest.isEmpty
    }

    /// Such as `1:30.5`.
    var isSexagesimal: Bool {
        var text = self
        guard text.take("0123456789") else { return false }
        _ = text.count(Self.spaced)
        guard text.takeSixtieths(), text.take(".") else { return false }
        _ = text.count(Self.spaced)
        return text.rest.isEmpty
    }

    var isInfinity: Bool {
        var text = self
        return text.word(".inf", ".Inf", ".INF") && text.rest.isEmpty
    }

    /// A date, perhaps with a time and a zone.
    var isTime: Bool {
        var text = self
        guard text.count(Self.digits, max: 4) == 4, text.take("-") else { return false }
        let month = text.count(Self.digits, max: 2)
        guard month > 0, text.take("-") else { return false }
        let day = text.count(Self.digits, max: 2)
        if text.rest.isEmpty { return month == 2 && day == 2 }
        guard day > 0, text.take("Tt") || text.count([0x20, 0x09]) > 0 else { return false }
        guard text.count(Self.digits, max: 2) > 0, text.takeSixtieth(), text.takeSixtieth() else { return false }
        if text.take(".") { _ = text.count(Self.digits) }
        return text.isZoneOrNothing
    }

    private mutating func takeSixtieth() -> Bool { take(":") && count(Self.digits, max: 2) == 2 }

    private var isZoneOrNothing: Bool {
        var text = self
        if text.rest.isEmpty { return true }
        _ = text.count([0x20, 0x09])
        if text.take("Z") { return text.rest.isEmpty }
        guard text.take("+-"), text.count(Self.digits, max: 2) > 0 else { return false }
        return text.rest.isEmpty || text.takeSixtieth() && text.rest.isEmpty
    }
}
