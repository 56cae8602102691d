/// A second opinion on what canonical text is: by patterns, and far from the reader that is tested with it.
struct CanonicalCheck {
    private let metadata: Regex<AnyRegexOutput>
    private let sample: Regex<AnyRegexOutput>
    private let badHelp: Regex<AnyRegexOutput>

    init() throws {
        metadata = try Self.pattern(#"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)"#)
        let value = #""(?:[^"\\\n]|\\[\\n"])*""#
        let label = #"[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*\#(value)[ \t]*"#
        let labels = #"[ \t]*\{[ \t]*(?:\#(label)(?:,[ \t]*\#(label))*(?:,[ \t]*)?)?\}[ \t]*"#
        let number = #"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?i:inf|infinity)|(?i:nan)"#
        sample = try Self.pattern(#"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\#(labels)|[ \t]+)(\#(number))(?:[ \t]+([0-9]+))?"#)
        badHelp = try Self.pattern(#"[ \t].*|.*[ \t\r]|(?:[^\\]|\\[\\n])*\\(?:[^\\n].*)?"#)
    }

    /// What is wrong; `nil` where nothing is.
    func problem(_ bytes: [UInt8]) throws -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "not UTF-8" }
        guard text.unicodeScalars.last ?? "\n" == "\n" else { return "no line feed at the end" }
        var seen: Set<String> = []
        var family = Family()
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let line = String(line)
            if let problem = try problem(line, &family, &seen) { return "\(problem): \(line)" }
        }
        return nil
    }

    private struct Family {
        var name = ""
        var type = ""
        var words: Set<String> = []
        var hasSamples = false

        func holds(_ sample: String) -> Bool {
            let suffixes = ["histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count"]][type] ?? []
            return sample == name || suffixes.contains { sample == name + $0 }
        }
    }

    private func problem(_ line: String, _ family: inout Family, _ seen: inout Set<String>) throws -> String? {
        let parts = try metadata.wholeMatch(in: line)?.output.map { String($0.substring ?? "") }
        let sample = try sample.wholeMatch(in: line).map { String($0.output[1].substring ?? "") }
        guard let name = parts?[2] ?? sample else { return "neither metadata nor sample" }
        let stays = parts == nil ? family.holds(name) : family.name == name
        if !stays {
            guard seen.insert(name).inserted else { return "a family in two places" }
            family = Family(name: name)
        }
        guard let parts else {
            family.hasSamples = true
            return nil
        }
        guard family.words.insert(parts[1]).inserted, !family.hasSamples else { return "a second one, or late" }
        if parts[1] == "TYPE" {
            family.type = parts[3]
            let types = ["counter", "gauge", "histogram", "summary", "untyped"]
            return types.contains(parts[3]) ? nil : "no type of text"
        }
        return try badHelp.wholeMatch(in: parts[3]) == nil ? nil : "blanks or escapes in HELP"
    }

    /// By scalars: a mark after a quote makes another character of it.
    private static func pattern(_ text: String) throws -> Regex<AnyRegexOutput> {
        try Regex(text).matchingSemantics(.unicodeScalar).dotMatchesNewlines()
    }
}
