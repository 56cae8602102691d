import Foundation
import Testing

/// docs/operations.md and the list of repairs in docs/protocols.md are about this program, and about all of it.
struct DocumentationTests {
    private struct LogMessage: Hashable, Comparable, CustomStringConvertible {
        var level: String
        var text: String

        var description: String { "\(level): \(text)" }

        static func < (a: LogMessage, b: LogMessage) -> Bool { a.description < b.description }
    }

    /// What is logged in a source file with the message written out.
    private static func messages(in text: String) -> [LogMessage] {
        text.matches(of: /logger\.(trace|debug|info|notice|warning|error|critical)\(\s*"((?:[^"\\]|\\.)*)"/)
            .map { LogMessage(level: String($0.1), text: String($0.2)) }
    }

    private static func documented() throws -> [LogMessage] {
        let page = try Repository.text(of: "docs/operations.md")
        let rows = page.matches(of: /(?m)^\| (\w+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/)
        return rows.map { LogMessage(level: String($0.1), text: String($0.2)) }
    }

    @Test func everyLogMessage_IsDocumented_AndNoOther() throws {
        let documented = try Self.documented()
        let logged = Set(try HouseRulesTests.files().flatMap { Self.messages(in: $0.text) })
        #expect(logged.count > 10)
        #expect(logged.subtracting(documented).sorted() == [], "not in docs/operations.md")
        #expect(Set(documented).subtracting(logged).sorted() == [], "not in the sources")
        #expect(documented.count == Set(documented).count, "a message is documented twice")
    }

    /// What changes stands in the metadata: then whoever searches for a message finds it.
    @Test func everyLogMessage_IsWrittenOut() throws {
        for (path, text) in try HouseRulesTests.files() {
            let messages = Self.messages(in: text)
            let calls = text.matches(of: /logger\.(trace|debug|info|notice|warning|error|critical|log)\(/)
            #expect(calls.count == messages.count, "\(path)")
            #expect(messages.allSatisfy { !$0.text.contains("\\(") }, "\(path)")
        }
    }

    /// The codes of reasons of this outcome in the sources, with those who refuse a text for them, as the page says it.
    private static func reasons(_ outcome: String) throws -> [String: String] {
        let file = Repository.root.appending(path: "Sources/Exposition/Reason+Text.swift")
        let text = try String(contentsOf: file, encoding: .utf8)
        let readers = ["both": "both", ".scraper": "Prometheus", ".expfmt": "promtool", "[]": "–"]
        let pairs = text.matches(of: /= (repaired|dropped)\(\s*"(\w+)", (both|\.\w+|\[\]),/)
            .filter { $0.1 == outcome }.map { (String($0.2), readers[String($0.3)] ?? "nobody knows") }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// The first and the third column of the rows of so many columns in the list of repairs.
    private static func documentedReasons(_ columns: Int) throws -> [String: String] {
        let page = try Repository.text(of: "docs/protocols.md")
        let list = page.split(separator: "\n## Repairs\n").dropFirst().joined()
        var reasons: [String: String] = [:]
        for line in list.split(separator: "\n") where line.hasPrefix("| `") && line.hasSuffix(" |") {
            let cells = line.dropFirst(2).dropLast(2).split(separator: " | ").map(String.init)
            guard cells.count == columns else { continue }
            let code = cells[0].filter { $0 != "`" }
            reasons[code] = reasons[code] == nil ? cells[2] : "twice"
        }
        return reasons
    }

    @Test func everyReason_IsDocumented_AndNoOther() throws {
        let repaired = try Self.reasons("repaired")
        let dropped = try Self.reasons("dropped")
        #expect(repaired.count > 20 && dropped.count > 20)
        let rowsOfFour = try Self.documentedReasons(4)
        let limits = rowsOfFour.filter { $0.value.hasPrefix("`exposition.") || $0.key == "internal" }
        #expect(rowsOfFour.filter { limits[$0.key] == nil } == repaired)
        #expect(try Self.documentedReasons(3) == dropped.filter { limits[$0.key] == nil })
        #expect(Set(limits.keys).subtracting(dropped.keys) == ["internal", "total_series"])
        #expect(limits.count == 8)
    }
}
