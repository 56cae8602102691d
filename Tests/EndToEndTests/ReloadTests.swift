import Glibc
import TestSupport
import Testing

/// The configuration is read again while the program serves.
@Suite(.sharesMachine)
struct ReloadTests {
    private static let successful = "exporter_proxy_config_last_reload_successful"
    private static let succeededAt = "exporter_proxy_config_last_reload_success_timestamp_seconds"

    private static func write(_ settings: [String: String] = [:], more: String = "", of proxy: ProxyProcess) throws {
        try proxy.folder.write("config.toml", ProxyProcess.configuration(settings, in: proxy.folder) + more)
    }

    /// The last address that the log names after `mark`.
    private static func lastPort(after mark: String, _ proxy: ProxyProcess) throws -> UInt16 {
        let rest = proxy.log.split(separator: mark).dropFirst().last ?? ""
        guard let port = UInt16(rest.prefix { $0.isNumber }) else { throw TestFailure("no \(mark) in \(proxy.log)") }
        return port
    }

    // MARK: Outcomes

    @Test func goodFile_TakesEffect_AndIsSaid() async throws {
        try await withProxy { proxy in
            #expect(try proxy.ownSample(Self.successful) == 1)
            let startedAt = try proxy.ownSample(Self.succeededAt)
            try Self.write(
                ["log.format": "\"json\"", "receiver.reply": "true", "exporter.worker_threads": "3"], of: proxy)
            let line = try await proxy.hangUp()
            #expect(line.hasPrefix("{") && line.contains(#""changed":"exporter,receiver,log""#), "\(line)")
            #expect(proxy.log.contains(#""msg":"needs a restart","keys":"exporter.worker_threads""#), "\(proxy.log)")
            #expect(try proxy.send(#"{"a": "a 1"}"#) == .closed(Array("{\"ok\":true,\"apps\":[\"a\"]}\n".utf8)))
            #expect(try proxy.ownSample(Self.successful) == 1)
            #expect(try proxy.ownSample(Self.succeededAt) > startedAt)
            #expect(try await proxy.hangUp().contains(#""changed":"nothing""#))
        }
    }

    @Test func badFile_ChangesNothing_AndIsSaidWithEveryProblem() async throws {
        try await withProxy { proxy in
            let startedAt = try proxy.ownSample(Self.succeededAt)
            try Self.write(["receiver.reply": "true", "store.sources_max": "0", "log.levle": "\"debug\""], of: proxy)
            let line = try await proxy.hangUp()
            #expect(line.contains("level=error") && line.contains("store.sources_max: expected an integer"), "\(line)")
            #expect(line.contains("log.levle: unknown key, did you mean 'level'?"), "\(line)")
            #expect(try proxy.send(#"{"a": "a 1"}"#) == .closed([]))
            #expect(try proxy.metrics() == "a 1\n")
            #expect(try proxy.ownSample(Self.successful) == 0)
            #expect(try proxy.ownSample(Self.succeededAt) == startedAt)

            try proxy.folder.write("config.toml", "no toml at all")
            #expect(try await proxy.hangUp().contains("config.toml:1:"))
            #expect(unlink(proxy.configurationPath) == 0)
            #expect(try await proxy.hangUp().contains("No such file or directory"))
            #expect(try proxy.ownSample(Self.successful) == 0)

            try Self.write(["receiver.reply": "true"], of: proxy)
            #expect(try await proxy.hangUp().contains("changed=receiver"))
            #expect(try proxy.ownSample(Self.successful) == 1)
        }
    }

    @Test func takenPort_FailsTheWholeReload() async throws {
        try await withProxy { proxy in
            let other = proxy.folder.path("other.sock")
            try await withProxy { neighbour in
                try Self.write(
                    [
                        "receiver.reply": "true", "receiver.receiver_unix_socket": "\"\(other)\"",
                        "exporter.scrape_expose_endpoint": "\"127.0.0.1:\(neighbour.httpPort)\"",
                    ], of: proxy)
                let line = try await proxy.hangUp()
                #expect(line.contains("listen on 127.0.0.1:\(neighbour.httpPort): Address already in use"), "\(line)")
            }
            #expect(access(other, F_OK) != 0, "the new socket file was left behind")
            #expect(try proxy.send(#"{"a": "a 1"}"#) == .closed([]))
            #expect(try proxy.metrics() == "a 1\n")
        }
    }

