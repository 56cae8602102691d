import Testing

@testable import ExporterProxy

private func read(
    _ text: String, limits: DocumentLimits = .init(), expandsAliases: Bool = false
) throws -> DocumentNode? {
    try YAMLDocument.read(Array(text.utf8), limits: limits, expandsAliases: expandsAliases)
}

/// The tree without lines, as JSON would have it; plain scalars without quotes.
private func shown(_ node: DocumentNode?) -> String {
    switch node?.content {
    case nil: "-"
    case .scalar(let text, let isPlain): isPlain ? text : "\"\(text)\""
    case .sequence(let elements): "[\(elements.map(shown).joined(separator: ","))]"
    case .mapping(let entries): "{\(entries.map { "\($0.key):\(shown($0.value))" }.joined(separator: ","))}"
    }
}

@Test(arguments: [
    ("", "-"), ("# nothing\n\n", "-"), ("---\n", ""), ("a", "a"), ("'a'", "\"a\""), ("\"a\\tb\"", "\"a\tb\""),
    ("a: 1\nb: [x, 'y', {c: d}]\n", "{a:1,b:[x,\"y\",{c:d}]}"), ("- a\n- - b\n  - c\n", "[a,[b,c]]"),
    ("k: |\n  one\n  two\n", "{k:\"one\ntwo\n\"}"), ("a:\nb: ~\n", "{a:,b:~}"), ("a: é😀\n", "{a:é😀}"),
    ("a: !!str 1\n", "{a:\"1\"}"), ("a: ! 1\n", "{a:\"1\"}"), ("&x a: 1\n", "{a:1}"), ("{\"a\":[1,2]}", "{a:[1,2]}"),
    ("<<: {a: 1}\n", "{<<:{a:1}}"), ("a: x:y\n", "{a:x:y}"), ("%YAML 1.1\n---\na: 1\n...\n", "{a:1}"),
    ("\u{feff}a: 1\n", "{a:1}"),
])
func aDocument_IsReadIntoATree(text: String, tree: String) throws {
    #expect(shown(try read(text)) == tree)
}

@Test(arguments: [
    ("a: &x 1\nb: *x\n", 2, "aliases are not read"),
    ("a: 1\n---\nb: 2\n", 2, "a second document"),
    ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' comes twice"),
    ("? [a]\n: 1\n", 1, "a key must be text"),
    ("a: !!binary aGk=\n", 1, "this tag is not read"),
    ("a: !custom {}\n", 1, "this tag is not read"),
    ("a:\n  - b\n - c\n", 3, "did not find expected"),
    ("a: [1, 2\n", 2, "did not find expected"),
    ("a: 'x\n", 2, "found unexpected end of stream"),
    ("a: 1\n\tb: 2\n", 2, "found a tab character that violates indentation"),
    ("a: 1\nb: \u{1}\n", 2, "control characters are not allowed"),
    ("a: @x\n", 1, "found character that cannot start any token"),
])
func aDocumentThatIsNotPlain_IsRefusedWithItsLine(text: String, line: Int, reason: String) throws {
    let error = try #require(throws: DocumentError.self) { try read(text) }
    #expect(error.line == line && error.reason.contains(reason), "\(error)")
}

@Test func bytesThatAreNotUTF8_AreRefusedWithTheirLine() throws {
    let error = try #require(throws: DocumentError.self) { try YAMLDocument.read([0x61, 0x0A, 0x0A, 0xFF]) }
    #expect(error == DocumentError(line: 3, reason: "the document is not UTF-8"))
}

@Test func limits_HoldForBytesValuesAndDepth() throws {
    let limits = DocumentLimits(bytes: 100, nodes: 6, depth: 4)
    #expect(try read("[[[a]]]", limits: limits) != nil)
    #expect(
        try #require(throws: DocumentError.self) { try read("[[[[a]]]]", limits: limits) }.reason.contains("4 levels"))
    #expect(try read("[1,2,3,4,5]", limits: limits) != nil)
    #expect(
        try #require(throws: DocumentError.self) { try read("[1,2,3,4,5,6]", limits: limits) }.reason.contains(
            "6 values"))
    #expect(try read(String(repeating: "a", count: 100), limits: limits) != nil)
    let long = String(repeating: "a", count: 101)
    #expect(try #require(throws: DocumentError.self) { try read(long, limits: limits) }.reason.contains("100 bytes"))
    // What is deeper than any stack ends at the limit too.
    let deep = String(repeating: "[", count: 200_000)
    #expect(try #require(throws: DocumentError.self) { try read(deep) }.reason.contains("32 levels"))
}

@Test func values_KnowTheirLines() throws {
    let root = try #require(try read("# x\na: 1\nb:\n  - c\n  - d: e\n"))
    let entries = try #require(root.asMapping)
    #expect(root.line == 2 && entries.map(\.line) == [2, 3])
    let elements = try #require(entries[1].value.asSequence)
    #expect(elements.map(\.line) == [4, 5])
}

@Test(
    arguments: [
        ("1", "1", 1, nil), ("'1'", "1", nil, nil), ("true", "true", nil, true), ("off", "off", nil, false),
        ("'true'", "true", nil, nil), ("~", nil, nil, nil), ("", nil, nil, nil), ("''", "", nil, nil),
        ("-7", "-7", -7, nil), ("99999999999999999999", "99999999999999999999", nil, nil),
    ] as [(String, String?, Int?, Bool?)])
