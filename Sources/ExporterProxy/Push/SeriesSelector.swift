import Exposition

/// Which series are meant: a selector as Prometheus writes it, such as `http_requests_total{job=~"a.*",code!="200"}`.
///
/// Not to be handed to another thread: it holds compiled patterns.
struct SeriesSelector {
    fileprivate struct Matcher {
        var label: String
        var isWanted: Bool
        var value: Value
    }

    fileprivate enum Value {
        case text(String)
        /// Over the whole value.
        case pattern(ValuePattern)
    }

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private var matchers: [Matcher] = []

    /// Longer ones are a mistake.
    static let bytesMax = 4096

    init(_ text: String) throws(Problem) {
        guard text.utf8.count <= Self.bytesMax else { throw Problem(description: "it is too long") }
        var rest = Substring(text).trimmingBlanks
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        rest = rest.dropFirst(name.count).trimmingBlanks
        if !name.isEmpty { matchers.append(Matcher(label: "__name__", isWanted: true, value: .text(String(name)))) }
        if rest.first == "{" { try readMatchers(&rest) }
        guard rest.isEmpty else {
            throw Problem(description: "'\(EscapedText.visible(String(rest)))' does not belong there")
        }
        // So that a slip does not delete everything: for that there is wipe.
        guard matchers.contains(where: \.excludesNothing) else {
            throw Problem(description: "a matcher must name something that a series has to have")
        }
    }

    private mutating func readMatchers(_ rest: inout Substring) throws(Problem) {
        rest = rest.dropFirst().trimmingBlanks
        while let first = rest.first, first != "}" {
            matchers.append(try Self.matcher(&rest))
            rest = rest.trimmingBlanks
            if rest.first == "," { rest = rest.dropFirst().trimmingBlanks } else { break }
        }
        guard rest.first == "}" else { throw Problem(description: "the closing brace is missing") }
        rest = rest.dropFirst().trimmingBlanks
    }

    private static func matcher(_ rest: inout Substring) throws(Problem) -> Matcher {
        let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        rest = rest.dropFirst(label.count).trimmingBlanks
        guard LabelName.isValid(String(label)) || label == "__name__" else {
            throw Problem(description: "a label name is missing at '\(EscapedText.visible(String(rest.prefix(20))))'")
        }
        let word = ["=~", "!~", "!=", "="].first { rest.hasPrefix($0) }
        guard let word else { throw Problem(description: "=, !=, =~ or !~ is missing behind \(label)") }
        rest = rest.dropFirst(word.count).trimmingBlanks
        let text = try quoted(&rest)
        let isWanted = word == "=" || word == "=~"
        guard word.hasSuffix("~") else { return Matcher(label: String(label), isWanted: isWanted, value: .text(text)) }
        guard let pattern = ValuePattern(text) else {
            throw Problem(description: "'\(EscapedText.visible(text))' is no regular expression")
        }
        return Matcher(label: String(label), isWanted: isWanted, value: .pattern(pattern))
    }

    private static func quoted(_ rest: inout Substring) throws(Problem) -> String {
        guard let quote = rest.first, quote == "\"" || quote == "'" else {
            throw Problem(description: "a value in quotes is missing")
        }
        rest = rest.dropFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote { return text }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": text += "\n"
            case "\\": text += "\\"
            case let escaped? where escaped == quote: text.append(escaped)
            // As in Go, a backslash of a pattern is written twice; written once it is meant.
            case let other?: text += "\\\(other)"
            case nil: break
            }
        }
        throw Problem(description: "the closing quote is missing")
    }

    /// A label that a series does not have is empty.
    func matches(name: String, _ labels: LabelSet) -> Bool {
        matchers.allSatisfy { matcher in
            let value =
                matcher.label == "__name__" ? name : labels.first { $0.name == matcher.label }?.value ?? ""
            return matcher.value.fits(value) == matcher.isWanted
        }
    }
}

extension SeriesSelector.Value {
    fileprivate func fits(_ value: String) -> Bool {
        switch self {
        case .text(let text): ExactText(value) == ExactText(text)
        case .pattern(let pattern): pattern.fits(value)
        }
    }
}

extension SeriesSelector.Matcher {
    /// As in Prometheus: one matcher at least must not fit the empty value.
    fileprivate var excludesNothing: Bool { value.fits("") != isWanted }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring { drop { $0 == " " || $0 == "\t" } }
}
