import Glibc
import TestSupport
import Testing

/// The one port behind TLS, spoken to by curl and openssl.
@Suite(.sharesMachine, .needs(.curl, .openssl))
struct TLSTests {
    /// `<name>.pem` and `<name>.key`.
    private static func makeCertificate(_ name: String, in folder: TemporaryFolder) async throws {
        let made = try await run(
            Tool.openssl.path(),
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder.path("\(name).key"),
                "-out", folder.path("\(name).pem"),
            ])
        #expect(made.exit == .status(0), "\(made.errors)")
    }

    private static func curl(_ arguments: String...) async throws -> (isAnswered: Bool, output: String, errors: String)
    {
        let result = try await run(Tool.curl.path(), ["-sS", "--max-time", "10"] + arguments)
        return (result.exit == .status(0), result.output, result.errors)
    }

    private static func withSecureProxy(
        _ more: String = "", _ body: (ProxyProcess, TemporaryFolder, String) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        for name in ["server", "client"] { try await makeCertificate(name, in: folder) }
        let tls =
            "{ cert_file = '\(folder.path("server.pem"))', key_file = '\(folder.path("server.key"))'"
            + more.replacing("FOLDER", with: folder.path) + " }"
        try await EndToEndTests.withProxy(["web.tls": tls]) { proxy in
            try await body(proxy, folder, "https://127.0.0.1:\(proxy.httpPort)")
        }
    }

    /// The proxy behind `tls`, or `plain`.
    static func withProxy(scheme: String, _ body: (ProxyProcess, String) async throws -> Void) async throws {
        if scheme == "tls" { return try await withSecureProxy { proxy, _, url in try await body(proxy, url) } }
        try await EndToEndTests.withProxy { proxy in try await body(proxy, proxy.url("")) }
    }

    @Test func curl_ReadsMetrics_AndIsToldWhatIsWrong() async throws {
        try await Self.withSecureProxy { proxy, folder, url in
            try proxy.send(##"{"a": "# TYPE a gauge\na 1\n"}"##)
            let trusted = folder.path("server.pem")
            let metrics = try await Self.curl("--cacert", trusted, "\(url)/metrics")
            #expect(metrics.isAnswered && metrics.output.contains("\na 1\n"), "\(metrics.errors)")
            let version = try await Self.curl("--cacert", trusted, "-o", "/dev/null", "-w", "%{http_version}", url)
            #expect(version.output == "1.1")
            let old = try await Self.curl("--cacert", trusted, "--tls-max", "1.1", url)
            #expect(!old.isAnswered)
            let stranger = try await Self.curl("\(url)/metrics")
            #expect(!stranger.isAnswered && stranger.errors.contains("certificate"))
            let plain = try proxy.get("/metrics")
            #expect(plain.status == 400 && plain.text == "400 this port speaks HTTPS, not HTTP\n")
            let own = try await Self.curl("--cacert", trusted, "\(url)/-/metrics").output
            #expect(own.contains("\nexporter_proxy_tls_certificate_expiry_timestamp_seconds 1"))
            #expect(own.contains("\nexporter_proxy_tls_handshake_failures_total{reason=\"not_tls\"} 1\n"))
        }
    }

    @Test func clientCertificate_IsAskedFor() async throws {
        let more = ", client_ca_file = 'FOLDER/client.pem', min_version = '1.3'"
        try await Self.withSecureProxy(more) { _, folder, url in
            let trusted = folder.path("server.pem")
            let nobody = try await Self.curl("--cacert", trusted, "\(url)/-/healthy")
            #expect(!nobody.isAnswered)
            for (name, isTaken) in [("client", true), ("server", false)] {
                let answer = try await Self.curl(
                    "--cacert", trusted, "--cert", folder.path("\(name).pem"), "--key", folder.path("\(name).key"),
                    "\(url)/-/healthy")
                #expect(answer.isAnswered == isTaken, "\(answer.errors)")
            }
            let old = try await Self.curl("--cacert", trusted, "--tls-max", "1.2", "\(url)/-/healthy")
            #expect(!old.isAnswered)
        }
    }

    /// A session that is taken up again is still one with a certificate.
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func session_IsTakenUpAgain(version: String) async throws {
        try await Self.withSecureProxy(", client_ca_file = 'FOLDER/client.pem'") { proxy, folder, _ in
            func ask(_ more: String...) async throws -> String {
                let arguments =
                    [
                        "s_client", version, "-connect", "127.0.0.1:\(proxy.httpPort)", "-CAfile",
                        folder.path("server.pem"), "-ign_eof", "-cert", folder.path("client.pem"), "-key",
                        folder.path("client.key"),
                    ] + more
                let request = "GET /-/healthy HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                return try await run(Tool.openssl.path(), arguments, input: Array(request.utf8)).output
            }
            let session = folder.path("session")
            let first = try await ask("-sess_out", session)
            #expect(first.contains("OK, exporter-proxy is healthy"), "\(first)")
            let second = try await ask("-sess_in", session)
            #expect(second.contains("OK, exporter-proxy is healthy") && second.contains("\nReused, "), "\(second)")
        }
    }

    @Test func apps_AsksTheProxyOverTLS() async throws {
        try await Self.withSecureProxy { proxy, folder, _ in
            try proxy.send(#"{"secure": "a 1"}"#)
            let port = "127.0.0.1:\(proxy.httpPort)"
            let apps = try await run(
                ProxyProcess.program, ["apps", "-c", proxy.configurationPath, "-l", port],
                environment: ProxyProcess.environment)
            #expect(apps.exit == .status(0) && apps.output.contains("secure"), "\(apps.errors)")
        }
    }

    // MARK: The certificate

    @Test func flags_SayTheCertificate_AndAWrongOneIsStatus78() async throws {
        let folder = try TemporaryFolder()
        for name in ["server", "client"] { try await Self.makeCertificate(name, in: folder) }
        let configuration = try folder.write("config.toml", ProxyProcess.configuration(in: folder))
        func check(_ command: [String], certificate: String, key: String?) async throws -> (
            exit: ChildProcess.Exit, output: String, errors: String
        ) {
            let flags = ["--tls-cert", folder.path(certificate)] + (key.map { ["--tls-key", folder.path($0)] } ?? [])
            return try await run(
                ProxyProcess.program, command + ["-c", configuration] + flags, environment: ProxyProcess.environment)
        }
        let good = try await check(["check"], certificate: "server.pem", key: "server.key")
        #expect(good.exit == .status(0), "\(good.errors)")
        for command in [["check"], []] {
            let wrong = try await check(command, certificate: "server.pem", key: "client.key")
            #expect(wrong.exit == .status(78))
            #expect(wrong.errors.contains("the key in \(folder.path("client.key")) is not that of"), "\(wrong.errors)")
            let absent = try await check(command, certificate: "none.pem", key: "server.key")
            #expect(absent.exit == .status(78) && absent.errors.contains("cannot read \(folder.path("none.pem"))"))
            let half = try await check(command, certificate: "server.pem", key: nil)
            #expect(half.exit == .status(64) && half.errors.contains("--tls-cert and --tls-key go together"))
        }
    }

    @Test func reload_TakesAnotherCertificate_OrNone() async throws {
        try await Self.withSecureProxy { proxy, folder, url in
            let text = String(decoding: TemporaryFolder.read(proxy.configurationPath), as: UTF8.self)
            func reload(_ text: String, until line: String) async throws {
                try proxy.folder.write("config.toml", text)
                proxy.child.send(SIGHUP)
                try await wait(until: "the log says \(line)") { proxy.log.contains(line) }
            }
            try await reload(
                text.replacing("server.", with: "none."), until: "configuration not reloaded, the old one holds")
            #expect(try await Self.curl("--cacert", folder.path("server.pem"), "\(url)/-/healthy").isAnswered)
            try await reload(text.replacing("server.", with: "client."), until: "changed=web")
            #expect(try await Self.curl("--cacert", folder.path("client.pem"), "\(url)/-/healthy").isAnswered)
        }
    }
}
