import Testing

@testable import ExporterProxy

private func read(_ text: String, limits: DocumentLimits = .init()) throws -> DocumentNode {
    try JSONDocument.read(Array(text.utf8), limits: limits)
}

/// The tree without lines; plain scalars without quotes.
private func shown(_ node: DocumentNode) -> String {
    switch node.content {
    case .scalar(let text, let isPlain): isPlain ? text : "'\(text)'"
    case .sequence(let elements): "[\(elements.map(shown).joined(separator: ","))]"
    case .mapping(let entries): "{\(entries.map { "\($0.key):\(shown($0.value))" }.joined(separator: ","))}"
    }
}

@Test(arguments: [
    ("[]", "[]"), (" {} ", "{}"), ("\"a\"", "'a'"), ("null", "null"), ("-1.5e+7", "-1.5e+7"),
    ("[true,false]", "[true,false]"),
    ("{\"a\": [1, \"x\", {\"b\": null}]}\n", "{a:[1,'x',{b:null}]}"), ("[\"\\u00e9\\n\\ud83d\\ude80\"]", "['é\n🚀']"),
    ("[\"\\ud800\"]", "['\u{FFFD}']"), ("{\"a\":1,\"a\":2}", "{a:1,a:2}"), ("[\"é\"]", "['é']"),
])
func json_IsReadIntoATree(text: String, tree: String) throws {
    #expect(shown(try read(text)) == tree)
}

@Test(arguments: [
    ("", 1, "nothing in it"), (" \n ", 2, "nothing in it"), ("[1,\n2] x", 2, "behind its end"), ("[1,]", 1, "a value"),
    ("[\n", 2, "ends where a value"), ("{\"a\"}", 1, "expected ':'"), ("{a:1}", 1, "a key in double quotes"),
    ("[NaN]", 1, "NaN and Infinity"), ("\n-Infinity", 2, "NaN and Infinity"),
    ("{\"a\":Infinity}", 1, "NaN and Infinity"),
    ("[01]", 1, "expected ','"), ("['a']", 1, "a value"), ("[\"a\nb\"]", 1, "control character"),
    ("\u{FEFF}[]", 1, "byte order"),
    ("tru", 1, "a value"), ("[\"\\x\"]", 1, "unknown escape"), ("[1 2]", 1, "expected ','"),
    ("{\"a\":1,\n}", 2, "a key"),
])
func whatIsNoJSON_IsRefusedWithItsLine(text: String, line: Int, reason: String) throws {
    let error = try #require(throws: DocumentError.self) { try read(text) }
    #expect(error.line == line && error.reason.contains(reason), "\(error)")
}

@Test func jsonThatIsNotUTF8_IsRefusedWithItsLine() throws {
    let error = try #require(throws: DocumentError.self) {
        try JSONDocument.read(Array("[\n\"".utf8) + [0xFF] + Array("\"]".utf8))
    }
    #expect(error == DocumentError(line: 2, reason: "the document is not UTF-8"))
}

@Test func limitsOfJSON_HoldForBytesValuesAndDepth() throws {
    let limits = DocumentLimits(bytes: 40, nodes: 5, depth: 3)
    #expect(throws: Never.self) { try read("[[1]]", limits: limits) }
    #expect(
        try #require(throws: DocumentError.self) { try read("[[[1]]]", limits: limits) }.reason.contains("3 levels"))
    #expect(throws: Never.self) { try read("{\"a\":[1,2]}", limits: limits) }
    #expect(
        try #require(throws: DocumentError.self) { try read("{\"a\":[1,2,3]}", limits: limits) }.reason.contains(
            "5 values"))
    let long = "\"\(String(repeating: "a", count: 39))\""
    #expect(try #require(throws: DocumentError.self) { try read(long, limits: limits) }.reason.contains("40 bytes"))
    let deep = String(repeating: "[", count: 200_000)
    #expect(try #require(throws: DocumentError.self) { try read(deep) }.reason.contains("32 levels"))
}

@Test func jsonValues_KnowTheirLines() throws {
    let root = try read("\n{\n \"a\": 1,\n \"b\": [\n  2,\n  \"x\"]}")
    let entries = try #require(root.asMapping)
    #expect(root.line == 2 && entries.map(\.line) == [3, 4] && entries.map(\.value.line) == [3, 4])
    #expect(try #require(entries[1].value.asSequence).map(\.line) == [5, 6])
}
