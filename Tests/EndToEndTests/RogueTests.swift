import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What one source says wrong costs the others nothing.
@Suite(.sharesMachine)
struct RogueTests {
    // MARK: The good

    private static func good(_ app: Int) -> String {
        let samples = (0..<3).map { "good_\(app)_total{n=\"\($0)\"} \(app * 10 + $0)\n" }.joined()
        return
            "# HELP good_\(app)_total Good.\n# TYPE good_\(app)_total counter\n\(samples)good_\(app)_seconds_count{n=\"0\"} 1\n"
    }

    private static func pushGood(_ proxy: ProxyProcess) throws {
        for app in 0..<9 { try push(good(app), as: "good \(app)", proxy) }
    }

    private static func push(_ text: String, as app: String = "rogue", _ proxy: ProxyProcess) throws {
        let end = try proxy.send(Array(try JSONEncoder().encode([app: text])))
        #expect(end == .closed([]), "\(app) was not read")
    }

    /// Whether all samples of the nine good ones are on a page.
    private static func hasGood(_ page: String) -> Bool {
        let lines = Set(page.split(separator: "\n"))
        return (0..<9).allSatisfy {
            good($0).split(separator: "\n").filter { !$0.hasPrefix("#") }.allSatisfy(lines.contains)
        }
    }

    // MARK: /apps

    private struct Apps: Decodable {
        struct Problem: Decodable {
            var line: Int
            var column: Int
            var text: String
        }

        struct Conflict: Decodable {
            var kind: String
            var with: String
            var family: String?
        }

        struct App: Decodable {
            var name: String
            var valid: Bool?
            var served: String?
            var errors: [Problem]?
            var conflicts: [Conflict]?
            var limit: String?
        }

        var apps: [App]
    }

    private static func app(_ name: String, _ proxy: ProxyProcess) throws -> Apps.App {
        let apps = try JSONDecoder().decode(Apps.self, from: Data(try proxy.get("/apps?format=json").body)).apps
        guard let app = apps.first(where: { $0.name == name }) else { throw TestFailure("no \(name) in /apps") }
        return app
    }

    private static let scrapes = #"exporter_proxy_http_requests_total{route="/metrics",code="200"}"#

    // MARK: Every body

    /// Prometheus watches all the while, and promtool looks at each page.
    @Test(.needs(.prometheus, .promtool))
    func everyBody_CostsNobodyElseAnything() async throws {
        try await withProxy(["exposition.series_max": "1000"]) { proxy in
            try Self.pushGood(proxy)
            let prometheus = try Prometheus(scraping: proxy, every: "250ms")
            try await wait(until: "prometheus scrapes") { try prometheus.value("up") == 1 }
            for body in RogueBody.all {
                try Self.push(body.text, proxy)
                let page = try proxy.get("/metrics")
                #expect(page.status == 200 && Self.hasGood(page.text), "\(body)")
                #expect(try await refusalOfPromtool(of: page.body) == nil, "\(body): \(page.text.prefix(2000))")
                let rogue = try Self.app("rogue", proxy)
                #expect(rogue.errors?.first?.line == body.line, "\(body)")
                let before = try proxy.ownSample(Self.scrapes)
                try await wait(until: "prometheus has seen it") { try proxy.ownSample(Self.scrapes) > before }
            }
            #expect(try prometheus.value("min_over_time(up[1h])") == 1)
            // As many samples of each good series as there were scrapes.
            for app in 0..<9 {
                for (name, count) in [("good_\(app)_total", 3.0), ("good_\(app)_seconds_count", 1)] {
                    let query = "count(count_over_time(\(name)[1h]) == scalar(count_over_time(up[1h])))"
                    #expect(try prometheus.value(query) == count, "\(name)")
                }
            }
            #expect(try prometheus.value("count_over_time(up[1h])").map { $0 > Double(RogueBody.all.count) } == true)
            try await prometheus.process.end()
        }
    }

    @Test func attacks_AreNamed_WithTheSourceThatWasFirst() async throws {
        try await withProxy { proxy in
            try Self.pushGood(proxy)
            _ = try proxy.metrics()
            try Self.push(
                "# HELP good_1_total No.\n# TYPE good_0_total gauge\ngood_0_total 9\ngood_1_total{n=\"1\"} 9\n", proxy)
            let page = try proxy.metrics()
            #expect(Self.hasGood(page) && samples(in: page) == 9 * 4)
            let rogue = try Self.app("rogue", proxy)
            #expect(rogue.valid == true && rogue.conflicts?.map(\.kind) == ["help", "type", "series"])
            #expect(rogue.conflicts?.map(\.with) == ["good 1", "good 0", "good 1"])
            #expect(rogue.conflicts?.map(\.family) == ["good_1_total", "good_0_total", nil])
            let conflicts = #"exporter_proxy_app_conflicts_total{app="rogue",kind="type"}"#
            #expect(try proxy.ownSample(conflicts) == 1)
        }
    }

