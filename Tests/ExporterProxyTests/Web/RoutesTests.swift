import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// The window over a table, asked without a port.
private struct Window {
    let store = SnapshotStore()
    let registry = InstrumentRegistry()
    let time = ManualTime()
    let merged: MergedExposition
    let firstRound: FirstRound
    let router: HTTPRouter

    init(
        reload outcome: ReloadOutcome = .done(needRestart: []), rules: ExpositionRules = .init(),
        targets: [String] = [], isMerged: Bool = false, pages: NIOThreadPool = .singleton,
        lookups: NIOThreadPool = .singleton
    ) {
        let merged = MergedExposition(store: store, rules: rules, threads: .singleton, time: time.source)
        self.merged = merged
        firstRound = FirstRound(of: targets, began: .example)
        var telemetry = TelemetryConfiguration()
        telemetry.isMerged = isMerged
        router = HTTPRouter(
            Routes(
                store: store, merged: merged, firstRound: firstRound,
                telemetry: OwnMetrics(telemetry, registry: registry), reload: { $0.makeSucceededFuture(outcome) },
                quit: { false }, threads: pages, lookups: HTTPQueue(lookups), time: time.source
            ).all)
    }

    struct Answer {
        var status: UInt
        var headers: [String: String]
        var bytes: [UInt8]
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    func ask(_ uri: String, _ headers: [(String, String)] = [], method: HTTPMethod = .GET) async throws -> Answer {
        let request = HTTPRequest(method: method, uri: uri, headers: HTTPHeaders(headers))
        let response =
            switch router.answer(request, on: MultiThreadedEventLoopGroup.singleton.any()) {
            case .now(let response): response
            case .later(let future): try await future.get()
            }
        let bytes = response.body.flatMap { Array($0.readableBytesView) }
        #expect(bytes.count == response.bodyBytes)
        let pairs = response.headers.map { ($0.name.lowercased(), $0.value) }
        return Answer(status: response.status.code, headers: Dictionary(pairs) { $1 }, bytes: bytes)
    }
}

@Test func metrics_IsTheWholeExposition_PlainOrCompressed() async throws {
    let window = Window()
    _ = window.store.replace(with: Snapshot("b", "b 1\n"))
    _ = window.store.replace(with: Snapshot("a", "a 1\n"))
    let plain = try await window.ask("/metrics")
    #expect(plain.text == "a 1\nb 1\n" && plain.headers["content-encoding"] == nil)
    #expect(plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(plain.headers["vary"] == "Accept-Encoding")
    for _ in 0..<2 {
        let compressed = try await window.ask("/metrics", [("Accept-Encoding", "gzip")])
        #expect(compressed.headers["content-encoding"] == "gzip" && compressed.headers["vary"] == "Accept-Encoding")
        #expect(Inflated(compressed.bytes)?.bytes == plain.bytes)
    }
    #expect(try await window.ask("/metrics", [("Accept-Encoding", "gzip;q=0")]).text == "a 1\nb 1\n")
}

@Test func metrics_IsEmpty_WhenNobodyHasSentAnything() async throws {
    let answer = try await Window().ask("/metrics")
    #expect(answer.status == 200 && answer.bytes.isEmpty)
}

@Test(arguments: [
    ("a", "a"), ("a/b c", "a%2Fb%20c"), ("a/b c", "a/b%20c"), ("é", "%C3%A9"), ("%41", "%2541"), ("a+b", "a+b"),
    ("metrics", "metrics"),
    ("/metrics", "/metrics"), ("x/metrics", "x/metrics"),
])
func anApp_IsFoundByItsEncodedName(name: String, path: String) async throws {
    let window = Window()
    _ = window.store.replace(with: Snapshot("other", "no\n"))
    _ = window.store.replace(with: Snapshot(name, "m 1\n"))
    let answer = try await window.ask("/apps/\(path)/metrics")
    #expect(answer.status == 200 && answer.text == "m 1\n")
    #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
}

@Test func anApp_IsA404_WhenThereIsNone_And503WhenThereIsNothingOfIt() async throws {
    let window = Window()
    window.store.noteFailure(of: "f", .init(origin: .init(.poll, "h:1"), at: .example, reason: "refused"))
    let none = try await window.ask("/apps/a/metrics")
    #expect(none.status == 404 && none.text == "404 no metrics of an app named 'a'\n")
    let failing = try await window.ask("/apps/f/metrics")
    #expect(failing.status == 503 && failing.text == "503 'f': refused\n")
    #expect(try await window.ask("/apps/%FF/metrics").status == 400)
    #expect(try await window.ask("/apps/%1B/metrics").text == "404 no metrics of an app named '\\u{1b}'\n")
}

@Test func anApp_IsServedAlone_OnlyWhileItIsFreshAndValid() async throws {
    var rules = ExpositionRules()
    rules.standard.onInvalid = .keepLastGood
    rules.standard.limits.series = 1
    rules.appLabel = "app"
    let window = Window(rules: rules)
    func answer() async throws -> String {
        let answer = try await window.ask("/apps/a/metrics")
        return "\(answer.status) \(answer.text)"
    }
    func push(_ text: String) { _ = window.store.replace(with: Snapshot("a", text, at: window.time.source())) }
    push("# TYPE m gauge\nm 1\n")
    #expect(try await answer() == "200 # TYPE m gauge\nm{app=\"a\"} 1\n")
    push("m 1\nn\n")
    #expect(try await answer() == "503 503 'a': line 2, column 2: the sample has no value: n\n")
    #expect(
        try await window.ask("/metrics").text == "# TYPE m gauge\nm{app=\"a\"} 1\n", "of all, it is the last good one")
    push("m 1\nn 1\n")
    #expect(try await answer() == "503 503 'a': the exposition has more series than the limit\n")
    push("m 2\r\n")
    #expect(try await answer() == "200 m{app=\"a\"} 2\n")
    window.time.advance(by: .seconds(300))
    #expect(try await answer().hasPrefix("200 "))
    window.time.advance(by: .milliseconds(1))
    #expect(try await answer() == "503 503 'a': nothing has come for longer than store.stale_after\n")
    push("m 3\n")
    #expect(try await answer() == "200 m{app=\"a\"} 3\n")
    window.store.noteFailure(of: "a", .init(origin: .init(.poll, "h:1"), at: .example, reason: "refused"))
    #expect(try await answer() == "503 503 'a': refused\n")
}

