import TestSupport
import Testing

/// Debian's Prometheus asks `/targets` what to scrape.
@Suite(.sharesMachine, .needs(.prometheus))
struct DiscoveryPrometheusTests {
    /// As the README shows it: no relabeling.
    private static func job(_ proxy: ProxyProcess, _ path: String) -> String {
        "http_sd_configs: [{url: \"\(proxy.url(path))\", refresh_interval: 1s}]"
    }

    @Test func prometheus_KeepsItsTargets_WhileAGeneratorFails() async throws {
        let folder = try TemporaryFolder()
        try await withProxy(["discovery.root": "\"\(folder.path)\"", "discovery.cache_time": "\"off\""]) { proxy in
            func write(_ label: String) throws {
                let target = "{'targets': ['127.0.0.1:\(proxy.httpPort)'], 'labels': {'team': '\(label)'}}"
                try folder.write("a.py", "def generate_targets():\n    return [\(target)]\n")
            }
            try write("one")
            let prometheus = try Prometheus(job: Self.job(proxy, "/targets"))
            try await wait(until: "the target is up") { try prometheus.value(#"up{team="one"}"#) == 1 }
            try folder.write("a.py", "raise ValueError('no database')\n")
            let stale = #"httpsd_path_requests_total{path="",status="stale"}"#
            try await wait(until: "it has asked in vain") { (try? proxy.ownSample(stale)) ?? 0 >= 2 }
            #expect(try prometheus.value("prometheus_sd_http_failures_total") ?? 0 == 0)
            let scrapes = #"exporter_proxy_http_requests_total{route="/metrics",code="200"}"#
            let before = try proxy.ownSample(scrapes)
            try await wait(until: "the target is still scraped") { try proxy.ownSample(scrapes) >= before + 2 }
            #expect(try prometheus.value(#"up{team="one"}"#) == 1)
            try write("two")
            try await wait(until: "the new list counts") { try prometheus.value(#"up{team="two"}"#) == 1 }
            try await prometheus.process.end()
        }
    }

    /// Names with what a URL would take for something else.
    private static let apps = ["plain", "a/b ü?#%", #"quote " and \"#]

    @Test func eachApp_IsATargetOfItsOwn() async throws {
        try await withProxy { proxy in
            for (place, app) in Self.apps.enumerated() {
                try proxy.send(CapnpMessage.of(app, "app_metric \(place)\n"))
            }
            let prometheus = try Prometheus(job: Self.job(proxy, "/targets/-/apps"))
            for (place, app) in Self.apps.enumerated() {
                let label = app.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                try await wait(until: "'\(app)' is up") { try prometheus.value("up{app=\"\(label)\"}") == 1 }
                #expect(try prometheus.value("app_metric{app=\"\(label)\"}") == Double(place))
            }
            try proxy.send(CapnpMessage.of("plain", "not an exposition {\n"))
            try await wait(until: "the app is down") { try prometheus.value(#"up{app="plain"}"#) == 0 }
            #expect(try prometheus.value(#"up{app="a/b ü?#%"}"#) == 1)
            try await prometheus.process.end()
        }
    }

    @Test func polledExporters_AreTargets() async throws {
        try await withProxy { polled in
            try polled.send(CapnpMessage.of("a", "polled_metric 1\n"))
            let target =
                "[[poll_external.target]]\nurl = \"\(polled.url("/metrics?x=1"))\"\nname = \"one\"\n"
            try await withProxy(more: target) { proxy in
                let prometheus = try Prometheus(job: Self.job(proxy, "/targets/-/polls"))
                try await wait(until: "it is scraped") { try prometheus.value(#"polled_metric{app="one"}"#) == 1 }
                #expect(try prometheus.value(#"up{instance="127.0.0.1:\#(polled.httpPort)"}"#) == 1)
                try await prometheus.process.end()
            }
        }
    }
}
