import TestSupport
import Testing

/// The page at `/`, as a real browser understands it.
@Suite(.sharesMachine, .serialized)
struct PageTests {
    private static func dump(_ url: String) async throws -> String {
        let profile = try TemporaryFolder()
        let chromium = try await run(
            Tool.chromium.path(),
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--user-data-dir=\(profile.path)", "--dump-dom", url,
            ], within: .seconds(60))
        #expect(chromium.exit == .status(0), "\(chromium.errors)")
        return chromium.output
    }

    @Test(.needs(.chromium))
    func page_NamesTheApps_AndRunsNothing() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"friendly app": "a 1", "<script>document.title='owned'</script>": "b 1"}"#)
            try proxy.send(#"{"\"><img src=x onerror=alert(1)>&amp;": "c 1"}"#)
            let dom = try await Self.dump(proxy.url("/"))
            #expect(dom.contains("<title>exporter-proxy</title>"), "\(dom)")
            #expect(dom.contains(">friendly app</a>"))
            #expect(dom.contains("&lt;script&gt;document.title='owned'&lt;/script&gt;"), "\(dom)")
            #expect(!dom.contains("<script"))
            #expect(!dom.contains("<img"))
            #expect(dom.contains("&gt;&amp;amp;</a>"), "\(dom)")
            #expect(dom.contains("<h2>3 sources</h2>"))
        }
    }

    @Test(.needs(.chromium))
    func linkOfAnApp_LeadsToItsMetrics() async throws {
        try await withProxy { proxy in
            try proxy.send(CapnpMessage.of("a/b ü?#%", "linked 1"))
            let dom = try await Self.dump(proxy.url("/"))
            let link = try #require(dom.firstMatch(of: /href="(\/apps\/[^"]*\/metrics)"/))
            #expect(try await Self.dump(proxy.url(String(link.1))).contains("linked 1"))
        }
    }
}
