import Glibc
import TestSupport
import Testing

/// Events through starts as Hermes is started, reloads, restarts and kills.
@Suite(.sharesMachine)
struct EventLifeTests {
    // MARK: The environment of Hermes

    /// How one of the generations is told where to listen.
    struct Generation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var path: String
        /// By the port for datagrams.
        var environment: @Sendable (UInt16) -> [String: String] = { _ in [:] }
        /// Added to the file of definitions.
        var more: @Sendable (UInt16) -> String = { _ in "" }
    }

    static let generations = [
        Generation(
            testDescription: "0.1.0", path: "CONFIG_FILE_PATH",
            environment: { _ in ["HERMES_CONFIG_PATH": "", "LISTEN_PORT": "", "LOG_LEVEL": "DEBUG"] },
            more: { #""listen_address": "127.0.0.1", "listen_port": \#($0),"# }),
        Generation(
            testDescription: "1.0.0", path: "HERMES_CONFIG_PATH",
            environment: { ["LISTEN_ADDRESS": "127.0.0.1", "LISTEN_PORT": "\($0)", "CONFIG_FILE_PATH": "/nowhere"] }),
        Generation(
            testDescription: "1.0.1", path: "HERMES_CONFIG_PATH",
            environment: { ["LISTEN_PORT": "\($0)", "LOG_LEVEL": "warn"] }),
    ]

    /// Starts the program with a file that says nothing of events, or of the HTTP port.
    private static func start(_ folder: TemporaryFolder, _ environment: [String: String]) throws -> ChildProcess {
        let path = try folder.write(
            "config.toml",
            """
            [receiver]
            receiver_tcp_socket = "127.0.0.1:0"
            receiver_unix_socket = "\(folder.path("receiver.sock"))"

            """)
        return try ChildProcess(
            ProxyProcess.program, ["--config", path],
            environment: ProxyProcess.environment.merging(environment) { $1 }, directory: folder.path)
    }

    @Test(arguments: generations) func environmentOfHermes_IsEnough(generation: Generation) async throws {
        let folder = try TemporaryFolder()
        let (http, port) = (try freePort(), try freePort(SOCK_DGRAM))
        let path = try folder.write("hermes.json", "{\(generation.more(port))\(sampleDefinitions.dropFirst())")
        let environment = [
            generation.path: path, "PROMETHEUS_LISTEN_PORT": "\(http)", "MAX_BUFFER_SIZE": "2048",
        ].merging(generation.environment(port)) { $1 }
        let child = try Self.start(folder, environment)
        try await wait(until: "it serves") {
            guard child.isRunning else { throw TestFailure("it ended: \(child.errorText)") }
            return (try? HTTPAnswer.get(http, "/-/ready").status) == 200
        }
        let udp = try SocketClient.udp(port)
        try udp.sendDatagram(plainPacket)
        try udp.sendDatagram(plainPacket + String(repeating: " ", count: 2048))
        try udp.sendDatagram(plainPacket)
        try await wait(until: "both are counted") {
            try ScrapedPage(HTTPAnswer.get(http, "/metrics").text).has("plain_counter 2")
        }
        let own = try ScrapedPage(HTTPAnswer.get(http, "/-/metrics").text)
        #expect(try own.has(#"exporter_proxy_events_refused_total{reason="too_long"} 1"#))
        #expect(child.errorText.contains("level=info") != (generation.testDescription == "1.0.1"))
        child.send(SIGTERM)
        #expect(try await child.exit() == .status(0), "\(child.errorText)")
    }

    /// What ends Hermes, or opens it to everybody, and what of it is named.
    @Test(arguments: [
        ("LISTEN_PORT", "abc", "LISTEN_PORT"), ("LISTEN_PORT", "70000", "LISTEN_PORT"),
        ("LISTEN_ADDRESS", "::1]", "LISTEN_ADDRESS"), ("PROMETHEUS_LISTEN_PORT", "http", "PROMETHEUS_LISTEN_PORT"),
        ("MAX_BUFFER_SIZE", "2k", "MAX_BUFFER_SIZE"),
        ("HERMES_CONFIG_PATH", "/nowhere/hermes.json", "/nowhere/hermes.json"),
    ])
    func wrongEnvironment_IsNamed(variable: String, value: String, named: String) async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("hermes.json", sampleDefinitions)
        let environment = ["HERMES_CONFIG_PATH": path, "PROMETHEUS_LISTEN_PORT": "0"].merging([variable: value]) { $1 }
        let child = try Self.start(folder, environment)
        #expect(try await child.exit() == .status(78), "\(child.errorText)")
        #expect(child.errorText.split(separator: "\n").contains { $0.contains(named) }, "\(child.errorText)")
    }

    /// Others have variables of these names too.
    @Test func withoutAFileOfHermes_ItsEnvironmentIsNotLookedAt() async throws {
        let environment = ["LISTEN_PORT=abc", "PROMETHEUS_LISTEN_PORT=abc", "MAX_BUFFER_SIZE=2k", "CONFIG_FILE_PATH="]
        try await withProxy(under: ["/usr/bin/env"] + environment) { proxy in
            #expect(!proxy.log.contains("receiving events"), "\(proxy.log)")
            let own = try proxy.get("/-/metrics").text
            #expect(!own.contains("exporter_proxy_events"))
        }
    }

    // MARK: Reload

    private static func write(_ settings: [String: String], more: String = "", of proxy: ProxyProcess) throws {
        try proxy.folder.write("config.toml", ProxyProcess.configuration(settings, in: proxy.folder) + more)
    }

    private static let table = "[[events.counter]]\nname = \"from_table\"\n"

    @Test func reload_AddsAndRemovesDefinitions_AndKeepsTheValuesOfOthers() async throws {
        let folder = try TemporaryFolder()
        try await withEvents(in: folder) { proxy, udp in
            let newPacket = #"{"metric_name": "from_table"}"#
            let counter = samplePacket("counter", "kept")
            let gauge = samplePacket("gauge", "goes", #", "operation": "increment""#)
            var outcome = try await proxy.outcome(of: 3) {
                for packet in [counter, gauge, newPacket] { try udp.sendDatagram(packet) }
            }
            #expect(outcome == ["udp": 2, "unknown_metric": 1])

            try folder.write("hermes.json", sampleDefinitions.replacing("sample_gauge", with: "other_gauge"))
            try Self.write(eventSettings(in: folder), more: Self.table, of: proxy)
            #expect(try await proxy.hangUp().contains("changed=events"))
            outcome = try await proxy.outcome(of: 3) {
                for packet in [counter, gauge, newPacket] { try udp.sendDatagram(packet) }
            }
            #expect(outcome == ["udp": 2, "unknown_metric": 1])
            try await proxy.expectSamples([#"sample_counter{label_1="kept"} 2"#, "from_table 1"])

            // Other labels are another metric.
            try folder.write("hermes.json", sampleDefinitions.replacing("label_1", with: "label_9"))
            #expect(try await proxy.hangUp().contains("changed=events"))
            outcome = try await proxy.outcome(of: 2) {
                for packet in [counter, newPacket] { try udp.sendDatagram(packet) }
            }
            #expect(outcome == ["udp": 1, "unknown_label": 1])
            try await proxy.expectSamples(["from_table 2"])
        }
    }

    @Test func reloadOfABrokenFile_IsRefused_AndTheOldHolds() async throws {
        let folder = try TemporaryFolder()
        try await withEvents(in: folder) { proxy, udp in
            #expect(try await proxy.outcome { try udp.sendDatagram(plainPacket) } == ["udp": 1])
            let port = try proxy.eventPort()
            for (text, named) in [
                (String(sampleDefinitions.dropLast(3)), "hermes.json"),
                (sampleDefinitions.replacing("sample_counter", with: "no name"), "counters[0].metric_name"),
                (sampleDefinitions.replacing("sample_gauge", with: "sample_counter"), "gauges[0].metric_name"),
                (sampleDefinitions.replacing("label_2", with: "label_1"), "gauges[0].labels"),
            ] {
                try folder.write("hermes.json", text)
                let line = try await proxy.hangUp()
                #expect(line.contains("not reloaded") && line.contains(named), "\(named) in \(line)")
                #expect(try await proxy.outcome { try udp.sendDatagram(plainPacket) } == ["udp": 1])
            }
            #expect(unlink(folder.path("hermes.json")) == 0)
            #expect(try await proxy.hangUp().contains("No such file or directory"))
            #expect(try await proxy.outcome { try udp.sendDatagram(plainPacket) } == ["udp": 1])
            #expect(try proxy.eventPort() == port)
            try await proxy.expectSamples(["plain_counter 6"])

            // What Hermes would not mind is said, and taken.
            try folder.write(
                "hermes.json", sampleDefinitions.replacing("metric_description", with: "metric_descripton"))
            #expect(try await proxy.hangUp().contains("changed=events"))
            #expect(proxy.log.contains("did you mean 'metric_description'?"), "\(proxy.log)")
            try await proxy.expectSamples(["plain_counter 6"])
        }
    }

    /// What was sent before is still read.
    @Test func reload_MovesAndClosesDoors() async throws {
        let folder = try TemporaryFolder()
        try await withEvents(in: folder) { proxy, udp in
            let port = try freePort(SOCK_DGRAM)
            var settings = eventSettings(in: folder)
            settings["events.listen"] = "\"127.0.0.1:\(port)\""
            try Self.write(settings, of: proxy)
            var outcome = try await proxy.outcome(of: 200) {
                for _ in 0..<200 { try udp.sendDatagram(plainPacket) }
                #expect(try await proxy.hangUp().contains("changed=events"))
            }
            #expect(try outcome == ["udp": 200] && proxy.eventPort() == port, "\(proxy.log)")
            // It is said at the next one that nobody listens there.
            #expect(throws: TestFailure.self) { for _ in 0..<2 { try udp.sendDatagram(plainPacket) } }
            let moved = try SocketClient.udp(port)
            #expect(try await proxy.outcome { try moved.sendDatagram(plainPacket) } == ["udp": 1])

            // The same port of all addresses: no packet may be lost in between.
            settings["events.listen"] = "\"0.0.0.0:\(port)\""
            try Self.write(settings, of: proxy)
            outcome = try await proxy.outcome(of: 200) {
                for _ in 0..<100 { try moved.sendDatagram(plainPacket) }
                #expect(try await proxy.hangUp().contains("changed=events"))
                for _ in 0..<100 { try moved.sendDatagram(plainPacket) }
            }
            #expect(outcome == ["udp": 200])

            for key in ["events.listen", "events.tcp_listen", "events.unix_socket"] { settings[key] = "\"\"" }
            try Self.write(settings, of: proxy)
            try await proxy.hangUp()
            #expect(access(folder.path("events.sock"), F_OK) != 0)
            #expect((try? SocketClient.tcp(proxy.eventPort(.tcp))) == nil, "the TCP port is still open")
            #expect(throws: TestFailure.self) { for _ in 0..<2 { try moved.sendDatagram(plainPacket) } }
            // The values stay.
            try await proxy.expectSamples(["plain_counter 401"])

            try Self.write(eventSettings(in: folder), of: proxy)
            try await proxy.hangUp()
            let again = try SocketClient.udp(proxy.eventPort())
            outcome = try await proxy.outcome { try again.sendDatagram(plainPacket) }
            #expect(outcome == ["udp": 1])
            try await proxy.expectSamples(["plain_counter 402"])
        }
    }

    // MARK: Restarts

    /// Nothing is saved but at the end and after scrapes.
    private static func settings(_ folder: TemporaryFolder) -> [String: String] {
        ["store.path": "\"\(folder.path("state"))\"", "store.save_interval": "\"1h\""]
    }

    private static let packets = [
        samplePacket("counter", "é"), samplePacket("gauge", "NaN", #", "operation": "set", "value": NaN"#),
        samplePacket("gauge", "g", #", "operation": "decrement""#),
        samplePacket("histogram", "h", #", "observation": 0.3"#), samplePacket("summary", "s", #", "observation": 7"#),
        plainPacket,
    ]

    @Test(.needs(.promtool)) func anOrderlyEnd_KeepsAllValues() async throws {
        let folder = try TemporaryFolder()
        var before = ""
        try await withEvents(Self.settings(folder), in: folder) { proxy, udp in
            _ = try await proxy.outcome(of: Self.packets.count) {
                for packet in Self.packets { try udp.sendDatagram(packet) }
            }
            before = try proxy.metrics()
            // Shown to nobody, and perhaps not read yet when the end is asked for.
            for _ in 0..<50 { try udp.sendDatagram(plainPacket) }
        }
        #expect(before.contains("\nplain_counter 1\n"))
        try await withEvents(Self.settings(folder), in: folder) { proxy, udp in
            #expect(try proxy.metrics() == before.replacing("\nplain_counter 1\n", with: "\nplain_counter 51\n"))
            #expect(try await refusalOfPromtool(of: proxy.get("/metrics").body) == nil)
            _ = try await proxy.outcome(of: Self.packets.count) {
                for packet in Self.packets { try udp.sendDatagram(packet) }
            }
            #expect(try proxy.scrape().has("plain_counter 52"))
            #expect(try proxy.scrape().has(#"sample_histogram_bucket{label_1="h",le="0.5"} 2"#))
            #expect(try proxy.scrape().has(#"sample_summary_sum{label_1="s"} 14"#))
        }
        // With other definitions what fits is there.
        let other = sampleDefinitions.replacing("label_1", with: "label_9")
        try await withEvents(Self.settings(folder), definitions: other, in: folder) { proxy, _ in
            try await proxy.expectSamples(["plain_counter 52"])
            #expect(!proxy.log.contains("level=error"), "\(proxy.log)")
        }
    }

    /// Each scrape has the values saved. Of two pushes that are answered after it the second one was begun when that
    /// was done: both are written by the same thread, one after the other.
    @Test func aKill_TakesBackNothingThatWasScraped() async throws {
        let folder = try TemporaryFolder()
        try folder.write("hermes.json", sampleDefinitions)
        let settings = eventSettings(in: folder).merging(Self.settings(folder)) { $1 }
        for round in 1...10 {
            let proxy = try await ProxyProcess.start(settings)
            let client = try SocketClient.tcp(proxy.eventPort(.tcp))
            try client.send(Array(repeating: plainPacket, count: 100).joined(separator: "\n"))
            client.endSending()
            #expect(try client.readToEnd() == .closed([]))
            // The first one of the process: no other has asked for a save shortly before.
            #expect(try proxy.scrape().has("plain_counter \(round * 100)"), "round \(round): \(proxy.log)")
            for _ in 0..<2 { #expect(try proxy.send(HTTPRequest("PUT /metrics/job/a", "a 1\n")).status == 200) }
            #expect(try await proxy.stop(SIGKILL) == .signal(SIGKILL))
        }
        try await withProxy(settings) { proxy in
            let page = try proxy.scrape()
            #expect(try page.has("plain_counter 1000"))
            #expect(!proxy.log.contains("level=error"), "\(proxy.log)")
        }
    }
}
