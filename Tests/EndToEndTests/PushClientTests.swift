import TestSupport
import Testing

/// Push clients of four languages, as they are installed: each call succeeds, and what was pushed is served. The same
/// is expected of Pushgateway, so that it is not us who are wrong about the clients.
@Suite(.sharesMachine)
struct PushClientTests {
    struct Client: Sendable {
        var tool: Tool
        /// How it is told where to push.
        var arguments: @Sendable (UInt16) -> [String]
        /// What of its metrics has to be served.
        var has: [String]
    }

    /// One of each kind, by the prefix of the names and the labels of the group.
    private static func everything(_ prefix: String, _ group: String) -> [String] {
        [
            "# TYPE \(prefix)_calls_total counter", "\(prefix)_calls_total{code=\"200\",\(group)} 3",
            "\(prefix)_calls_total{code=\"say \\\"no\\\"\\n\",\(group)} 1", "# TYPE \(prefix)_temperature gauge",
            "\(prefix)_temperature{\(group)} -1.5", "# TYPE \(prefix)_seconds histogram",
            "\(prefix)_seconds_bucket{le=\"0.1\",\(group)} 1", "\(prefix)_seconds_bucket{le=\"1\",\(group)} 2",
            "\(prefix)_seconds_bucket{le=\"+Inf\",\(group)} 3", "\(prefix)_seconds_sum{\(group)} 5.55",
            "\(prefix)_seconds_count{\(group)} 3",
        ]
    }

    private static func summary(_ prefix: String, _ group: String) -> [String] {
        ["# TYPE \(prefix)_bytes summary", "\(prefix)_bytes_sum{\(group)} 5.55", "\(prefix)_bytes_count{\(group)} 3"]
    }

    private static func group(_ job: String, _ instance: String = "") -> String {
        "instance=\"\(instance)\",job=\"\(job)\""
    }

    private static let script = Tool.repository + "/Tests/Clients/python/push.py"

    static let python = Client(
        tool: .python, arguments: { [script, "127.0.0.1:\($0)"] },
        has: ["py", "py_gzip"].flatMap { job in
            everything("py_client", group(job)) + summary("py_client", group(job))
                + [
                    "py_client_build_info{by=\"é\",\(group(job)),version=\"1.2\"} 1",
                    "py_client_state{py_client_state=\"busy\",\(group(job))} 1",
                    "py_client_state{py_client_state=\"idle\",\(group(job))} 0",
                ]
        } + [
            "py_client_extra{\(group("py"))} 1", "py_client_extra{\(group("py/slash job"))} 3",
            #"py_client_extra{city="Zürich",empty="",\#(group("py")),path="/var/tmp",say="a \"b\"\n"} 2"#,
            "py_client_extra{\(group("py_instance", "127.0.0.1"))} 4", "py_client_extra{\(group("py_auth"))} 5",
            "push_time_seconds{\(group("py_empty"))} >0",
        ])

    static let go = Client(
        tool: .goPush, arguments: { ["http://127.0.0.1:\($0)"] },
        // It writes a blank as a plus.
        has: ["go", "go+text"].flatMap { everything("go_client", group($0)) + summary("go_client", group($0)) } + [
            "go_client_bytes{\(group("go")),quantile=\"0.5\"} 0.5", "go_client_extra{\(group("go"))} 1",
            "go_client_extra{city=\"Zürich\",empty=\"\",\(group("go/key")),path=\"/var/tmp\"} 2",
            "go_client_extra{\(group("go_auth"))} 3",
        ])

    static let cpp = Client(
        tool: .cppPush, arguments: { ["127.0.0.1", "\($0)"] },
        has: everything("cpp_client", group("cpp", "host-one")) + summary("cpp_client", group("cpp", "host-one")) + [
            "cpp_client_extra{\(group("cpp", "host-one"))} 1",
            "cpp_client_extra{city=\"Zürich\",\(group("cpp_key")),shard=\"7\"} 2",
            "cpp_client_extra{\(group("cpp_auth"))} 3",
        ])