func aScalar_IsReadAsWhatIsAskedFor(text: String, string: String?, integer: Int?, boolean: Bool?) throws {
    let value = try #require(try read("a: \(text)\n")?.asMapping?.first?.value)
    #expect(value.asString == string && value.asInteger == integer && value.asBoolean == boolean)
}

// MARK: Aliases

@Test(arguments: [
    ("a: &x 1\nb: *x\n", "{a:1,b:1}"), ("- &x [1, {a: 2}]\n- *x\n", "[[1,{a:2}],[1,{a:2}]]"),
    ("- &x 'a'\n- *x : b\n", "[\"a\",{a:b}]"), ("- &x 1\n- &x 2\n- *x\n", "[1,2,2]"),
    ("- &x {a: &y 1}\n- *y\n- *x\n", "[{a:1},1,{a:1}]"),
    ("- &x {a: 1, b: 2}\n- <<: *x\n  b: 3\n", "[{a:1,b:2},{b:3,a:1}]"),
    ("- &x {a: 1, b: 2}\n- b: 3\n  <<: *x\n", "[{a:1,b:2},{b:3,a:1}]"),
    ("- &x {a: 1}\n- &y {a: 2, b: 3}\n- <<: [*x, *y]\n", "[{a:1},{a:2,b:3},{a:1,b:3}]"),
    ("- &x {a: 1}\n- &y {<<: *x, b: 2}\n- {<<: *y, c: 3}\n", "[{a:1},{b:2,a:1},{c:3,b:2,a:1}]"),
    ("<<: {a: 1}\n", "{a:1}"), ("'<<': 1\n", "{<<:1}"), ("<<: []\na: 1\n", "{a:1}"),
])
func aliases_AreExpanded_WhereTheyAreAskedFor(text: String, tree: String) throws {
    #expect(shown(try read(text, expandsAliases: true)) == tree)
}

@Test(arguments: [
    ("a: *x\n", 1, "has no anchor before it"), ("a: *x\nb: &x 1\n", 1, "has no anchor before it"),
    ("&x [*x]\n", 1, "has no anchor before it"), ("- &x 1\n- <<: *x\n", 2, "'<<' merges mappings, not '1'"),
    ("<<: [a]\n", 1, "'<<' merges mappings, not 'a'"), ("<<: {a: 1}\n<<: {b: 2}\n", 2, "the key '<<' comes twice"),
    ("- &x [a]\n- *x : 1\n", 2, "a key must be text"), ("a: &x 1\na: *x\n", 2, "the key 'a' comes twice"),
])
func aliasesThatLeadNowhere_AreRefused(text: String, line: Int, reason: String) throws {
    let error = try #require(throws: DocumentError.self) { try read(text, expandsAliases: true) }
    #expect(error.line == line && error.reason.contains(reason), "\(error)")
}

/// What is small as it is written, and large as it is meant.
@Test func aliases_CountForWhatTheyStandFor() throws {
    func expect(_ text: String, _ limits: DocumentLimits, _ reason: String?) throws {
        guard let reason else {
            #expect(try read(text, limits: limits, expandsAliases: true) != nil, "\(text)")
            return
        }
        let error = try #require(throws: DocumentError.self, "\(text)") {
            try read(text, limits: limits, expandsAliases: true)
        }
        #expect(error.reason.contains(reason), "\(error)")
    }
    var laughs = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<30 {
        let alias = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
        laughs += "- &a\(level) [\(alias)]\n"
    }
    try expect(laughs, DocumentLimits(), "more than 100000 values, with what aliases stand for")
    let twice = "- &x [1, 2, 3]\n- *x\n"
    try expect(twice, DocumentLimits(nodes: 9), nil)
    try expect(twice, DocumentLimits(nodes: 8), "more than 8 values, with what aliases stand for")
    let deep = "- &x [[a]]\n- [*x]\n"
    try expect(deep, DocumentLimits(depth: 5), nil)
    try expect(deep, DocumentLimits(depth: 4), "nested deeper than 4 levels by an alias")
    let long = "- &x \(String(repeating: "a", count: 60))\n- *x\n"
    try expect(long, DocumentLimits(bytes: 120), nil)
    try expect(long, DocumentLimits(bytes: 119), "larger than 119 bytes, with what aliases stand for")
    let merged = "- &x {a: 1, b: 2}\n- <<: *x\n"
    try expect(merged, DocumentLimits(nodes: 13), nil)
    try expect(merged, DocumentLimits(nodes: 12), "more than 12 values")
}

/// Whatever bytes come, there is an answer.
@Test func randomDocuments_AreReadOrRefused() {
    var random = SeededGenerator(seed: 17)
    let pieces = [
        "a", ":", " ", "\n", "- ", "[", "]", "{", "}", "&a", "*a", "!t", "'", "\"", "|", ">", "#", "?", ",", "%", "\t",
        "é",
    ]
    var read = 0
    for _ in 0..<3000 {
        let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        if (try? YAMLDocument.read(Array(text.joined().utf8))) != nil { read += 1 }
        _ = try? YAMLDocument.read(Array(text.joined().utf8), expandsAliases: true)
        _ = try? YAMLDocument.read(random.bytes(30))
    }
    #expect(read > 100)
}
