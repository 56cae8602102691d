import NIOHTTP1
import Testing

@testable import ExporterProxy

@Test(arguments: ["/", "/status", "/status/"])
func thePage_RunsAndLoadsNothingButItsOwn(uri: String) async throws {
    let page = PushedPage()
    try page.push(job: "j", "m 1\n")
    let answer = try await page.ask(uri)
    #expect(answer.status == .ok && answer.header("Content-Type") == "text/html; charset=utf-8")
    #expect(
        answer.header("Content-Security-Policy")
            == "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; "
            + "frame-ancestors 'none'; base-uri 'none'")
    #expect(answer.header("Cache-Control") == "no-cache")
    #expect(answer.text.matches(of: /src="([^"]*)"/).map { $0.1 } == ["/-/page.js"])
    #expect(answer.text.matches(of: /<link [^>]*href="([^"]*)"/).map { $0.1 } == ["/-/page.css"])
    #expect(!answer.text.contains("http") && !answer.text.contains("<style") && !answer.text.contains("style="))
}

@Test(arguments: [
    ("/-/page.js", "text/javascript; charset=utf-8", "window.confirm("),
    ("/-/page.css", "text/css; charset=utf-8", ".has-script .scripted"),
])
func scriptAndStyle_AreFilesOfTheirOwn(uri: String, type: String, part: String) async throws {
    let answer = try await PushedPage().ask(uri)
    #expect(answer.status == .ok && answer.header("Content-Type") == type && answer.text.contains(part))
    #expect(answer.header("Cache-Control") == "no-cache")
}

/// Whoever writes there writes markup: texts are to go in as text.
@Test func script_WritesNoMarkup() {
    for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
        #expect(!PageScript.javascript.contains(way))
    }
}

@Test(arguments: [
    ("/?sort=size", ["b", "c", "a"]), ("/?sort=-size", ["a", "c", "b"]), ("/?sort=age", ["c", "b", "a"]),
    ("/?sort=-age", ["a", "b", "c"]), ("/?sort=-name", ["c", "b", "a"]), ("/?sort=nonsense", ["a", "b", "c"]),
    ("/?q=LONG", ["b"]), ("/?q=job%3D%22a", ["a"]), ("/?q=m+c", ["c"]), ("/?q=+", ["a", "b", "c"]), ("/?q=%00", []),
    ("/?q=n%20b&sort=size", ["b"]), ("/?q=long%20c", []), ("/", ["a", "b", "c"]), ("/?q=%3Cscript%3E", []),
])
func thePage_HasWhatIsAskedFor(uri: String, jobs: [String]) async throws {
    let page = PushedPage()
    for (job, body) in [("c", "m 10\n"), ("b", "m_long_name 1\n"), ("a", "m 1\n")] {
        try page.push(job: job, body)
        page.time.advance(by: .seconds(1))
    }
    let answer = try await page.ask(uri)
    #expect(texts(ofClass: "label", in: answer.text) == jobs.map { "job=\"\($0)\"" })
    #expect(answer.text.matches(of: /<script/).count == 1)
}

@Test func thePage_SaysHowTheProxyIs() async throws {
    let page = PushedPage(storePath: "/var/lib/<b>")
    try page.push(job: "j", "m 1\nn 1\n")
    page.time.advance(by: .seconds(7260))
    let text = try await page.ask("/status").text
    for (name, fact) in [
        ("Version", Version.number), ("Started", "2 h 1 min ago <small>"), ("Listening", "127.0.0.1:6555"),
        ("State on disk", "/var/lib/&lt;b&gt;"), ("Pushed", "1 group, 2 series"),
    ] { #expect(text.contains("<dt>\(name)</dt><dd>\(fact)"), "\(name)") }
    page.status.current.listening.port = 1
    #expect(try await page.ask("/").text.contains("<dd>127.0.0.1:1</dd>"))
    #expect(try await PushedPage().ask("/").text.contains("<dd>nothing is kept</dd>"))
}

@Test func thePage_IsWellFormed() async throws {
    let page = PushedPage(hasAdminAPI: true)
    _ = page.store.replace(with: Snapshot("a", "m 1\nn\n"))
    page.store.noteFailure(of: "f", .init(origin: .init(.poll, "h:1"), at: .example, reason: "refused"))
    for number in 0..<300 { try page.push(job: "<\(number)>", "m{x=\"\(number)\"} 1\n") }
    page.fail(job: "x")
    let text = try await page.ask("/?q=").text
    #expect(text.hasPrefix("<!DOCTYPE html>\n") && text.hasSuffix("</html>\n"))
    // Void elements apart, the page is XML, so an XML reader finds what is not closed.
    let xml = text.replacing("<!DOCTYPE html>\n", with: "").replacing(/<meta ([^>]*)>/) { "<meta \($0.1)/>" }
    var open: [Substring] = []
    for match in xml.matches(of: /<(\/?)(\w+)[^>]*?(\/?)>/) where match.3.isEmpty {
        if match.1.isEmpty {
            open.append(match.2)
        } else {
            let last = open.popLast()
            #expect(last == match.2)
        }
    }
    #expect(open.isEmpty)
}

@Test(arguments: ["/", "/status", "/-/page.js", "/-/page.css"])
func nothing_CanBeWrittenThroughThePage(uri: String) async throws {
    for method in [HTTPMethod.POST, .PUT, .DELETE, .PATCH, .OPTIONS] {
        let answer = try await PushedPage().ask(uri, method: method)
        #expect(answer.status == .methodNotAllowed && answer.header("Allow") == "GET, HEAD")
    }
}

@Test(arguments: [
    (0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (12_000, "3 h 20 min"), (86_400, "1 d"),
    (352_800, "4 d 2 h"), (-5, "0 s"), (Int64.max, "106751991167300 d 15 h"),
])
func age_IsSaidInTheLargestUnits(seconds: Int64, text: String) {
    #expect(AgeText.format(.seconds(seconds)) == text)
}
