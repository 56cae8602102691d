import TestSupport
import Testing

/// The tour of the README, with the programs that it names.
@Suite(.sharesMachine)
struct ReadmeTourTests {
    private static let clients = Tool.repository + "/python_test_clients"

    private static func shell(_ command: String) async throws {
        let (exit, _, errors) = try await run("/bin/sh", ["-c", command], directory: clients)
        #expect(exit == .status(0), "\(command): \(errors)")
    }

    private static func metric(_ app: String) -> String { exampleExposition(of: "http_requests_total_foo_bar_\(app)") }

    @Test(.needs(.nc), arguments: ["-q 0", "-N"])
    func jsonFiles_SentWithNetcat_AreServedWholeAndListed(flag: String) async throws {
        try await withProxy { proxy in
            try await Self.shell("cat ./json_array.json | nc -U \(proxy.unixSocket) \(flag)")
            try await Self.shell("cat ./json_string.json | nc -s 127.0.0.1 127.0.0.1 \(proxy.tcpPort) \(flag)")
            let whole = Self.metric("app0") + Self.metric("app1")
            // Netcat does not wait for the proxy to read.
            try await wait(until: "both apps are there") { try proxy.metrics().utf8.count >= whole.utf8.count }
            #expect(try proxy.metrics() == whole)

            let table = try proxy.get("/apps").text
            #expect(Self.shape(of: table) == Self.shape(of: Self.table(proxy)), "\(table)")
            #expect(table.contains("| foo_bar_app0_metrics | "))
            #expect(table.contains(" UTC | 127.0.0.1:\(proxy.tcpPort)"))
            #expect(table.contains(" UTC | \(proxy.unixSocket)"))
        }
    }

    /// The table with its moments and widths taken away, which differ from run to run.
    private static func shape(of table: String) -> [String] {
        table.split(separator: "\n").map { line in
            let isBorder = line.allSatisfy { "+-| ".contains($0) }
            let words = line.split(whereSeparator: { " |".contains($0) }).map(String.init)
            return isBorder
                ? line.filter { "+|".contains($0) }
                : words.filter { !$0.contains(":") || $0.contains("/") }
                    .filter { $0.wholeMatch(of: /\d{4}-\d\d-\d\d/) == nil }.joined(separator: " ")
        }
    }

    private static func table(_ proxy: ProxyProcess) -> String {
        """
        +---+
        | Current time: UTC |
        +---+
        | +---+---+---+ |
        | | App Name | Last Update Time (UTC) | Source | |
        | +---+---+---+ |
        | | foo_bar_app0_metrics | UTC | | |
        | +---+---+---+ |
        | | foo_bar_app1_metrics | UTC | \(proxy.unixSocket) | |
        | +---+---+---+ |
        +---+
        """
    }

    @Test func everyLineOfTheTable_IsOfOneWidth() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"short": "a 1", "a rather long name of an app": "b 1"}"#)
            let widths = Set(try proxy.get("/apps").text.split(separator: "\n").map(\.count))
            #expect(widths.count == 1)
        }
    }
}
