import TestSupport
import Testing

/// The page at `/`, as a real browser understands it.
@Suite(.sharesMachine, .serialized, .needs(.chromium))
struct PageTests {
    @Test func page_NamesTheApps_AndRunsNothingOfTheirs() async throws {
        try await withPage { proxy, browser in
            try proxy.send(#"{"friendly app": "a 1", "<script>document.title='owned'</script>": "b 1"}"#)
            try proxy.send(#"{"\"><img src=x onerror=alert(1)>&amp;": "c 1"}"#)
            try browser.open(proxy.url("/"))
            #expect(try browser.value("document.title") == "exporter-proxy")
            #expect(
                try browser.value("[...document.querySelectorAll('td a')].map((a) => a.textContent).sort()") == [
                    #""><img src=x onerror=alert(1)>&amp;"#, "<script>document.title='owned'</script>", "friendly app",
                ])
            #expect(try browser.value("document.querySelectorAll('script').length") == 1)
            #expect(try browser.value("document.images.length") == 0)
            #expect(try browser.value("document.querySelector('h2').textContent") == "3 sources")
            #expect(browser.complaints == [] && browser.questions == [])
        }
    }

    @Test func linkOfAnApp_LeadsToItsMetrics() async throws {
        try await withPage { proxy, browser in
            try proxy.send(CapnpMessage.of("a/b ü?#%", "linked 1"))
            try browser.open(proxy.url("/"))
            try browser.loading {
                try browser.click("td a")
            }
            #expect(try browser.value("document.body.textContent", as: String.self).contains("linked 1"))
        }
    }

    /// A mark that slipped through somewhere is still not run.
    @Test func scriptInThePage_IsNotRun() async throws {
        try await withPage { proxy, browser in
            try browser.open(proxy.url("/"))
            let insert = """
                (() => {
                  const script = document.createElement("script");
                  script.textContent = "document.title = 'owned'";
                  document.body.append(script);
                  document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='document.title = 1'>");
                  return document.title;
                })()
                """
            #expect(try browser.value(insert) == "exporter-proxy")
            try await browser.wait(until: "document.images[0].complete")
            #expect(try browser.value("document.title") == "exporter-proxy")
            #expect(browser.complaints.contains { $0.contains("Content Security Policy") }, "\(browser.complaints)")
        }
    }
}

/// Runs `body` with the real program and a browser.
func withPage(
    _ settings: [String: String] = [:], more: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (ProxyProcess, Browser) async throws -> Void
) async throws {
    try await withProxy(settings, more: more, sourceLocation: sourceLocation) { proxy in
        let browser = try Browser()
        do {
            try await body(proxy, browser)
        } catch {
            try await browser.end()
            throw error
        }
        try await browser.end()
    }
}
