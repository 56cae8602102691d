import Glibc
import TestSupport
import Testing

/// The tunnel: both ends ours, and each end with the independent peer.
@Suite(.sharesMachine)
struct TunnelTests {
    private static let text = "# TYPE mini_scrapes_total counter\n"

    private func withNode(_ body: (RunningNode) async throws -> Void) async throws {
        let node = try await RunningNode.start()
        try await body(node)
        try await node.end()
        #expect(!node.child.errorText.contains("Sanitizer"), "\(node.child.errorText)")
    }

    @Test func clientOfOurs_IsScrapedByABridgeOfOurs() async throws {
        try await withNode { node in
            try await withProxy(TunnelKeys.bridge(node)) { bridge in
                try await withProxy(try await TunnelKeys.client(node)) { client in
                    try client.send(#"{"app": "tunnelled 7\n"}"#, over: .tcp)
                    try await wait(until: "the client is scraped") {
                        let answer = try bridge.get("/scrape/web1/metrics")
                        return answer.status == 200 && answer.text.contains("tunnelled 7\n")
                    }
                    #expect(try bridge.get("/scrape/nobody/metrics").status == 404)
                    let targets = try bridge.get("/targets/-/aliases")
                    #expect(targets.text.contains("web1:") && targets.text.contains(":shop"), "\(targets.text)")
                    let apps = try bridge.get("/apps").text
                    #expect(apps.contains("web1") && apps.contains("(connected)"), "\(apps)")
                    let json = try bridge.get("/apps?format=json").text
                    #expect(json.contains("\"alias\": \"web1\""), "\(json)")
                    try await wait(until: "it says so") {
                        try client.ownSample(#"exporter_proxy_tunnel_registered{tunnel="client"}"#) == 1
                    }
                }
            }
        }
    }

    @Test func bridgeThatComesBack_KnowsItsAliases() async throws {
        try await withNode { node in
            let folder = try TemporaryFolder()
            let settings = TunnelKeys.bridge(
                node, ["tunnel.bridge.targets_file": "\"\(folder.path("targets.json"))\""])
            let client = try await ProxyProcess.start(try await TunnelKeys.client(node))
            for _ in 0..<2 {
                try await withProxy(settings) { bridge in
                    try await wait(until: "the client is scraped") {
                        try bridge.get("/scrape/web1/metrics").status == 200
                    }
                }
            }
            #expect(
                String(decoding: TemporaryFolder.read(folder.path("targets.json")), as: UTF8.self).contains("web1:"))
            #expect(try await client.stop() == .status(0))
        }
    }

    @Test func clientThatIsKilled_IsA502InTime_AndComesBack() async throws {
        try await withNode { node in
            try await withProxy(TunnelKeys.bridge(node, ["tunnel.bridge.request_timeout": "\"1s\""])) { bridge in
                let settings = try await TunnelKeys.client(node)
                let first = try await ProxyProcess.start(settings)
                try await wait(until: "it is scraped") { try bridge.get("/scrape/web1/metrics").status == 200 }
                first.child.send(SIGKILL)
                _ = try await first.child.exit(within: .seconds(5))
                let answer = try bridge.get("/scrape/web1/metrics")
                #expect(answer.status == 502 && answer.text.contains("Upstream unavailable"), "\(answer)")
                let second = try await ProxyProcess.start(settings)
                try await wait(until: "it is scraped again") { try bridge.get("/scrape/web1/metrics").status == 200 }
                #expect(try await second.stop() == .status(0))
            }
        }
    }

    @Test func wrongSecret_IsRefused_WithAReason() async throws {
        try await withNode { node in
            try await withProxy(TunnelKeys.bridge(node)) { bridge in
                let wrong = "\"\(String(repeating: "00", count: 32))\""
                try await withProxy(try await TunnelKeys.client(node, ["tunnel.client.scraper_secret": wrong])) {
                    client in
                    try await wait(until: "both say so") {
                        client.log.contains("not registered at the bridge")
                            && bridge.log.contains("alias not registered")
                    }
                    #expect(client.log.contains("Unauthorised"), "\(client.log)")
                    #expect(try bridge.get("/scrape/web1/metrics").status == 404)
                }
            }
        }
    }

    @Test func clientWithoutUDP_IsScrapedOverAStreamToTheOnePort() async throws {
        try await withProxy(TunnelKeys.bridgeOfStreams) { bridge in
            let settings = try await TunnelKeys.client(
                nil, ["tunnel.client.bridge_url": "\"http://127.0.0.1:\(bridge.httpPort)\""])
            try await withProxy(settings) { client in
                try client.send(#"{"app": "tunnelled 7\n"}"#, over: .tcp)
                try await wait(until: "the client is scraped") {
                    let answer = try bridge.get("/scrape/web1/metrics")
                    return answer.status == 200 && answer.text.contains("tunnelled 7\n")
                }
                let (_, status, _) = try await run(
                    ProxyProcess.program, ["tunnel", "status", "--url", "http://127.0.0.1:\(bridge.httpPort)"])
                #expect(status.contains("web1: connected over stream"), "\(status)")
            }
            let gone = try bridge.get("/scrape/web1/metrics")
            #expect(gone.status == 502 && gone.text.contains("Upstream unavailable"), "\(gone)")
            #expect(try bridge.get("/-/tunnel").status == 426)
        }
    }

    @Test func listThatCannotBeWritten_IsSaidToClients_WhoAreScrapedAllTheSame() async throws {
        let folder = try TemporaryFolder()
        let (lists, file) = (folder.path("lists"), folder.path("lists/targets.json"))
        #expect(mkdir(lists, 0o755) == 0)
        var settings = TunnelKeys.bridgeOfStreams
        settings["tunnel.bridge.targets_file"] = "\"\(file)\""
        try await withProxy(settings) { bridge in
            #expect(rmdir(lists) == 0, "nothing was in it")
            let way = ["tunnel.client.bridge_url": "\"http://127.0.0.1:\(bridge.httpPort)\""]
            try await withProxy(try await TunnelKeys.client(nil, way)) { client in
                try await wait(until: "both say so") {
                    client.log.contains("the list of aliases cannot be written to disk")
                        && bridge.log.contains("cannot write the file of aliases")
                }
                try await wait(until: "it is scraped") { try bridge.get("/scrape/web1/metrics").status == 200 }
                #expect(mkdir(lists, 0o755) == 0)
                try await wait(until: "it is registered") {
                    try client.ownSample(#"exporter_proxy_tunnel_registered{tunnel="client"}"#) == 1
                }
                #expect(String(decoding: TemporaryFolder.read(file), as: UTF8.self).contains("web1:"))
                #expect(bridge.log.contains("the file of aliases is written again"))
            }
        }
    }

    // MARK: The independent peer

    @Test(
        .needsConformanceCases, .needs(.python),
        arguments: [["FILL": "5000"], ["DROP": "0.15"], ["MINI_OPEN": "1"], ["MINI_PUNCH": "1"]])
    func independentClient_IsScrapedByOurBridge(environment: [String: String]) async throws {
        try await withNode { node in
            try await withProxy(TunnelKeys.bridge(node)) { bridge in
                let key = try await TunnelKeys.publicKey(TunnelKeys.bridgeSeed)
                let arguments = ["client", "\(node.port)", key, TunnelKeys.secret, "mini", "svc"]
                var peer = try PythonPeer.start(arguments, environment)
                try await wait(until: "it is scraped") {
                    // It tries each step once, and ends where that is lost.
                    if peer.hasEnded { peer = try PythonPeer.start(arguments, environment) }
                    let answer = try bridge.get("/scrape/mini/metrics")
                    return answer.status == 200 && answer.text.contains("mini_scrapes_total")
                }
                if let fill = environment["FILL"] {
                    #expect(samples(in: try bridge.get("/scrape/mini/metrics").text) == 1 + (Int(fill) ?? 0))
                }
                peer.child.send(SIGKILL)
            }
        }
    }

    @Test(.needsConformanceCases, .needs(.python), arguments: [[:], ["DROP": "0.15"]])
    func independentScraper_ScrapesOurClient(environment: [String: String]) async throws {
        try await withNode { node in
            var log = ""
            // It tries each step once, and ends where that is lost.
            for _ in 0..<4 where !log.contains("scraper done") {
                let scraper = try PythonPeer.start(
                    ["scraper", "\(node.port)", TunnelKeys.bridgeSeed, TunnelKeys.secret],
                    environment.merging(["PAUSE": "0.1"]) { $1 })
                try await wait(until: "it can be called") { scraper.log.contains("scraper key") }
                try await withProxy(try await TunnelKeys.client(node)) { client in
                    try client.send(#"{"app": "tunnelled 7\n"}"#, over: .tcp)
                    try await wait(until: "it has scraped three times, or failed") {
                        scraper.log.contains("scraper done") || scraper.hasEnded
                    }
                }
                log = scraper.log
            }
            #expect(log.contains("scrape 2 ok") && log.contains("tunnelled 7"), "\(log)")
        }
    }
}