    // MARK: Over HTTP

    @Test func post_IsRefused_UntilItIsSwitchedOn() async throws {
        try await withProxy { proxy in
            let refusal = try proxy.get("/-/reload", method: "POST")
            #expect(refusal.status == 403 && refusal.text.contains("web.enable_lifecycle"), "\(refusal.text)")
            let wrong = try proxy.get("/-/reload")
            #expect(wrong.status == 405 && wrong.header("Allow") == "POST")
            #expect(!proxy.log.contains("reloaded"))

            try Self.write(["web.enable_lifecycle": "true"], of: proxy)
            try await proxy.hangUp()
            let done = try proxy.get("/-/reload", method: "POST")
            #expect(done.status == 200 && done.text == "configuration reloaded\n", "\(done.text)")

            try Self.write(["web.enable_lifecycle": "true", "log.a": "1", "log.b": "2"], of: proxy)
            let failed = try proxy.get("/-/reload", method: "POST")
            #expect(failed.status == 500, "\(failed.text)")
            let lines = failed.text.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].contains(": log.a: ") && lines[1].contains(": log.b: "), "\(lines)")

            // What holds already when the answer comes.
            try Self.write(of: proxy)
            #expect(try proxy.get("/-/reload", method: "POST").status == 200)
            #expect(try proxy.get("/-/reload", method: "POST").status == 403)
        }
    }

    // MARK: What stays and what moves

    @Test func connectionsThatAreNotChanged_GoOn() async throws {
        try await withProxy { proxy in
            let clients = try ProxyProcess.Door.allCases.map { try proxy.connect($0) }
            for (index, client) in clients.enumerated() {
                try client.send("{\"\(index)\": \"m\(index) 1\"}{\"half\(index)\": ")
            }
            try await wait(until: "all is stored") { try proxy.metrics() == "m0 1\nm1 1\n" }
            let http = try SocketClient.tcp(proxy.httpPort)
            try http.send("GET /-/ready HTTP/1.1\r\nHost: a\r\n")

            try Self.write(
                ["log.level": "\"debug\"", "store.stale_after": "\"1m\"", "receiver.reply": "true"], of: proxy)
            try await proxy.hangUp()
            for (index, client) in clients.enumerated() {
                try client.send("\"half\(index) 1\"}{\"\(index)\": \"m\(index) 2\"}")
                #expect(try client.read(upTo: "\"apps\":[\"\(index)\"]}\n").hasPrefix(#"{"ok":true"#))
            }
            #expect(try proxy.metrics() == "m0 2\nm1 2\nhalf0 1\nhalf1 1\n")
            try http.send("Connection: close\r\n\r\n")
            guard case .closed(let bytes) = try http.readToEnd() else { throw TestFailure("reset") }
            #expect(try HTTPAnswer(bytes).status == 200)
        }
    }

    @Test func window_Moves_AndTheOldOneAnswersWhatHasBegun() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            let idle = try SocketClient.tcp(proxy.httpPort)
            let begun = try SocketClient.tcp(proxy.httpPort)
            try begun.send("GET /metrics HTTP/1.1\r\n")
            try await wait(until: "both are accepted, and the half is read") {
                try proxy.ownSample("exporter_proxy_http_connections") == 3
            }
            let port = try freePort()
            try Self.write(["exporter.scrape_expose_endpoint": "\"127.0.0.1:\(port)\""], of: proxy)
            try await proxy.hangUp()
            #expect(try HTTPAnswer.get(port, "/metrics").text == "a 1\n")
            #expect(try idle.readToEnd() == .closed([]))
            #expect((try? SocketClient.tcp(proxy.httpPort)) == nil, "the old port is still open")
            try begun.send("Host: a\r\n\r\n")
            guard case .closed(let bytes) = try begun.readToEnd() else { throw TestFailure("reset") }
            #expect(try HTTPAnswer(bytes).text == "a 1\n")

            // The same port of all addresses: no other port to the kernel.
            try Self.write(["exporter.scrape_expose_endpoint": "\"0.0.0.0:\(port)\""], of: proxy)
            try await proxy.hangUp()
            #expect(try HTTPAnswer.get(port, "/-/metrics").text.contains("\n\(Self.successful) 1\n"))
        }
    }

    @Test func receivers_MoveOnTheirOwn() async throws {
        try await withProxy { proxy in
            let unix = try proxy.connect(.unix)
            try unix.send(#"{"unix": "unix 1"}"#)
            let tcp = try proxy.connect(.tcp)
            try tcp.send(#"{"tcp": "tcp 1"}{"half": "#)
            try await wait(until: "both are stored") { try proxy.metrics() == "tcp 1\nunix 1\n" }

            try Self.write(["receiver.receiver_tcp_socket": "\"127.0.0.2:0\""], of: proxy)
            try await proxy.hangUp()
            #expect((try? proxy.connect(.tcp)) == nil, "the old port is still open")
            try tcp.send(#""half 1"}"#)
            #expect(try tcp.readToEnd() == .closed([]))
            try unix.send(#"{"unix": "unix 2"}"#)
            try await wait(until: "both came in") { try proxy.metrics() == "half 1\ntcp 1\nunix 2\n" }
            #expect(proxy.log.contains("on=127.0.0.2:"), "\(proxy.log)")

            let moved = proxy.folder.path("moved.sock")
            try Self.write(
                ["receiver.receiver_unix_socket": "\"\(moved)\"", "receiver.receive_on_tcp_socket": "false"],
                of: proxy)
            try await proxy.hangUp()
            #expect(try unix.readToEnd() == .closed([]))
            #expect(access(proxy.unixSocket, F_OK) != 0 && access(moved, F_OK) == 0)
            let client = try SocketClient.unix(moved)
            try client.send(#"{"unix": "unix 3"}"#)
            client.endSending()
            #expect(try client.readToEnd() == .closed([]))
            #expect(try proxy.metrics() == "half 1\ntcp 1\nunix 3\n")
        }
    }

    @Test func storeRules_HoldAtOnce() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            try Self.write(["store.sources_max": "1"], of: proxy)
            try await proxy.hangUp()
            try proxy.send(#"{"b": "b 1"}"#)
            #expect(try proxy.metrics() == "a 1\n")
            try Self.write(["store.expire_after": "\"10ms\""], of: proxy)
            try await proxy.hangUp()
            try await wait(until: "the app has expired") { try proxy.metrics().isEmpty }
        }
    }

    // MARK: Targets

    private static func target(_ name: String, _ proxy: ProxyProcess, _ more: String = "") -> String {
        """
        [[poll_external.target]]
        name = "\(name)"
        url = "\(proxy.url("/metrics"))"
        labels = { target = "\(name)" }
        \(more)

        """
    }

    private static func polled(_ values: [String: Int]) -> String {
        values.sorted { $0.key < $1.key }.map { "polled{target=\"\($0.key)\"} \($0.value)\n" }.joined()
    }

    @Test func targets_ComeAndGo_AndTheOthersAreNotDisturbed() async throws {
        let exporter = try await ProxyProcess.start()
        try exporter.send(#"{"x": "polled 1"}"#)
        func successes(_ name: String, _ proxy: ProxyProcess) throws -> Double {
            try proxy.ownSample(#"exporter_proxy_poll_successes_total{target="\#(name)"}"#)
        }
        // One poll for each beginning, and no second.
        let settings = ["poll_external.poll_interval": "\"10d\""]
        try await withProxy(settings, more: Self.target("stays", exporter) + Self.target("goes", exporter)) { proxy in
            try await wait(until: "both are polled") { try proxy.metrics() == Self.polled(["goes": 1, "stays": 1]) }
            try exporter.send(#"{"x": "polled 2"}"#)
            try Self.write(
                settings, more: Self.target("comes", exporter) + Self.target("stays", exporter), of: proxy)
            let line = try await proxy.hangUp()
            #expect(line.contains("changed=poll_external"), "\(line)")
            #expect(try !proxy.get("/apps").text.contains("goes"))
            #expect(try !proxy.get("/-/metrics").text.contains("goes"))
            try await wait(until: "the new one is polled") { try successes("comes", proxy) == 1 }
            #expect(try proxy.metrics() == Self.polled(["comes": 2, "stays": 1]))
            #expect(try successes("stays", proxy) == 1)

            // The name is free, and the other one is taken.
            try proxy.send(#"{"goes": "pushed 1"}"#)
            try proxy.send(#"{"comes": "stolen 1"}"#)
            #expect(try proxy.metrics() == Self.polled(["comes": 2, "stays": 1]) + "pushed 1\n")

            try Self.write(
                settings, more: Self.target("comes", exporter) + Self.target("stays", exporter, "timeout = 9"),
                of: proxy)
            try await proxy.hangUp()
            try await wait(until: "the changed one is polled again") { try successes("stays", proxy) == 2 }
            #expect(try successes("comes", proxy) == 1)

            try Self.write(settings, of: proxy)
            try await proxy.hangUp()
            #expect(try proxy.metrics() == "pushed 1\n")
        }
        #expect(try await exporter.stop() == .status(0))
    }

    // MARK: Many at once

    @Test func scrapes_NeverFail_WhileTheConfigurationChangesAgainAndAgain() async throws {
        try await withProxy(["web.enable_lifecycle": "true"]) { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            let scrapes = Task.detached {
                var count = 0
                let kept = try SocketClient.tcp(proxy.httpPort)
                while !Task.isCancelled {
                    await Task.yield()
                    guard try proxy.metrics() == "a 1\n" else { throw TestFailure("a scrape failed") }
                    try kept.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                    guard try kept.read(upTo: "a 1\n").hasPrefix("HTTP/1.1 200 ") else {
                        throw TestFailure("a scrape on the kept connection failed")
                    }
                    count += 2
                }
                return count
            }
            defer { scrapes.cancel() }
            for round in 0..<40 {
                try Self.write(
                    [
                        "web.enable_lifecycle": "true",
                        "log.level": round.isMultiple(of: 2) ? "\"info\"" : "\"notice\"",
                        "receiver.receiver_tcp_socket": "\"127.0.0.\(1 + round % 3):0\"",
                        "exporter.idle_timeout": "\(60 + round)", "store.stale_after": "\(60 + round)",
                    ],
                    more: round.isMultiple(of: 4)
                        ? "[[poll_external.target]]\nurl = \"http://127.0.0.1:1/\"\ntimeout = \(1 + round)\n" : "",
                    of: proxy
                )
                if round.isMultiple(of: 5) { proxy.child.send(SIGHUP) }
                let answer = try proxy.get("/-/reload", method: "POST")
                #expect(answer.status == 200, "\(answer.text)")
            }
            scrapes.cancel()
            #expect(try await scrapes.value > 0)
        }
    }

    @Test func manyReloadsAtOnce_AreDoneOneAfterTheOther() async throws {
        try await withProxy(["web.enable_lifecycle": "true"]) { proxy in
            let clients = try (0..<50).map { index in
                let client = try SocketClient.tcp(proxy.httpPort)
                try client.send("POST /-/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if index.isMultiple(of: 10) { proxy.child.send(SIGHUP) }
                return client
            }
            for client in clients {
                guard case .closed(let bytes) = try client.readToEnd() else { throw TestFailure("reset") }
                #expect(try HTTPAnswer(bytes).status == 200)
            }
            #expect(try proxy.ownSample(Self.successful) == 1)
        }
    }

    @Test(arguments: 0..<5)
    func sigterm_DuringReloads_EndsInTime(attempt: Int) async throws {
        let proxy = try await ProxyProcess.start(["web.enable_lifecycle": "true"])
        let clients = try (0..<20).map { _ in
            let client = try SocketClient.tcp(proxy.httpPort)
            try client.send("POST /-/reload HTTP/1.1\r\nHost: a\r\n\r\n")
            proxy.child.send(SIGHUP)
            return client
        }
        if attempt > 0 { _ = try clients[attempt].read() }
        #expect(try await proxy.stop() == .status(0), "\(proxy.log)")
        #expect(access(proxy.unixSocket, F_OK) != 0, "the socket file was left behind")
        withExtendedLifetime(clients) {}
    }

    /// The file is a pipe that nobody ends, as a file server may be that does not answer.
    @Test func sigterm_DuringAReloadThatHangs_EndsInTime() async throws {
        let proxy = try await ProxyProcess.start()
        #expect(unlink(proxy.configurationPath) == 0 && mkfifo(proxy.configurationPath, 0o600) == 0)
        proxy.child.send(SIGHUP)
        let pipe = try await answer(to: "it reads the pipe") { () -> Int32? in
            let pipe = open(proxy.configurationPath, O_WRONLY | O_NONBLOCK)
            return pipe >= 0 ? pipe : nil
        }
        defer { close(pipe) }
        try proxy.send(#"{"a": "a 1"}"#)
        #expect(try proxy.metrics() == "a 1\n")
        #expect(try await proxy.stop() == .status(0), "\(proxy.log)")
    }
}