    // MARK: Bytes that no socket takes

    /// Answers with the bytes that stand in the path in hexadecimal digits.
    private static let server = """
        import http.server
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = bytes.fromhex(self.path.strip("/"))
                self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
                self.wfile.write(body)
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """

    private static let bytes: [(name: String, bytes: [UInt8], line: Int)] = [
        ("label", Array("ok 1\nd{x=\"".utf8) + [0xFF] + Array("\"} 1\ne 1\n".utf8), 2),
        ("help", Array("# HELP d a".utf8) + [0xC3, 0x28] + Array("b\nd 1\n".utf8), 1),
        ("name", Array("d 1\n".utf8) + [0xE9] + Array(" 1\n".utf8), 2),
        ("surrogate", Array("d{x=\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"} 1\n".utf8), 1),
        ("utf-16", [0xFF, 0xFE] + Array("d 1\n".utf8).flatMap { [$0, 0] }, 1),
        ("zeros", [UInt8](repeating: 0, count: 200), 1),
        ("all", Array(0...255) + [0x0A] + Array("d 1\n".utf8), 1),
    ]

    @Test(.needs(.python, .promtool))
    func bytesThatAreNoText_CostNobodyElseAnything() async throws {
        let server = try ChildProcess(Tool.python.path(), ["-u", "-c", Self.server])
        let port = try await answer(to: "the server says its port") {
            server.outputText.firstMatch(of: /port (\d+)\n/).flatMap { UInt16($0.1) }
        }
        let targets = Self.bytes.map { body in
            let digits = body.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "[[poll_external.target]]\nname = \"\(body.name)\"\nurl = \"http://127.0.0.1:\(port)/\(digits)\"\n"
        }
        try await withProxy(more: targets.joined()) { proxy in
            try Self.pushGood(proxy)
            try await wait(until: "all were polled") { try proxy.get("/-/ready").status == 200 }
            let page = try proxy.get("/metrics")
            #expect(page.status == 200 && Self.hasGood(page.text), "\(page.text)")
            #expect(try await refusalOfPromtool(of: page.body) == nil, "\(page.text)")
            for body in Self.bytes {
                let app = try Self.app(body.name, proxy)
                #expect(app.errors?.first?.line == body.line, "\(body.name): \(app)")
                let alone = try proxy.get("/apps/\(body.name)/metrics")
                #expect(alone.status == (body.name == "help" ? 200 : 503), "\(body.name): \(alone.text)")
            }
        }
        try await server.end()
    }

    // MARK: Many at once

    @Test(.needs(.promtool), arguments: 0..<8)
    func manyRandomBodies_MakeAPageThatPromtoolTakes(seed: UInt64) async throws {
        var random = RandomBodies(seed: seed)
        let settings = [
            "exposition.on_invalid": ["\"drop_line\"", "\"keep_last_good\"", "\"drop_app\"", "\"reject\""][
                Int(seed % 4)],
            "exposition.duplicates": seed % 3 == 0 ? "\"expose\"" : "\"first\"",
            "exposition.app_label": seed == 5 ? "\"source\"" : "\"\"",
        ]
        try await withProxy(settings) { proxy in
            if seed != 5 { try Self.pushGood(proxy) }
            _ = try proxy.metrics()
            for round in 0..<5 {
                let bodies = (0..<100).map { ("source \($0)", random.body()) }
                let message = try JSONEncoder().encode(Dictionary(bodies) { $1 })
                #expect(try proxy.send(Array(message)) == .closed([]))
                let page = try proxy.get("/metrics")
                #expect(try await refusalOfPromtool(of: page.body) == nil, "seed \(seed), round \(round): \(page.text)")
                #expect(seed == 5 || Self.hasGood(page.text), "seed \(seed), round \(round)")
            }
        }
    }

    // MARK: Settings

    @Test func aSource_IsATargetOfItsOwn() async throws {
        try await withProxy(["store.stale_after": "\"1s\"", "exposition.app_label": "\"app\""]) { proxy in
            let path = "/apps/a%2Fb/metrics"
            #expect(try proxy.get(path).status == 404)
            try Self.push("# TYPE m gauge\nm{app=\"x\"} 1\n", as: "a/b", proxy)
            let text = "# TYPE m gauge\nm{app=\"a/b\",exported_app=\"x\"} 1\n"
            #expect(try proxy.get(path).text == text)
            #expect(try proxy.metrics() == text)
            try Self.push("m 1\nm x\n", as: "a/b", proxy)
            let refusal = try proxy.get(path)
            #expect(refusal.status == 503 && refusal.text.hasPrefix("503 'a/b': line 2, column 3: "), "\(refusal.text)")
            #expect(try proxy.metrics() == "m{app=\"a/b\"} 1\n")
            try Self.push("m 2\n", as: "a/b", proxy)
            try await wait(until: "it is stale") { try proxy.get(path).text.contains("stale_after") }
            #expect(try proxy.get(path).status == 503)
            #expect(try proxy.metrics() == "m{app=\"a/b\"} 2\n")
        }
    }

    @Test func theLastGoodVersion_IsKept_ForAsLongAsItIsFresh() async throws {
        let source = "[[exposition.source]]\nname = \"kept*\"\non_invalid = \"keep_last_good\"\nstale_after = \"2s\"\n"
        try await withProxy(more: source) { proxy in
            try Self.push("m{x=\"1\"} 1\n", as: "kept 1", proxy)
            try Self.push("m 1\n", as: "other", proxy)
            let bad = "m{x=\"1\"} 2\nnothing\n"
            // The check comes soon after the push, and perhaps not before the next one.
            try await wait(until: "the good one has been read") {
                try Self.app("kept 1", proxy).served == "latest"
            }
            try Self.push(bad, as: "kept 1", proxy)
            try Self.push("m 2\nnothing\n", as: "other", proxy)
            let page = try proxy.metrics()
            #expect(page == "m{x=\"1\"} 1\nm 2\n", "\(page)")
            #expect(try Self.app("kept 1", proxy).served == "last_good")
            try await wait(until: "it is no longer served") { try proxy.metrics() == "m 2\n" }
            #expect(try Self.app("kept 1", proxy).served == "nothing")
            try Self.push("m{x=\"1\"} 3\n", as: "kept 1", proxy)
            #expect(try proxy.metrics() == "m{x=\"1\"} 3\nm 2\n")
        }
    }

    /// Whoever scrapes at once would find series missing, and call them stale.
    @Test func nothing_IsServed_BeforeEachTargetHasAnsweredOrFailed() async throws {
        let server = try SilentServer()
        let target = "[[poll_external.target]]\nname = \"hangs\"\nurl = \"http://127.0.0.1:\(server.port)/\"\n"
        try await withProxy(["poll_external.client_timeout": "\"3s\""], more: target) { proxy in
            try Self.push("m 1\n", as: "a", proxy)
            for path in ["/metrics", "/-/ready"] {
                let answer = try proxy.get(path)
                #expect(
                    answer.status == 503 && answer.text.contains("1 poll targets have not been asked"), "\(answer.text)"
                )
                #expect(answer.header("Retry-After") == "1")
            }
            #expect(try proxy.get("/apps/a/metrics").text == "m 1\n")
            #expect(try proxy.get("/-/healthy").status == 200)
            try await wait(until: "the target has failed") { try proxy.get("/-/ready").status == 200 }
            #expect(try proxy.metrics() == "m 1\n")
        }
        withExtendedLifetime(server) {}
    }

