import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// What the proxy tells of itself at `/-/metrics`.
@Suite(.sharesMachine)
struct TelemetryTests {
    /// Runs a proxy with every door, which polls another one.
    private func withPollingProxy(
        more: String = "", _ body: (_ polled: ProxyProcess, _ proxy: ProxyProcess) async throws -> Void
    ) async throws {
        try await withProxy { polled in
            let target = "[[poll_external.target]]\nurl = \"\(polled.url("/-/metrics"))\"\nname = \"one \\\"é\\\"\"\n"
            let folder = try TemporaryFolder()
            try folder.write("hermes.json", sampleDefinitions)
            let settings = ["poll_external.poll_interval": "\"100ms\"", "store.path": "\"\(folder.path)\""]
            try FileManager.default.createDirectory(
                atPath: folder.path("targets"), withIntermediateDirectories: true)
            try folder.write("targets/a.json", "[]")
            let targets = ["discovery.root": "\"\(folder.path("targets"))\""]
            let all = settings.merging(eventSettings(in: folder)) { $1 }.merging(targets) { $1 }
            try await withProxy(all, more: target + more) { proxy in
                try proxy.send(#"{"app": "a 1"}"#)
                try await body(polled, proxy)
            }
        }
    }

    @Test(.needs(.promtool))
    func promtool_FindsNothingWrong_WhateverHasHappened() async throws {
        try await withPollingProxy { _, proxy in
            try await wait(until: "it is polled") {
                try proxy.ownSample(#"exporter_proxy_poll_successes_total{target="one \"é\""}"#) > 1
            }
            try proxy.send("nonsense")
            for path in ["/metrics", "/apps", "/nowhere", "/apps/x/metrics", "/-/metrics"] { _ = try proxy.get(path) }
            let (exit, output, errors) = try await run(
                Tool.promtool.path(), ["check", "metrics"], input: try proxy.get("/-/metrics").body)
            #expect(exit == .status(0) && output + errors == "", "\(output)\(errors)")
        }
    }

    /// The names of both, and their labels.
    @Test func documentation_HasEveryMetric_AndNoOther() async throws {
        let narrow = "[[exposition.source]]\nname = \"narrow\"\nbytes_max = 1\n"
        try await withPollingProxy(more: narrow + Self.tunnels) { _, proxy in
            // What is known of a source has samples only where there is something to tell.
            try proxy.send(##"{"first": "# TYPE t gauge\nt 1\n", "narrow": "n 1\n"}"##)
            _ = try proxy.metrics()
            _ = try proxy.get("/targets")
            try proxy.send(##"{"later": "# TYPE t counter\nt 1\n\nbad\n"}"##)
            let served = Self.families(on: try proxy.get("/-/metrics").text)
            let page = String(decoding: TemporaryFolder.read("\(Tool.repository)/docs/operations.md"), as: UTF8.self)
            let rows = page.matches(of: /(?m)^\| `((?:exporter_proxy|process|httpsd)_\w+)` \| ([^|]+) \|/)
            #expect(rows.count == Set(rows.map(\.1)).count, "a metric is documented twice")
            let documented = Dictionary(
                rows.map { (String($0.1), Set($0.2.matches(of: /`(\w+)`/).map { String($0.1) })) }
            ) { $1 }
            #expect(served.keys.count > 20)
            #expect(Set(served.keys).subtracting(documented.keys).sorted() == [], "not in docs/operations.md")
            let withTLS: Set = ["exporter_proxy_tls_certificate_expiry_timestamp_seconds"]
            #expect(Set(documented.keys).subtracting(served.keys) == withTLS, "not at /-/metrics")
            for (name, labels) in served { #expect(documented[name] == labels, "the labels of \(name)") }
        }
    }

    /// Both ends of a tunnel, with nobody to talk to.
    private static let tunnels = """
        [tunnel.client]
        scraper_public_key = "4721b5b632272e65a68dda7ac25b4185f8b01916db185c14287db92e2b770fae"
        scraper_secret = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
        alias = "a"
        bootstrap = ["127.0.0.1:9"]
        host = "127.0.0.1"
        [tunnel.bridge]
        shared_secret = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e"
        key_pair_seed = "b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"
        bootstrap = ["127.0.0.1:9"]
        host = "127.0.0.1"
        port = 0

        """

    /// The label names of each family.
    private static func families(on page: String) -> [String: Set<String>] {
        var families: [String: Set<String>] = [:]
        var family = ""
        for line in page.split(separator: "\n") {
            if let type = line.wholeMatch(of: /# TYPE (\w+) \w+/) {
                family = String(type.1)
                families[family] = []
            } else if !line.hasPrefix("#") {
                let names = line.matches(of: /[{,](\w+)="/).map { String($0.1) }
                families[family, default: []].formUnion(names.filter { $0 != "le" })
            }
        }
        return families
    }

    @Test func requests_AreCountedByRouteAndStatus() async throws {
        try await withProxy { proxy in
            for path in ["/metrics", "/metrics/", "/apps/a%2Fb/metrics", "/nowhere", "/elsewhere"] {
                _ = try proxy.get(path)
            }
            _ = try proxy.get("/metrics", method: "DELETE")
            func count(_ route: String, _ code: Int) throws -> Double {
                try proxy.ownSample("exporter_proxy_http_requests_total{route=\"\(route)\",code=\"\(code)\"}")
            }
            #expect(try count("/metrics", 200) == 2 && count("/metrics", 405) == 1)
            #expect(try count("/apps/*/metrics", 404) == 1 && count("/apps/*/metrics", 200) == 0)
            #expect(try count("none", 404) == 2)
            let series = "exporter_proxy_http_request_duration_seconds"
            #expect(try proxy.ownSample(series + #"_count{route="/metrics"}"#) == 3)
            #expect(try proxy.ownSample(series + #"_bucket{route="/metrics",le="+Inf"}"#) == 3)
            let sum = try proxy.ownSample(series + #"_sum{route="/metrics"}"#)
            #expect(sum > 0 && sum < 30)
        }
    }

    @Test func polls_AreTimed() async throws {
        try await withPollingProxy { polled, proxy in
            func sample(_ name: String) throws -> Double {
                try proxy.ownSample("exporter_proxy_poll_\(name){target=\"one \\\"é\\\"\"}")
            }
            try await wait(until: "it is polled") { try sample("up") == 1 }
            let (first, start) = (
                try sample("last_success_timestamp_seconds"), try proxy.ownSample("process_start_time_seconds")
            )
            #expect(first >= start && first < start + 3600)
            #expect(try sample("duration_seconds") > 0 && sample("duration_seconds") < 2)
            try await wait(until: "it is polled again") { try sample("last_success_timestamp_seconds") > first }
            polled.child.send(SIGSTOP)
            try await wait(until: "a poll has waited in vain") { try sample("up") == 0 }
            polled.child.send(SIGCONT)
            #expect(try sample("duration_seconds") >= 2)
            #expect(try sample("last_success_timestamp_seconds") > first)
        }
    }

    @Test(.needs(.prlimit))
    func process_IsAsTheKernelKnowsIt() async throws {
        try await withProxy(under: [Tool.prlimit.path(), "--nofile=1000"]) { proxy in
            let page = try proxy.get("/-/metrics").text
            #expect(page.contains(#"exporter_proxy_build_info{version=""#) && page.contains(#",swift="6."#))
            #expect(try proxy.ownSample("process_max_fds") == 1000)
            let memory = TemporaryFolder.read("/proc/\(proxy.child.pid)/statm").split(separator: 0x20)
                .compactMap { Double(String(decoding: $0, as: UTF8.self)) }
            let resident = try proxy.ownSample("process_resident_memory_bytes") / Double(getpagesize())
            #expect(abs(resident - memory[1]) < memory[1] / 2)
            #expect(try proxy.ownSample("process_virtual_memory_bytes") > Double(getpagesize()) * resident)
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(proxy.child.pid)/task").count
            #expect(try abs(proxy.ownSample("process_threads") - Double(threads)) <= 2)

            let before = try proxy.ownSample("process_cpu_seconds_total")
            try await wait(until: "the processor has had work") {
                _ = try proxy.get("/apps")
                return try proxy.ownSample("process_cpu_seconds_total") > before
            }
            let start = try proxy.ownSample("process_start_time_seconds")
            #expect(abs(start + 60 - Date.now.timeIntervalSince1970) < 120)
        }
    }

    @Test func descriptors_AreThoseThatAreOpen() async throws {
        try await withProxy { proxy in
            // As the kernel counts them; the sample has the connection as well that asks for it.
            func areCounted() throws -> Bool {
                let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(proxy.child.pid)/fd").count
                return try proxy.ownSample("process_open_fds") == Double(held + 1)
            }
            func open(_ door: String) throws -> Double {
                try proxy.ownSample("exporter_proxy_receiver_connections{door=\"\(door)\"}")
            }
            try await wait(until: "all are counted") { try areCounted() }
            let clients = try (0..<25).map { try proxy.connect($0 % 2 == 0 ? .tcp : .unix) }
            try await wait(until: "all are connected") { try open("tcp") == 13 && open("unix") == 12 }
            try await wait(until: "all are counted") { try areCounted() }
            #expect(try proxy.ownSample("process_open_fds") > 25)
            for client in clients { client.close() }
            try await wait(until: "all have gone") { try open("tcp") + open("unix") == 0 }
            try await wait(until: "all are counted") { try areCounted() }
        }
    }
}