/// What stands in the way of others is still the app's own.
@Test func anApp_IsServedWhole_WhateverOthersHadFirst() async throws {
    let window = Window()
    _ = window.store.replace(with: Snapshot("a", "# TYPE m gauge\nm 1\nn 1\n"))
    _ = try await window.ask("/metrics")
    _ = window.store.replace(with: Snapshot("b", "# TYPE m counter\nm 2\nn 2\n"))
    #expect(try await window.ask("/metrics").text == "n 1\n# TYPE m gauge\nm 1\n")
    #expect(try await window.ask("/apps/b/metrics").text == "# TYPE m counter\nm 2\nn 2\n")
}

@Test(arguments: ["/metrics", "/-/ready"])
func nothing_IsServedAsComplete_BeforeEachTargetWasAsked(uri: String) async throws {
    let window = Window(targets: ["a", "b"])
    _ = window.store.replace(with: Snapshot("x", "m 1\n"))
    let answer = try await window.ask(uri)
    #expect(answer.status == 503 && answer.text == "503 starting: 2 poll targets have not been asked yet\n")
    #expect(answer.headers["retry-after"] == "1")
    for path in ["/apps", "/apps/x/metrics", "/-/metrics", "/-/healthy"] {
        #expect(try await window.ask(path).status == 200, "\(path)")
    }
    for name in ["a", "b"] { window.firstRound.note(name) }
    #expect(try await window.ask(uri).status == 200)
    let patient = Window(targets: ["hangs"])
    #expect(try await patient.ask(uri).status == 503)
    patient.time.advance(by: .seconds(10))
    #expect(try await patient.ask(uri).status == 200)
}

@Test func metrics_HaveThoseOfTheProxy_WhereTheyAreMerged() async throws {
    let window = Window(isMerged: true)
    let counter = window.registry.counter("own_total", help: "Own.")
    _ = window.store.replace(with: Snapshot("a", "a 1\n"))
    let header = "# HELP own_total Own.\n# TYPE own_total counter\n"
    #expect(try await window.ask("/metrics").text == "a 1\n\(header)own_total 0\n")
    counter.increment()
    let compressed = try await window.ask("/metrics", [("Accept-Encoding", "gzip")])
    #expect(Inflated(compressed.bytes)?.bytes == [UInt8]("a 1\n\(header)own_total 1\n"))
    #expect(try await window.ask("/apps/exporter-proxy/metrics").text == "\(header)own_total 1\n")
    #expect(try await window.ask("/apps").text.contains("| exporter-proxy | "))
}

