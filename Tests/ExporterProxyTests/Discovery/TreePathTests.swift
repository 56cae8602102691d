import Testing

@testable import ExporterProxy

struct TreePathTests {
    @Test(
        arguments: [
            ("", []), ("/", []), ("a", ["a"]), ("a/b/", ["a", "b"]), ("//a///b", ["a", "b"]), ("a%20b", ["a b"]),
            ("a+b", ["a+b"]),
            ("%C3%A9.json", ["é.json"]), ("é", ["é"]), ("a/-", ["a", "-"]), ("a.b/c_d", ["a.b", "c_d"]),
            ("a%2E%2E", ["a.."]),
            ("...a", nil), ("%3F%23%25", ["?#%"]), ("a\\b", ["a\\b"]), ("-a", ["-a"]),
        ] as [(String, [String]?)])
    func aPath_IsReadIntoItsSegments(encoded: String, segments: [String]?) throws {
        guard let segments else {
            #expect(throws: TreeError.self) { try TreePath(encoded: encoded) }
            return
        }
        let path = try TreePath(encoded: encoded)
        #expect(path.segments == segments && path.text == segments.joined(separator: "/"))
        #expect(try TreePath(encoded: segments.map(PercentEncoding.encode).joined(separator: "/")) == path)
    }

    @Test(arguments: [
        "..", ".", "a/../b", "a/./b", "%2e%2e/a", "%2E%2e", "..%2fa", "a%2Fb", "%2f", "a/%2e", "a%00", "a%", "a%2",
        "a%zz", "%c0%ae",
        "%e0%80%af", "%ff", "%ed%a0%80", "a%0ab", "\u{0}", "a%7f", String(repeating: "a/", count: 33),
    ])
    func aPathThatCouldLeadOut_IsRefused(encoded: String) throws {
        let error = try #require(throws: TreeError.self) { try TreePath(encoded: encoded) }
        guard case .refused = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(arguments: ["_a", ".a", "a/_b", "a/.b/c", "%5Fa", "-", "-/apps", "..."])
    func whatIsNeverServed_IsNotFound(encoded: String) throws {
        let error = try #require(throws: TreeError.self) { try TreePath(encoded: encoded) }
        guard case .notFound = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func thirtyTwoFolders_AreDeepEnough() throws {
        #expect(try TreePath(encoded: String(repeating: "a/", count: 32)).segments.count == 32)
    }

    /// Two ways to write é are two names on a disk.
    @Test func pathsThatLookAlike_AreNotTheSame() throws {
        let (one, other) = (try TreePath(encoded: "\u{e9}"), try TreePath(encoded: "e%CC%81"))
        #expect(one != other && Set([one, other]).count == 2)
        #expect(try TreePath(encoded: "/a//b") == TreePath(encoded: "a/b"))
    }

    @Test func whatIsShown_HasNoControlCharacters() throws {
        let error = try #require(throws: TreeError.self) { try TreePath(encoded: "_\u{202E}") }
        #expect(error.description.contains("_\\u{202e}"))
    }
}
