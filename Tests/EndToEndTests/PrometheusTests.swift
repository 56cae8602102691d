import FoundationEssentials
import TestSupport
import Testing

/// Debian's Prometheus scrapes the proxy as its users' would.
@Suite(.sharesMachine)
struct PrometheusTests {
    @Test(.needs(.prometheus, .curl))
    func prometheus_ScrapesEverySampleThatIsServed() async throws {
        try await withProxy { proxy in
            for app in 0..<20 {
                try proxy.send(#"{"app \#(app)": ["\#(Self.lines(app).joined(separator: #"", ""#))"]}"#)
            }
            let served = samples(in: try proxy.metrics())
            #expect(served == 20 * 6)

            let prometheus = try Prometheus(scraping: proxy)
            try await wait(until: "prometheus says up == 1") { try prometheus.value("up") == 1 }
            #expect(try prometheus.value("scrape_samples_scraped") == Double(served))
            #expect(try prometheus.value(#"app_7_requests{method="m3"}"#) == 703)
            #expect(try proxy.ownSample(#"exporter_proxy_http_requests_total{route="none",code="404"}"#) == 0)

            // A sample that an app no longer sends is gone from the next scrape.
            try proxy.send(#"{"app 7": "app_7_other 1"}"#)
            try await wait(until: "the samples are replaced") {
                try prometheus.value(#"app_7_requests{method="m3"}"#) == nil && prometheus.value("app_7_other") == 1
            }
            try await prometheus.process.end()
        }
    }

    private static func lines(_ app: Int) -> [String] {
        ["# TYPE app_\(app)_requests counter"]
            + (0..<6).map { #"app_\#(app)_requests{method=\"m\#($0)\"} \#(app * 100 + $0)"# }
    }

    @Test(.needs(.promtool))
    func promtool_FindsNothingWrong_WithWhatIsServed() async throws {
        try await withProxy { proxy in
            let lines = ["# HELP b_total Good.", "# TYPE b_total counter", "b_total 1"]
            try proxy.send("{\"b\": [\"\(lines.joined(separator: "\", \""))\"]}")
            try proxy.send(CapnpMessage.of("a", exposition("a")))
            for path in ["/metrics", "/-/metrics"] {
                let (exit, output, errors) = try await run(
                    Tool.promtool.path(), ["check", "metrics"], input: try proxy.get(path).body)
                #expect(exit == .status(0), "\(path): \(output)\(errors)")
                #expect(output + errors == "", "\(path)")
            }
        }
    }
}

/// Debian's Prometheus on a port of its own, with a database in a temporary folder.
private struct Prometheus {
    let process: ChildProcess
    private let folder = try! TemporaryFolder()
    private let port: UInt16

    init(scraping proxy: ProxyProcess) throws {
        try folder.write(
            "prometheus.yml",
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: proxy
                static_configs: [{targets: ["127.0.0.1:\(proxy.httpPort)"]}]

            """)
        // It cannot tell a port that the kernel chose.
        port = try freePort()
        process = try ChildProcess(
            Tool.prometheus.path(),
            [
                "--config.file=\(folder.path("prometheus.yml"))", "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
            ])
    }

    /// What an instant query finds; nil where there is no such series, or no answer yet.
    func value(_ query: String) throws -> Double? {
        guard process.isRunning else { throw TestFailure("prometheus ended: \(process.errorText)") }
        let encoded = query.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        guard let answer = try? HTTPAnswer.get(port, "/api/v1/query?query=\(encoded)"), answer.status == 200 else {
            return nil
        }
        let reply = try JSONDecoder().decode(Reply.self, from: Data(answer.body))
        return reply.data.result.first.flatMap { Double($0.value.text) }
    }

    private struct Reply: Decodable {
        struct Result: Decodable { var value: Value }
        struct Data: Decodable { var result: [Result] }
        var data: Data
    }

    /// A moment and a number as text.
    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            _ = try list.decode(Double.self)
            text = try list.decode(String.self)
        }
    }
}
