import Foundation
import Testing

/// docs/operations.md is about this program, and about all of it.
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
}
