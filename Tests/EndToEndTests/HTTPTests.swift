import TestSupport
import Testing

/// The one port, spoken to in bytes.
@Suite(.sharesMachine)
struct HTTPTests {
    @Test func clientThatNeverEndsItsHead_IsCut() async throws {
        try await withProxy(["exporter.header_timeout": "\"300ms\""]) { proxy in
            let client = try SocketClient.tcp(proxy.httpPort)
            try client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nX-Slow: ")
            #expect(try client.readToEnd() == .closed([]))
            let silent = try SocketClient.tcp(proxy.httpPort)
            #expect(try silent.readToEnd() == .closed([]))
            #expect(try proxy.ownSample("exporter_proxy_http_timeouts_total") >= 1)
            #expect(try proxy.get("/-/healthy").status == 200)
        }
    }

    @Test func idleConnection_IsClosed() async throws {
        try await withProxy(["exporter.idle_timeout": "\"300ms\""]) { proxy in
            let client = try SocketClient.tcp(proxy.httpPort)
            try client.send("GET /-/ready HTTP/1.1\r\nHost: a\r\n\r\n")
            guard case .closed(let bytes) = try client.readToEnd() else { throw TestFailure("reset") }
            #expect(try HTTPAnswer(bytes).status == 200)
        }
    }

    @Test func pipelinedRequests_AreAnsweredInOrder() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            let client = try SocketClient.tcp(proxy.httpPort)
            let paths = (0..<200).map { ["/metrics", "/apps", "/-/healthy", "/nothing\($0)"][$0 % 4] }
            let requests = paths.map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }
            try client.send(requests.dropLast().joined())
            try client.send("GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            guard case .closed(let bytes) = try client.readToEnd() else { throw TestFailure("reset") }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(
                text.components(before: "HTTP/1.1 ").map { $0.prefix(3) }
                    == paths.map { $0.hasPrefix("/nothing") ? "404" : "200" })
            for index in stride(from: 3, to: 199, by: 4) { #expect(text.contains("404 nothing at /nothing\(index)\n")) }
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func otherMethod_IsNotAllowed(method: String) async throws {
        try await withProxy { proxy in
            for path in ["/-/metrics", "/apps", "/", "/-/healthy"] {
                let answer = try proxy.get(path, method: method, headers: ["Content-Length: 0"])
                #expect(answer.status == 405)
                #expect(answer.header("Allow") == "GET, HEAD")
                #expect(answer.text.split(separator: "\n").count == 1 && answer.text.hasSuffix("\n"))
            }
        }
    }

    @Test(arguments: ["/nothing", "//metrics", "/METRICS", "/metricsx", "/apps//metrics", "/apps/absent/metrics"])
    func unknownPath_IsOneLine(path: String) async throws {
        try await withProxy { proxy in
            let answer = try proxy.get(path)
            #expect(answer.status == 404)
            #expect(answer.text.hasPrefix("404 "))
            #expect(answer.text.split(separator: "\n").count == 1 && answer.text.hasSuffix("\n"))
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("with space", "with%20space"), ("a/b/c", "a/b/c"), ("a/b/c", "a%2Fb%2Fc"),
        ("100%", "100%25"), ("ü€😀", "%C3%BC%E2%82%AC%F0%9F%98%80"), ("?&#+", "%3F%26%23+"), ("<b>\"'", "%3Cb%3E%22'"),
    ])
    func metricsOfOneApp_AreServedByItsEncodedName(name: String, encoded: String) async throws {
        try await withProxy { proxy in
            try proxy.send(CapnpMessage.of("other", "other 1"))
            try proxy.send(CapnpMessage.of(name, "mine 1"))
            let answer = try proxy.get("/apps/\(encoded)/metrics")
            #expect(answer.status == 200)
            #expect(answer.text == "mine 1\n")
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    @Test func appsAsJSON_SaysWhoSentWhat() async throws {
        try await withProxy { proxy in
            try proxy.send("{\"one \\\"app\\\"\": [\"a 1\", \"b 2\"]}", over: .tcp)
            let byQuery = try proxy.get("/apps?format=json")
            let byHeader = try proxy.get("/apps", headers: ["Accept: application/json"])
            for answer in [byQuery, byHeader] {
                #expect(answer.header("Content-Type") == "application/json; charset=utf-8")
                #expect(answer.text.contains(#""name": "one \"app\"""#), "\(answer.text)")
                #expect(answer.text.contains(#""door": "tcp", "source": "127.0.0.1:\#(proxy.tcpPort)""#))
                #expect(answer.text.contains(#""state": "fresh""#))
                #expect(answer.text.contains(#""bytes": 8, "lines": 2"#))
            }
        }
    }

    @Test(arguments: [
        ("NONSENSE\r\n\r\n", 400), ("GET /metrics HTTP/1.1\r\n\r\n", 400),
        ("GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
        ("POST /-/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
    ])
    func badRequest_IsAnsweredAndClosed(bytes: String, status: Int) async throws {
        try await withProxy { proxy in
            let client = try SocketClient.tcp(proxy.httpPort)
            try client.send(bytes)
            guard case .closed(let answer) = try client.readToEnd() else { throw TestFailure("reset") }
            #expect(try HTTPAnswer(answer).status == status)
            #expect(try proxy.get("/-/healthy").status == 200)
        }
    }
}

extension String {
    /// The parts that follow each `mark`.
    fileprivate func components(before mark: String) -> [Substring] {
        split(separator: mark, omittingEmptySubsequences: true)
    }
}