    @Test(.needs(.promtool))
    func ownMetrics_StandAmongTheOthers_WhereTheyAreMerged() async throws {
        try await withProxy(["telemetry.merge": "true"]) { proxy in
            try Self.pushGood(proxy)
            try Self.push("# TYPE process_open_fds counter\nprocess_open_fds 1\nexporter_proxy_sources 5\n", proxy)
            _ = try proxy.metrics()
            let page = try proxy.get("/metrics")
            #expect(Self.hasGood(page.text) && page.text.contains("\nexporter_proxy_build_info{"), "\(page.text)")
            #expect(try await refusalOfPromtool(of: page.body) == nil)
            try proxy.send(#"{"exporter-proxy": "m 1"}"#)
            #expect(
                try proxy.ownSample(#"exporter_proxy_receiver_refused_total{door="unix",reason="name_reserved"}"#) == 1)
        }
    }

    @Test func sighup_ChangesWhatBecomesOfBadLines() async throws {
        try await withProxy(["exposition.on_invalid": "\"drop_line\""]) { proxy in
            try Self.push("m 1\nnothing\n", as: "a", proxy)
            #expect(try proxy.metrics() == "m 1\n")
            for (policy, page) in [("drop_app", ""), ("raw", "m 1\nnothing\n"), ("drop_line", "m 1\n")] {
                let settings = ["exposition.on_invalid": "\"\(policy)\""]
                try proxy.folder.write("config.toml", ProxyProcess.configuration(settings, in: proxy.folder))
                proxy.child.send(SIGHUP)
                try await wait(until: "\(policy) holds") { try proxy.metrics() == page }
            }
            #expect(proxy.log.contains("sources are served raw"))
        }
    }
}

/// Accepts connections, and says nothing.
private final class SilentServer {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + listen(listener, 16) + getsockname(listener, $0, &length)
            }
        }
        guard result == 0 else { throw TestFailure("no listener: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
