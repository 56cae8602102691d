import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import ExporterProxy

private let router = HTTPRouter([
    HTTPRoute(.exactly("/metrics")) { _, _, _ in .now(.text(.ok, "metrics")) },
    HTTPRoute(.exactly("/")) { _, _, _ in .now(.text(.ok, "home")) },
    HTTPRoute(.between("/apps/", "/metrics")) { _, rest, _ in .now(.text(.ok, "app \(rest)")) },
    HTTPRoute(.exactly("/write"), methods: [.PUT, .POST]) { _, _, _ in .now(.text(.ok, "written")) },
    HTTPRoute(.below("/below/")) { _, rest, _ in .now(.text(.ok, "below \(rest)")) },
])

private func answer(_ method: HTTPMethod, _ uri: String) -> (status: UInt, text: String, allow: String?)? {
    let request = HTTPRequest(method: method, uri: uri, headers: [:])
    guard case .now(let response) = router.answer(request, on: EmbeddedEventLoop()) else { return nil }
    let allow = response.headers.first { $0.name == "Allow" }?.value
    return (response.status.code, response.body.map(\.text).joined(), allow)
}

@Test(
    arguments: [
        ("/metrics", "metrics"), ("/metrics/", "metrics"), ("/metrics?x=1", "metrics"), ("/metrics/?", "metrics"),
        ("/", "home"),
        ("/?a", "home"), ("/apps/a/metrics", "app a"), ("/apps/a%2Fb/metrics", "app a%2Fb"),
        ("/apps/a/b/metrics", "app a/b"),
        ("/apps//metrics", nil), ("/apps/metrics", nil), ("/apps/a/metrics/metrics", "app a/metrics"),
        ("/metrics//", nil),
        ("//metrics", nil), ("/METRICS", nil), ("/metrics/x", nil), ("", nil), ("//", nil),
        ("/apps/a/metrics?x=/metrics", "app a"),
        ("/apps/é/metrics", "app é"), ("/below/a", "below a"), ("/below/a//b/", "below a//b/"), ("/below//", "below /"),
        ("/below/", "below "), ("/below", nil), ("/below/é\u{301}%2F?x", "below é\u{301}%2F"),
        ("/below/\u{301}", "below \u{301}"), ("/belowa", nil),
    ] as [(String, String?)])
func router_FindsTheRoute(uri: String, text: String?) throws {
    let found = try #require(answer(.GET, uri))
    #expect(found.status == (text == nil ? 404 : 200))
    if let text {
        #expect(found.text == text)
    } else {
        #expect(found.text.hasPrefix("404 nothing at ") && found.text.hasSuffix("\n"))
    }
}

@Test(
    arguments: [
        (.GET, "/metrics", "/metrics"), (.HEAD, "/metrics/", "/metrics"),
        (.GET, "/apps/a/b/metrics", "/apps/*/metrics"),
        (.GET, "/below/a/b", "/below/*"), (.GET, "/write", "/write"), (.PUT, "/", "/"), (.GET, "/nowhere", "none"),
        (.PUT, "/none", "none"),
    ] as [(HTTPMethod, String, String)])
func router_SaysWhichRouteItWas(method: HTTPMethod, uri: String, pattern: String) {
    let request = HTTPRequest(method: method, uri: uri, headers: [:])
    #expect(router.patterns[router.find(request).place] == pattern)
}

@Test func router_AnswersHEAD_WhereverItAnswersGET() throws {
    #expect(try #require(answer(.HEAD, "/metrics")).status == 200)
    #expect(try #require(answer(.HEAD, "/nowhere")).status == 404)
    #expect(try #require(answer(.HEAD, "/write")).status == 405)
}

@Test(
    arguments: [
        (HTTPMethod.POST, "/metrics", "GET, HEAD"), (.PUT, "/", "GET, HEAD"), (.DELETE, "/apps/a/metrics", "GET, HEAD"),
        (.OPTIONS, "/metrics", "GET, HEAD"), (.GET, "/write", "PUT, POST"),
    ] as [(HTTPMethod, String, String)])
func router_SaysWhatIsAllowed_WhenTheMethodIsNot(method: HTTPMethod, uri: String, allow: String) throws {
    let found = try #require(answer(method, uri))
    #expect(found.status == 405 && found.allow == allow)
    #expect(found.text == "405 \(method.rawValue) is not possible here, only \(allow)\n")
}

@Test(arguments: [(.GET, "/metrics"), (.GET, "/nowhere"), (.POST, "/metrics")] as [(HTTPMethod, String)])
func router_AsksTheLimitFirst_WhereverARequestLeads(method: HTTPMethod, uri: String) {
    let asked = NIOLockedValueBox(0)
    let limited = HTTPRouter(
        [HTTPRoute(.exactly("/metrics")) { _, _, _ in .now(.text(.ok, "metrics")) }],
        limit: {
            asked.withLockedValue { $0 += 1 }
            return .refusal(.tooManyRequests, "429")
        },
        gate: { _, _, _ in
            Issue.record("who is beyond the limit is not asked for more")
            return .admitted
        })
    guard
        case .now(let response) = limited.answer(.init(method: method, uri: uri, headers: [:]), on: EmbeddedEventLoop())
    else {
        Issue.record("it is answered at once")
        return
    }
    #expect(response.status == .tooManyRequests && asked.withLockedValue { $0 } == 1)
}

@Test func router_ShowsAPathSafely() throws {
    #expect(try #require(answer(.GET, "/a\u{1b}[31m")).text == "404 nothing at /a\\u{1b}[31m\n")
}

@Test func request_HasItsQueryDecoded() {
    let request = HTTPRequest(method: .GET, uri: "/apps?format=json&a+b=c%20d&e&f=g=h&%zz=1&=x", headers: [:])
    #expect(request.path == "/apps")
    #expect(request.query.map(\.name) == ["format", "a b", "e", "f", "%zz", ""])
    #expect(request.query.map(\.value) == ["json", "c d", "", "g=h", "1", "x"])
    #expect(request.queryValue("format") == "json" && request.queryValue("none") == nil)
    #expect(HTTPRequest(method: .GET, uri: "/", headers: [:]).query.isEmpty)
}
