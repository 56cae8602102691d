import Testing

@testable import ExporterProxy

private func read(_ text: String) throws -> PasswordFile { try PasswordFile(Array(text.utf8), path: "u") }

@Test func everyLine_IsAUserOrAHash_ExceptCommentsAndEmptyOnes() throws {
    let file = try read(
        "# users\n\nalice:\(Hashes.secret)\r\n  bob:\(Hashes.other)  \n\(Hashes.umlaut)\n#\nö:\(Hashes.long)")
    #expect(file.entries.map { $0.user.map { String(decoding: $0, as: UTF8.self) } } == ["alice", "bob", nil, "ö"])
    #expect(file.entries.map(\.hash.text) == [Hashes.secret, Hashes.other, Hashes.umlaut, Hashes.long])
    #expect(file.entries.map(\.line) == [3, 4, 5, 7])
    #expect(try read("").entries.isEmpty)
}

@Test func aByteOrderMark_IsNoPartOfTheFirstName() throws {
    let file = try read("\u{FEFF}a:\(Hashes.secret)\nb:\(Hashes.secret)\n")
    #expect(file.entries.map(\.user) == [Array("a".utf8), Array("b".utf8)] && file.entries.map(\.line) == [1, 2])
    #expect(try read("\u{FEFF}").entries.isEmpty)
}

@Test(arguments: [
    ("a:\(Hashes.secret)\nb:$apr1$abc$def\n", "u:2: expected a bcrypt hash"), ("a:\n", "u:1: expected a bcrypt hash"),
    ("a\n", "u:1: expected a bcrypt hash"), ("a:b:\(Hashes.secret)\n", "u:1: expected a bcrypt hash"),
    (":\(Hashes.secret)\n", "u:1: expected a user name"), ("a\u{1}:\(Hashes.secret)\n", "u:1: expected a user name"),
    (String(repeating: "a", count: 256) + ":\(Hashes.secret)\n", "u:1: expected a user name"),
    ("a:\(Hashes.secret.dropLast())\n", "u:1: the bcrypt hash is cut"),
    ("\(Hashes.secret):\n", "u:1: expected a bcrypt hash"),
    ("a:$2y$16$\(Hashes.secret.dropFirst(7))\n", "u:1: a bcrypt cost of 16 is not among 4 to 15"),
])
func aBadLine_IsSaidWithItsPlace(text: String, problem: String) throws {
    let error = try #require(throws: AccessProblems.self) { try read(text) }
    #expect(error.lines.count == 1 && error.lines[0].hasPrefix(problem), "\(error.lines)")
}

@Test func allBadLines_AreSaidAtOnce() throws {
    let error = try #require(throws: AccessProblems.self) { try read("a\nb:\(Hashes.secret)\nc\n:x\n") }
    #expect(error.lines.map { String($0.prefix(4)) } == ["u:1:", "u:3:", "u:4:"])
    #expect(throws: AccessProblems(["u:2: not UTF-8"])) {
        try PasswordFile([0x23, 0x0A, 0xFF, 0x3A], path: "u")
    }
}

@Test func hashesWithoutAName_AreFew() throws {
    let lines = (0..<PasswordFile.namelessMax).map { _ in Hashes.secret + "\n" }.joined()
    #expect(try read(lines).entries.count == 16)
    #expect(throws: AccessProblems(["u: more than 16 hashes without a user name"])) {
        try read(lines + Hashes.secret)
    }
    let many = (0...PasswordFile.entriesMax).map { "u\($0):\(Hashes.secret)\n" }.joined()
    #expect(throws: AccessProblems(["u: more than 10000 users"])) { try read(many) }
}
