import Glibc
import TestSupport
import Testing

/// Exporters that are polled: real ones, and ones that misbehave.
@Suite(.sharesMachine)
struct PollTests {
    /// Python's own file server, in the folder of the demo bodies, on a port that the kernel chose.
    private static func fileServer() async throws -> (process: ChildProcess, port: UInt16) {
        try await server([
            "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory",
            "\(Tool.repository)/python_test_clients",
        ])
    }

    private static func server(_ arguments: [String]) async throws -> (process: ChildProcess, port: UInt16) {
        let process = try ChildProcess(Tool.python.path(), arguments)
        let port = try await answer(to: "the server says its port") { () -> UInt16? in
            guard process.isRunning else { throw TestFailure("the server ended: \(process.errorText)") }
            return process.outputText.firstMatch(of: /port (\d+)[^\d]/).flatMap { UInt16($0.1) }
        }
        return (process, port)
    }

    private static let demo = String(
        decoding: TemporaryFolder.read("\(Tool.repository)/python_test_clients/1025.html"), as: UTF8.self)

    @Test(.needs(.python))
    func fileServer_IsPolledAsTheShippedFileSays() async throws {
        let (server, port) = try await Self.fileServer()
        try await withProxy([
            "poll_external.poll_other_scrape_endpoints": "true",
            "poll_external.other_scrape_endpoints": "[\"http://127.0.0.1:\(port)/1025.html\"]",
        ]) { proxy in
            try await wait(until: "the target is served") { try proxy.metrics() == Self.demo }
            let name = "external_poll: 127.0.0.1:\(port)"
            #expect(try proxy.get("/apps").text.contains("| \(name) | "))
            #expect(try proxy.get("/apps").text.contains(" UTC | \(name) |"))
        }
        try await server.end()
    }

    @Test(.needs(.nodeExporter, .promtool))
    func nodeExporter_IsServedAsItAnswers() async throws {
        let exporter = try ChildProcess(
            Tool.nodeExporter.path(),
            [
                "--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.loadavg",
                "--collector.uname",
            ])
        let port = try await answer(to: "node exporter says its port") { () -> UInt16? in
            guard exporter.isRunning else { throw TestFailure("it ended: \(exporter.errorText)") }
            return exporter.errorText.firstMatch(of: /address=127\.0\.0\.1:(\d+)/).flatMap { UInt16($0.1) }
        }
        let target = "[[poll_external.target]]\nurl = \"http://127.0.0.1:\(port)/metrics\"\nname = \"node\"\n"
        try await withProxy(["poll_external.poll_interval": "\"200ms\""], more: target) { proxy in
            try await wait(until: "it is served") { try proxy.metrics().contains("node_load1 ") }
            let own = try HTTPAnswer.get(port, "/metrics").text
            #expect(Self.nodeSeries(try proxy.metrics()) == Self.nodeSeries(own))
            #expect(try proxy.get("/apps/node/metrics").text.contains("node_uname_info{"))
            let check = try await run(
                Tool.promtool.path(), ["check", "metrics"], input: try proxy.get("/metrics").body)
            #expect(check.exit == .status(0), "\(check.output)\(check.errors)")
        }
        try await exporter.end()
    }

