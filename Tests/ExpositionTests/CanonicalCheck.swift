/// A second opinion on what canonical text is: by patterns, and far from the reader that is tested with it.
enum CanonicalCheck {
    /// What is wrong; `nil` where nothing is.
    static func problem(_ bytes: [UInt8]) throws -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "not UTF-8" }
        guard text.unicodeScalars.last ?? "\n" == "\n" else { return "no line feed at the end" }
        var families: Set<String> = []
        var (family, type, header, hasSamples) = ("", "", Set<String>(), false)
        for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let line = String(line)
            let metadata = try pattern(#"\A# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)\z"#).wholeMatch(in: line)
            let sample = try pattern(
                #"\A([a-zA-Z_:][a-zA-Z0-9_:]*)(?:[ \t]*\{(?:[ \t]*[a-zA-Z_][a-zA-Z0-9_]*[ \t]*=[ \t]*"#
                    + #""(?:[^"\\\n]|\\[\\n"])*"[ \t]*(?:,[ \t]*(?=[a-zA-Z_}])|(?=\})))*[ \t]*\}[ \t]*|[ \t]+)"#
                    + #"([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?i:inf|infinity)|(?i:nan))"#
                    + #"(?:[ \t]+([0-9]+))?\z"#
            ).wholeMatch(in: line)
            let name = String(metadata?.output[2].substring ?? sample?.output[1].substring ?? "")
            guard !name.isEmpty else { return "neither metadata nor sample: \(line)" }
            let stays = family == name || sample != nil && belongs(name, to: family, type)
            if !stays {
                guard families.insert(name).inserted else { return "the family is split: \(line)" }
                (family, type, header, hasSamples) = (name, "", [], false)
            }
            guard let metadata else {
                hasSamples = true
                continue
            }
            let (word, rest) = (String(metadata.output[1].substring ?? ""), String(metadata.output[3].substring ?? ""))
            guard header.insert(word).inserted, !hasSamples else { return "a second or late one: \(line)" }
            if word == "TYPE" {
                guard ["counter", "gauge", "histogram", "summary", "untyped"].contains(rest) else { return line }
                type = rest
            } else if try pattern(#"(?s)\A[ \t].*|.*[ \t\r]\z|(?:[^\\]|\\[\\n])*\\(?:[^\\n].*|\z)"#).wholeMatch(
                in: rest) != nil
            {
                return "blanks or escapes in HELP: \(line)"
            }
        }
        return nil
    }

    private static func belongs(_ name: String, to family: String, _ type: String) -> Bool {
        let suffixes = ["histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count"]][type] ?? []
        return suffixes.contains { name == family + $0 }
    }

    /// By scalars: a mark after a quote makes another character of it.
    private static func pattern(_ text: String) throws -> Regex<AnyRegexOutput> {
        try Regex(text).matchingSemantics(.unicodeScalar).dotMatchesNewlines()
    }
}
