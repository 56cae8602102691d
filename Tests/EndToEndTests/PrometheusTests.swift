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
