import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("", "", true), ("", "a", false), ("a", "a", true), ("a", "A", false), ("a", "ab", false), ("ab", "a", false),
    ("*", "", true), ("*", "abc", true), ("**", "", true), ("?", "", false), ("?", "a", true), ("?", "ab", false),
    ("?", "é", true), ("?", "😀", true), ("??", "é", false), ("a*", "a", true), ("a*", "ba", false),
    ("*a", "aa", true), ("*a", "ab", false), ("*a*", "bab", true), ("a*b", "acbcb", true), ("a*b", "acbc", false),
    ("a*?b", "ab", false), ("a*?b", "acb", true), ("a?*b", "acb", true), ("*ab*cd*", "xabxcdx", true),
    ("*ab*cd*", "xcdxab", false), ("node-??", "node-12", true), ("node-??", "node-1", false), ("a.c", "abc", false),
    ("[a]", "a", false), ("[a]", "[a]", true), ("a\\*", "a*", false),
    ("external_poll: *:80", "external_poll: h:80", true),
    ("*:80", "external_poll: h:8080", false), ("*:80", "external_poll: h:80:80", true),
])
func namePattern_FitsAWholeName(pattern: String, name: String, fits: Bool) {
    #expect(NamePattern(pattern).matches(name) == fits)
}

/// By the letter of its definition, over short texts of few characters.
@Test(arguments: 0..<10)
func namePattern_FitsWhatItsDefinitionFits(seed: UInt64) {
    func fits(_ pattern: Substring, _ name: Substring) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return fits(rest, name) || (!name.isEmpty && fits(pattern, name.dropFirst())) }
        guard let character = name.first else { return false }
        return (first == "?" || first == character) && fits(rest, name.dropFirst())
    }
    var random = SeededGenerator(seed: seed)
    func text(_ characters: [Character]) -> String {
        String((0..<Int.random(in: 0...8, using: &random)).compactMap { _ in characters.randomElement(using: &random) })
    }
    for _ in 0..<2000 {
        let (pattern, name) = (text(["a", "b", "*", "?"]), text(["a", "b"]))
        #expect(NamePattern(pattern).matches(name) == fits(pattern[...], name[...]), "\(pattern) and \(name)")
    }
}

/// Many stars cost no more than the product of both lengths.
@Test func namePattern_IsDoneSoon_WithManyStars() {
    let name = String(repeating: "a", count: 255)
    #expect(!NamePattern(String(repeating: "a*", count: 100) + "b").matches(name))
    #expect(NamePattern(String(repeating: "*a", count: 255)).matches(name))
}
