import Foundation
import TestSupport
import Testing

/// Clients that ask much at once cost what their answers cost, and nobody else anything.
@Suite(.sharesMachine, .needs(.curl, .openssl, .python))
struct PipelineTests {
    private static let script = Tool.repository + "/Tests/Clients/python/pipeline.py"

    private static func ask(_ proxy: ProxyProcess, _ arguments: String...) async throws -> Int {
        let result = try await run(Tool.python.path(), [script, "\(proxy.httpPort)"] + arguments)
        #expect(result.exit == .status(0), "\(result.errors)")
        return Int(result.output.split(separator: "\n").last ?? "") ?? 0
    }

    /// Answers that are there at once must not lie on top of each other on the stack.
    @Test(arguments: ["tls", "plain"], [("POST", "/-/reload"), ("DELETE", "/metrics/job/x"), ("GET", "/-/healthy")])
    func manyRequestsAtOnce_AreAnswered_OrCutOff(scheme: String, request: (String, String)) async throws {
        try await TLSTests.withProxy(scheme: scheme) { proxy, url in
            let few = try await Self.ask(proxy, scheme, request.0, request.1, "50")
            #expect(few == 52)
            let many = try await Self.ask(proxy, scheme, request.0, request.1, "8000")
            #expect(many > 52)
            let health = try await run(Tool.curl.path(), ["-sSk", "--max-time", "10", "\(url)/-/healthy"])
            #expect(health.output.hasPrefix("OK"))
        }
    }

    @Test(arguments: ["tls", "plain"]) func answersThatNobodyReads_AreNotAllMade(scheme: String) async throws {
        try await TLSTests.withProxy(scheme: scheme) { proxy, url in
            let text = (0..<20_000).map { "large{n=\"\($0)\",text=\"\(String(repeating: "x", count: 60))\"} 1\\n" }
            try proxy.send("{\"app\": \"\(text.joined().replacing("\"", with: "\\\""))\"}")
            func kilobytes() -> Int {
                let status = TemporaryFolder.read("/proc/\(proxy.child.pid)/status")
                let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first {
                    $0.hasPrefix("VmHWM:")
                }
                return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
            }
            _ = try await Self.ask(proxy, scheme, "GET", "/metrics", "1")
            let before = kilobytes()
            let page = try await run(Tool.curl.path(), ["-sSk", "--max-time", "10", "\(url)/metrics"]).output.utf8.count
            #expect(before > 0 && page > 1_500_000)
            _ = try await Self.ask(proxy, scheme, "GET", "/metrics", "60")
            #expect(kilobytes() - before < 40_000)
        }
    }

    /// Refused bodies are read away; of those that had begun at the end nothing more is expected.
    @Test func stopping_WhileRefusedBodiesCome_IsOrderly() async throws {
        try await withProxy { proxy in
            let clients = try (0..<8).map { _ in
                try ChildProcess(
                    Tool.python.path(),
                    [Self.script, "\(proxy.httpPort)", "plain", "POST", "/" + String(repeating: "n", count: 7900)]
                        + ["400", "60000"])
            }
            try await wait(until: "they have begun") { try proxy.ownSample("exporter_proxy_http_connections") > 8 }
            // The answers that they do not read stand in the way.
            let series = "exporter_proxy_http_request_duration_seconds_count{route=\"none\"}"
            var (answered, same) = (0.0, 0)
            try await wait(until: "nobody gets on") {
                let now = try proxy.ownSample(series)
                same = now == answered && now > 8 ? same + 1 : 0
                answered = now
                return same > 20
            }
            proxy.child.send(SIGTERM)
            for client in clients { client.send(SIGUSR1) }
            for client in clients { #expect(try await client.exit() == .status(0)) }
        }
    }
}
