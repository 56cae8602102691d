import Glibc
import TestSupport
import Testing

/// How the program starts and ends, as an operator sees it.
@Suite(.sharesMachine)
struct LifeTests {
    // MARK: The end

    /// Each client keeps pushing until its connection ends, and each reply that is owed must have come by then.
    @Test(arguments: [SIGTERM, SIGINT])
    func signal_UnderLoad_LosesNothingThatWasSent(signal: Int32) async throws {
        let proxy = try await ProxyProcess.start(["receiver.reply": "true"])
        let clients = try (0..<20).map { index in
            let client = try proxy.connect(index.isMultiple(of: 2) ? .tcp : .unix)
            // Half a message now: the other half is sent after the signal.
            try client.send(#"{"app \#(index)": "#)
            return client
        }
        let load = Task.detached { try await Self.push(until: proxy) }
        // It holds the proxy, which would live on where this test ends early.
        defer { load.cancel() }
        try await wait(until: "the load has come in") {
            try proxy.ownSample(#"exporter_proxy_receiver_messages_total{door="unix"}"#) > 100
        }

        proxy.child.send(signal)
        // The receivers stop after the window. Their clients get their time only then, and half a message is worth it.
        try await wait(until: "the window is closed") { (try? SocketClient.tcp(proxy.httpPort)) == nil }
        try await Task.sleep(for: .milliseconds(200))
        for (index, client) in clients.enumerated() {
            try client.send(#""last_words_\#(index) 1"}"#)
            client.endSending()
        }
        for client in clients {
            guard case .closed(let reply) = try client.readToEnd() else {
                Issue.record("a client was reset: its message is lost")
                continue
            }
            #expect(String(decoding: reply, as: UTF8.self).contains(#""ok":true"#))
        }
        #expect(try await proxy.child.exit(within: .seconds(5)) == .status(0), "\(proxy.log)")
        let (sent, answered) = try await load.value
        #expect(sent - answered <= 1, "\(sent) messages were sent, \(answered) were answered")
        #expect(!proxy.log.contains("level=error"), "\(proxy.log)")
    }

    /// Pushes one message after the other; answers how many went out and how many were answered with `ok`.
    private static func push(until proxy: ProxyProcess) async throws -> (sent: Int, answered: Int) {
        let client = try proxy.connect(.unix)
        var sent = 0
        var answered = 0
        while !Task.isCancelled {
            await Task.yield()
            do {
                try client.send(#"{"load": "load \#(sent)"}"#)
                sent += 1
                guard try client.read(upTo: "\n").contains(#""ok":true"#) else { return (sent, answered) }
                answered += 1
            } catch {
                break
            }
        }
        return (sent, answered)
    }

    /// The proxy stands still while clients connect and send, and finds the signal together with them.
    @Test func clientsThatWaitToBeAccepted_AreServedBeforeTheEnd() async throws {
        let proxy = try await ProxyProcess.start(["receiver.reply": "true"])
        proxy.child.send(SIGSTOP)
        let clients = try (0..<100).map { index in
            let client = try proxy.connect(index.isMultiple(of: 2) ? .tcp : .unix)
            try client.send(CapnpMessage.of("app \(index)", "a 1"))
            client.endSending()
            return client
        }
        proxy.child.send(SIGTERM)
        proxy.child.send(SIGCONT)
        for client in clients {
            guard case .closed(let reply) = try client.readToEnd() else { throw TestFailure("reset: \(proxy.log)") }
            #expect(String(decoding: reply, as: UTF8.self).contains(#""ok":true"#))
        }
        #expect(try await proxy.child.exit(within: .seconds(5)) == .status(0), "\(proxy.log)")
    }

    @Test func sigterm_WithIdleClientsOfEveryKind_EndsInTime() async throws {
        let proxy = try await ProxyProcess.start()
        let idle = try (0..<50).map { try proxy.connect($0.isMultiple(of: 2) ? .tcp : .unix) }
        let stuck = try proxy.connect(.tcp)
        try stuck.send(#"{"never whole"#)
        let http = try SocketClient.tcp(proxy.httpPort)
        try http.send("GET /metrics HTTP/1.1\r\nHost: a\r\n")
        try await wait(until: "all are accepted") {
            try proxy.ownSample(#"exporter_proxy_receiver_connections_total{door="tcp"}"#) == 26
        }
        #expect(try await proxy.stop() == .status(0), "\(proxy.log)")
        withExtendedLifetime(idle) {}
    }

    /// The signal comes as soon as anybody can know that the program runs.
    @Test(arguments: 0..<5)
    func sigterm_DuringTheStart_EndsWell(attempt: Int) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("config.toml", ProxyProcess.configuration(in: folder))
        let child = try ChildProcess(
            ProxyProcess.program, ["--config", path], environment: ProxyProcess.environment)
        try await wait(until: "its first door is there") { access(folder.path("receiver.sock"), F_OK) == 0 }
        child.send(SIGTERM)
        #expect(try await child.exit(within: .seconds(5)) == .status(0), "\(child.errorText)")
        #expect(access(folder.path("receiver.sock"), F_OK) != 0, "the socket file was left behind")
    }

    @Test func sighup_DoesNotEndIt() async throws {
        try await withProxy { proxy in
            proxy.child.send(SIGHUP)
            try proxy.send(#"{"after": "after_hangup 1"}"#)
            #expect(try proxy.metrics() == "after_hangup 1\n")
            #expect(proxy.child.isRunning)
        }
    }

    @Test func socketFile_IsGoneAfterTheEnd() async throws {
        let proxy = try await ProxyProcess.start()
        #expect(access(proxy.unixSocket, F_OK) == 0)
        #expect(try await proxy.stop() == .status(0))
        #expect(access(proxy.unixSocket, F_OK) != 0)
    }

    @Test func deadSocketFile_OfAKilledProxy_IsReplaced() async throws {
        let killed = try await ProxyProcess.start()
        #expect(try await killed.stop(SIGKILL) == .signal(SIGKILL))
        #expect(access(killed.unixSocket, F_OK) == 0)
        try await withProxy(["receiver.receiver_unix_socket": "\"\(killed.unixSocket)\""]) { proxy in
            let client = try SocketClient.unix(killed.unixSocket)
            try client.send(#"{"again": "again 1"}"#)
            client.endSending()
            #expect(try client.readToEnd() == .closed([]))
            #expect(try proxy.metrics() == "again 1\n")
        }
    }

    // MARK: The start

    /// Starts a program that is not expected to run, and answers the one line that it says.
    private static func refusal(_ configurationPath: String) async throws -> String {
        let result = try await run(
            ProxyProcess.program, ["--config", configurationPath], environment: ProxyProcess.environment)
        #expect(result.exit == .status(1), "\(result)")
        // The log goes the same way; what is said to a person begins with the program's name.
        let sentences = result.errors.split(separator: "\n").filter { $0.hasPrefix("exporter-proxy: ") }
        #expect(sentences.count == 1, "\(result.errors)")
        #expect(!result.errors.contains("Fatal error") && !result.errors.contains(".swift"), "\(result.errors)")
        return sentences.first.map(String.init) ?? ""
    }

    @Test func secondInstance_WithTheSameConfiguration_LeavesTheFirstAlone() async throws {
        try await withProxy { first in
            let sentence = try await Self.refusal(first.configurationPath)
            #expect(sentence.contains(first.unixSocket), "\(sentence)")
            #expect(sentence.contains("another process listens there"), "\(sentence)")
            try first.send(#"{"still": "still_here 1"}"#)
            #expect(try first.metrics() == "still_here 1\n")
        }
    }

    @Test func regularFileAtTheSocketPath_IsLeftAsItIs() async throws {
        let folder = try TemporaryFolder()
        try folder.write("receiver.sock", "precious")
        let path = try folder.write("config.toml", ProxyProcess.configuration(in: folder))
        let sentence = try await Self.refusal(path)
        #expect(sentence.contains("not a socket"), "\(sentence)")
        #expect(TemporaryFolder.read(folder.path("receiver.sock")) == Array("precious".utf8))
    }

    @Test(arguments: ["exporter.scrape_expose_endpoint", "receiver.receiver_tcp_socket"])
    func busyPort_IsOneLineThatNamesIt(key: String) async throws {
        try await withProxy { proxy in
            let folder = try TemporaryFolder()
            let address = "127.0.0.1:\(proxy.httpPort)"
            let target = "[[poll_external.target]]\nurl = \"http://127.0.0.1:1/\"\n"
            let path = try folder.write(
                "config.toml", ProxyProcess.configuration([key: "\"\(address)\""], in: folder) + target)
            let sentence = try await Self.refusal(path)
            #expect(sentence.contains(address), "\(sentence)")
            #expect(sentence.contains("Address already in use"), "\(sentence)")
            #expect(access(folder.path("receiver.sock"), F_OK) != 0, "the socket file was left behind")
        }
    }

    @Test func socketFile_HasTheModeOfTheConfiguration() async throws {
        try await withProxy(["receiver.unix_socket_mode": "\"0640\""]) { proxy in
            var status = stat()
            #expect(lstat(proxy.unixSocket, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o640)
        }
    }

    // MARK: Without rights

    /// As `make run` does for somebody who is not root, and has no runtime directory.
    @Test(.needs(.setpriv), .enabled(if: geteuid() == 0, "only root can become somebody else"))
    func unprivilegedRun_OfTheShippedConfiguration_SaysWhereItsSocketIs() async throws {
        let configuration = String(
            decoding: TemporaryFolder.read("\(Tool.repository)/config.toml"), as: UTF8.self
        ).replacing("0.0.0.0:6555", with: "127.0.0.1:0").replacing("127.0.0.1:6554", with: "127.0.0.1:0")
        let folder = try TemporaryFolder()
        chmod(folder.path, 0o755)
        let path = try folder.write("config.toml", configuration)
        chmod(path, 0o644)
        // Others may not enter the folder where it was built.
        let program = folder.path("program")
        #expect(try await run("/bin/cp", [ProxyProcess.program, program]).exit == .status(0))
        let home = folder.path("home")
        #expect(mkdir(home, 0o700) == 0 && chown(home, 65_534, 65_534) == 0)
        let child = try ChildProcess(
            Tool.setpriv.path(),
            ["--reuid=65534", "--regid=65534", "--clear-groups", program, "--config", path],
            environment: ProxyProcess.environment.merging(
                ["XDG_RUNTIME_DIR": "", "XDG_STATE_HOME": "", "HOME": home]) { $1 })
        try await wait(until: "it serves") {
            if let exit = child.exitIfAny() { throw TestFailure("\(exit): \(child.errorText)") }
            return child.errorText.contains("msg=serving")
        }
        let own = "/tmp/exporter-proxy-65534/exporter-proxy-receiver.sock"
        #expect(child.errorText.contains("the standard socket path needs root"), "\(child.errorText)")
        #expect(child.errorText.contains("path=\(own)"), "\(child.errorText)")
        #expect(child.errorText.contains("on=\(own)"), "\(child.errorText)")
        #expect(child.errorText.contains("the standard state folder cannot be written"), "\(child.errorText)")
        #expect(access("\(home)/.local/state/exporter-proxy/state.sqlite", F_OK) == 0)
        let client = try SocketClient.unix(own)
        try client.send(#"{"a": "a 1"}"#)
        client.endSending()
        #expect(try client.readToEnd() == .closed([]))
        child.send(SIGTERM)
        #expect(try await child.exit(within: .seconds(5)) == .status(0), "\(child.errorText)")
    }
}