@Test func apps_IsATable_OrJSONWhereThatIsAskedFor() async throws {
    let window = Window()
    _ = window.store.replace(with: Snapshot("a", "m 1\n"))
    let table = try await window.ask("/apps")
    #expect(table.headers["content-type"] == "text/plain; charset=utf-8")
    #expect(
        table.text.hasPrefix("+---")
            && table.text.contains("| a        | 2026-11-21 02:55:35.156571713 UTC | 127.0.0.1:6554 |"))
    let json = try await window.ask("/apps?format=json")
    #expect(json.headers["content-type"] == "application/json; charset=utf-8")
    #expect(try JSONSerialization.jsonObject(with: Data(json.bytes)) is [String: Any])
    #expect(try await window.ask("/apps", [("Accept", "application/json")]).bytes == json.bytes)
    #expect(try await window.ask("/apps", [("Accept", "text/html, application/xhtml+xml, */*")]).bytes == table.bytes)
}

@Test func theProxysOwnMetrics_HaveTheirPath() async throws {
    let window = Window()
    window.registry.counter("c_total", help: "h").increment()
    #expect(try await window.ask("/-/metrics").text == "# HELP c_total h\n# TYPE c_total counter\nc_total 1\n")
}

@Test(arguments: [
    ("/-/healthy", "OK, exporter-proxy is healthy\n"), ("/-/ready", "OK, exporter-proxy is ready\n"),
    ("/-/ready/", "OK, exporter-proxy is ready\n"),
])
func probes_AreAnsweredInALine(uri: String, text: String) async throws {
    let answer = try await Window().ask(uri)
    #expect(answer.status == 200 && answer.text == text)
}

@Test(arguments: ["/nowhere", "/favicon.ico", "/METRICS", "//metrics", "/apps/a", "/-/"])
func anythingElse_IsA404(uri: String) async throws {
    let answer = try await Window().ask(uri)
    #expect(answer.status == 404 && answer.text.split(separator: "\n").count == 1)
}

@Test(arguments: ["/metrics", "/apps", "/apps/a/metrics", "/-/metrics", "/-/healthy", "/-/ready"])
func nothing_CanBeWrittenThroughTheWindow(uri: String) async throws {
    for method in [HTTPMethod.POST, .PUT, .DELETE, .PATCH, .OPTIONS] {
        let answer = try await Window().ask(uri, method: method)
        #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
    }
}

@Test(arguments: [
    (ReloadOutcome.done(needRestart: []), 200, "configuration reloaded\n"),
    (.done(needRestart: ["a.b", "c.d"]), 200, "configuration reloaded; needs a restart: a.b, c.d\n"),
    (.failed(["one", "two"]), 500, "one\ntwo\n"),
    (.switchedOff, 403, "403 reloading over HTTP is off: set web.enable_lifecycle = true, or send SIGHUP\n"),
])
func aReload_IsAnsweredByWhatBecameOfIt(outcome: ReloadOutcome, status: UInt, text: String) async throws {
    let window = Window(reload: outcome)
    let answer = try await window.ask("/-/reload", method: .POST)
    #expect(answer.status == status && answer.text == text)
    for method in [HTTPMethod.GET, .HEAD, .PUT] {
        let answer = try await window.ask("/-/reload", method: method)
        #expect(answer.status == 405 && answer.headers["allow"] == "POST")
    }
}

@Test func lists_AreNotMadeWhereScrapesAre() async throws {
    let ended = NIOThreadPool(numberOfThreads: 1)
    ended.start()
    try await ended.shutdownGracefully()
    let withoutLists = Window(lookups: ended)
    _ = withoutLists.store.replace(with: Snapshot("a", "a 1\n"))
    for uri in ["/metrics", "/apps/a/metrics", "/-/metrics"] {
        #expect(try await withoutLists.ask(uri).status == 200)
    }
    let withoutPages = Window(pages: ended)
    for uri in ["/apps", "/apps?format=json"] { #expect(try await withoutPages.ask(uri).status == 200) }
    await #expect(throws: (any Error).self) { try await withoutLists.ask("/apps") }
}
