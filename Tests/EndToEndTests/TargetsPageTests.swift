import FoundationEssentials
import TestSupport
import Testing

/// The page of targets, as a real browser understands it.
@Suite(.sharesMachine, .serialized, .needs(.chromium))
struct TargetsPageTests {
    @Test func page_ShowsEachGeneratorAndHowItDoes() async throws {
        let folder = try TemporaryFolder()
        let name = "<img src=x onerror=alert(1)>"
        try FileManager.default.createDirectory(atPath: folder.path(name), withIntermediateDirectories: true)
        try folder.write("\(name)/a.json", #"[{"targets": ["a:1", "b:1"]}]"#)
        try folder.write("bad.py", "def generate_targets():\n    raise ValueError('<b>no</b> database')\n")
        try folder.write("notes.txt", "not a generator")
        try await withPage(["discovery.root": "\"\(folder.path)\""]) { proxy, browser in
            for _ in 0..<2 { _ = try proxy.get("/targets") }
            try browser.open(proxy.url("/"))
            try browser.loading { try browser.click("a[href='/targets/-/']") }
            let cells =
                "[...document.querySelectorAll('tbody tr')].map((r) => [...r.children].map((c) => c.textContent))"
            let rows = try browser.value(cells, as: [[String]].self)
            #expect(rows.map { $0.first } == ["/", "bad.py", "/\(name)/", "a.json"], "\(rows)")
            #expect(rows[1][1].hasPrefix("failing") && rows[1][1].contains("<b>no</b> database"), "\(rows)")
            #expect(Array(rows[3][1...2]) == ["fresh", "2"], "\(rows)")
            #expect(try browser.value("document.body.textContent.includes('notes.txt')"))
            #expect(try browser.value("document.querySelectorAll('script').length") == 0)
            #expect(try browser.value("document.images.length") == 0)
            #expect(browser.complaints == [] && browser.questions == [])
            try browser.loading { try browser.click("tr:nth-child(3) a") }
            #expect(try browser.value("document.body.textContent", as: String.self).contains("\"a:1\",\"b:1\""))
        }
    }
}