    static let rust = Client(
        tool: .rustPush, arguments: { ["http://127.0.0.1:\($0)"] },
        has: everything("rust_client", group("rust")) + [
            "rust_client_extra{\(group("rust"))} 1",
            "rust_client_extra{city=\"Zurich\",\(group("rust_key", "one"))} 2",
            "rust_client_extra{\(group("rust_auth"))} 3",
        ])

    private static func push(_ client: Client, to service: PushService) async throws {
        try await service.run { door in
            // Debian's Pushgateway does not know snappy yet.
            let flags = client.tool == .python && service == .pushgateway ? ["--no-snappy"] : []
            let result = try await run(client.tool.path(), client.arguments(door.httpPort) + flags)
            #expect(result.exit == .status(0), "\(result.output)\(result.errors)")
            let page = try door.scrape()
            for line in client.has { #expect(try page.has(line), "\(line) in\n\(page.text)") }
            #expect(page.lacks("_gone\""), "\(page.text)")
            #expect(try await refusalOfPromtool(of: Array(page.text.utf8)) == nil)
            if service == .proxy, client.tool == .python {
                for line in everything("py_client", group("py_snappy")) { #expect(try page.has(line), "\(line)") }
            }
        }
    }

    @Test(.needs(.python, .promtool, .pushgateway), arguments: PushService.allCases)
    func python_Pushes(to service: PushService) async throws { try await Self.push(Self.python, to: service) }

    // Of what this client pushes within a moment of its start Debian's Pushgateway showed only the times; the reason was
    // not found. By hand it shows all.
    @Test(.needs(.goPush, .promtool), arguments: [PushService.proxy])
    func go_Pushes(to service: PushService) async throws { try await Self.push(Self.go, to: service) }

    @Test(.needs(.cppPush, .promtool, .pushgateway), arguments: PushService.allCases)
    func cpp_Pushes(to service: PushService) async throws { try await Self.push(Self.cpp, to: service) }

    @Test(.needs(.rustPush, .promtool, .pushgateway), arguments: PushService.allCases)
    func rust_Pushes(to service: PushService) async throws { try await Self.push(Self.rust, to: service) }

    @Test(.needs(.python)) func shippedClient_ReplacesAndAdds() async throws {
        let script = Tool.repository + "/python_test_clients/test_push_http.py"
        try await withProxy { proxy in
            for count in 1...2 {
                let result = try await run(Tool.python.path(), [script, "127.0.0.1:\(proxy.httpPort)"])
                #expect(result.exit == .status(0), "\(result.errors)")
                let page = try proxy.scrape(keepsEmptyLabels: false)
                #expect(try page.has("foo_bar_http_last_success_unixtime{job=\"foo_bar_http\"} >0"), "\(page.text)")
                #expect(try page.has("foo_bar_http_calls_total \(count)"), "\(page.text)")
            }
        }
    }

    /// Of the user `user` with the password `pass:word`.
    private static let users = "user:$2b$04$abcdefghijklmnopqrstuu7govE5p0NSk1WUEk5C2Qm3hpPC6VJ66\n"

    @Test(.needs(.python)) func python_LogsIn() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("users", Self.users)
        try await withProxy(["web.basic_auth_file": "\"\(file)\""]) { proxy in
            let address = Self.python.arguments(proxy.httpPort)
            let known = try await run(Tool.python.path(), address + ["basic auth"])
            #expect(known.exit == .status(0), "\(known.errors)")
            let unknown = try await run(Tool.python.path(), address + ["push"])
            #expect(unknown.exit == .status(1) && unknown.errors.contains("401"), "\(unknown.errors)")
            // user:pass:word
            let page = try proxy.send(
                HTTPRequest("GET /metrics", headers: ["Authorization: Basic dXNlcjpwYXNzOndvcmQ="]))
            #expect(
                page.status == 200 && page.text.contains("py_client_extra{") && !page.text.contains("py_client_calls"))
        }
    }
}