    /// The series about the machine, without their values; those about the exporter come and go.
    private static func nodeSeries(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix("node_") }.map { $0.prefix { $0 != " " } }
    }

    @Test(.needs(.python))
    func targetThatGoesAway_TurnsStale_AndIsRemovedInTheEnd() async throws {
        let (server, port) = try await Self.fileServer()
        let target = "[[poll_external.target]]\nurl = \"http://127.0.0.1:\(port)/1025.html\"\nname = \"leaves\"\n"
        let settings = ["poll_external.poll_interval": "\"100ms\"", "store.stale_after": "\"3s\""]
        try await withProxy(settings, more: target) { proxy in
            try await wait(until: "it is served") { try proxy.metrics() == Self.demo }
            #expect(try proxy.ownSample(#"exporter_proxy_poll_up{target="leaves"}"#) == 1)
            try await server.end(SIGKILL)

            try await wait(until: "it is stale") { try proxy.get("/apps").text.contains(" UTC (stale) | ") }
            #expect(try proxy.metrics() == Self.demo, "the last good text is still served")
            #expect(try proxy.get("/apps?format=json").text.contains(#""state": "stale""#))
            #expect(try proxy.ownSample(#"exporter_proxy_poll_up{target="leaves"}"#) == 0)
            #expect(
                try proxy.ownSample(#"exporter_proxy_poll_failures_total{target="leaves",reason="transport"}"#) > 0)

            try await wait(until: "it is removed") { try proxy.metrics().isEmpty }
            #expect(try proxy.get("/apps?format=json").text.contains(#""state": "failing""#))
            #expect(try proxy.get("/apps/leaves/metrics").status == 503)
        }
    }

    /// One thread for each client; each path misbehaves in its own way, except the good one.
    private static let rogue = """
        import http.server, socket, struct, sys, time, zlib
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                path = self.path.strip("/")
                if path == "hangs":
                    time.sleep(60)
                elif path == "resets":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    raise SystemExit
                elif path == "drips":
                    self.head(1000)
                    for _ in range(600):
                        self.wfile.write(b"a"); self.wfile.flush(); time.sleep(0.1)
                elif path == "lies":
                    self.head(1000)
                    self.wfile.write(b"lies 1\\n")
                    self.close_connection = True
                elif path == "floods":
                    self.head(1 << 30)
                    for _ in range(1 << 10):
                        self.wfile.write(b"a" * (1 << 20))
                elif path == "bombs":
                    body = zlib.compress(b"a" * (1 << 24), 9, 31)
                    self.head(len(body), ("Content-Encoding", "gzip"))
                    self.wfile.write(body)
                elif path == "errs":
                    self.send_response(503); self.send_header("Content-Length", "0"); self.end_headers()
                elif path == "moves":
                    self.send_response(302); self.send_header("Location", "/good")
                    self.send_header("Content-Length", "0"); self.end_headers()
                elif path == "packs":
                    body = zlib.compress(b"packed 1\\n", 9, 31)
                    self.head(len(body), ("Content-Encoding", "gzip"))
                    self.wfile.write(body)
                else:
                    body = "".join(f'sent{{name="{k}",value="{v}"}} 1\\n' for k, v in sorted(self.headers.items())) + "good 1"
                    self.head(len(body))
                    self.wfile.write(body.encode())
            def head(self, length, *headers):
                self.send_response(200)
                self.send_header("Content-Length", str(length))
                for name, value in headers: self.send_header(name, value)
                self.end_headers()
            def log_message(self, *_): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None
        print("port", server.server_port, flush=True)
        server.serve_forever()
        """

    @Test(.needs(.python))
    func rogueTargets_FailForTheirOwnReason_AndDelayNobody() async throws {
        let (server, port) = try await Self.server(["-u", "-c", Self.rogue])
        let reasons = [
            "hangs": "timeout", "drips": "timeout", "resets": "transport", "lies": "transport", "floods": "too_large",
            "bombs": "too_large", "errs": "status", "moves": "status",
        ]
        let targets = (reasons.keys.sorted() + ["good", "packs"]).map {
            "[[poll_external.target]]\nurl = \"http://127.0.0.1:\(port)/\($0)\"\nname = \"\($0)\"\n"
        }
        let settings = [
            "poll_external.poll_interval": "\"200ms\"", "poll_external.client_timeout": "\"1500ms\"",
            "poll_external.body_bytes_max": "1000000",
        ]
        try await withProxy(settings, more: targets.joined()) { proxy in
            try await wait(until: "every rogue has failed, and the good were polled again and again") {
                try reasons.allSatisfy { try Self.failures(of: $0, $1, proxy) > 0 }
                    && proxy.ownSample(#"exporter_proxy_poll_successes_total{target="good"}"#) > 5
                    && proxy.ownSample(#"exporter_proxy_poll_successes_total{target="packs"}"#) > 5
            }
            let text = try proxy.metrics()
            #expect(text.hasSuffix("good 1\npacked 1\n"), "\(text)")
            #expect(text.contains(#"sent{name="User-Agent",value="exporter-proxy/"#))
            #expect(text.contains(#"sent{name="X-Prometheus-Scrape-Timeout-Seconds",value="1.5"} 1"#))
            #expect(text.contains(#"sent{name="Accept-Encoding",value="gzip"} 1"#))
            for name in reasons.keys {
                #expect(try proxy.ownSample(#"exporter_proxy_poll_successes_total{target="\#(name)"}"#) == 0)
            }
            // Once for each row of failures.
            let warnings = proxy.log.split(separator: "\n").filter { $0.contains(#"msg="poll failed""#) }
            #expect(warnings.count == reasons.count, "\(proxy.log)")
        }
        try await server.end()
    }

    private static func failures(of target: String, _ reason: String, _ proxy: ProxyProcess) throws -> Double {
        try proxy.ownSample(#"exporter_proxy_poll_failures_total{target="\#(target)",reason="\#(reason)"}"#)
    }

    @Test func nameOfATarget_IsRefusedFromTheSockets() async throws {
        let target = "[[poll_external.target]]\nurl = \"http://127.0.0.1:1/\"\nname = \"mine\"\n"
        try await withProxy(more: target) { proxy in
            try proxy.send(#"{"mine": "stolen 1"}"#)
            try proxy.send(#"{"external_poll: 127.0.0.1:1": "stolen 1"}"#)
            #expect(
                try proxy.ownSample(#"exporter_proxy_receiver_refused_total{door="unix",reason="name_reserved"}"#) == 2)
            #expect(try proxy.metrics() == "")
        }
    }
}

extension PollTests {
    /// The kernel drops what comes to a listener whose queue is full: the connect neither succeeds nor fails.
    @Test func sigterm_DuringAConnectThatHangs_EndsInTime() async throws {
        let listener = try FullListener()
        let target = "[[poll_external.target]]\nurl = \"http://127.0.0.1:\(listener.port)/\"\ntimeout = \"30s\"\n"
        let proxy = try await ProxyProcess.start(more: target)
        proxy.child.send(SIGTERM)
        #expect(try await proxy.child.exit(within: .seconds(5)) == .status(0), "\(proxy.log)")
    }
}

/// A listener that accepts nobody, with its queue filled.
private final class FullListener {
    let port: UInt16
    private var descriptors: [Int32] = []

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        descriptors.append(listener)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) + listen(listener, 0) + getsockname(listener, $0, &length)
            }
        }
        guard result == 0 else { throw TestFailure("no listener: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        for _ in 0..<4 {
            let client = socket(
                AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
            descriptors.append(client)
            _ = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
        }
    }

    deinit { for descriptor in descriptors { close(descriptor) } }
}
