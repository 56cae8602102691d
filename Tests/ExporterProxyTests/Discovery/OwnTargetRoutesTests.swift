import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// The routes over a table, asked without a port.
private struct Lists {
    let store = SnapshotStore()
    var settings: OwnTargetSettings
    var live: [any LiveSource] = []
    var prefix = ""

    init(polled: [PolledExporter] = [], isSecure: Bool = false) {
        settings = OwnTargetSettings(
            listening: HostPort(host: "127.0.0.1", port: 6555), isSecure: isSecure, hostName: "machine", polled: polled)
    }

    struct Answer {
        var status: UInt
        var headers: [String: String]
        var text: String

        /// The labels of each group, in order.
        func labels() throws -> [[String: String]] {
            let groups = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
            return try #require(groups).map { $0["labels"] as? [String: String] ?? [:] }
        }
    }

    func ask(
        _ uri: String = "/targets/-/apps", _ headers: [(String, String)] = [("Host", "h:1")], method: HTTPMethod = .GET
    ) async throws -> Answer {
        let merged = MergedExposition(store: store, threads: .singleton, time: { .example }, live: live)
        let routes = OwnTargetRoutes(
            store: store, merged: merged, queue: HTTPQueue(.singleton), prefix: prefix
        ) { [settings] in settings }
        let request = HTTPRequest(method: method, uri: uri, headers: HTTPHeaders(headers))
        let response =
            switch HTTPRouter(routes.all).answer(request, on: MultiThreadedEventLoopGroup.singleton.any()) {
            case .now(let response): response
            case .later(let future): try await future.get()
            }
        let pairs = response.headers.map { ($0.name.lowercased(), $0.value) }
        return Answer(
            status: response.status.code, headers: Dictionary(pairs) { $1 }, text: response.body.map(\.text).joined())
    }
}

private let polled = [
    PolledExporter(
        name: "db", address: "external_poll: [::1]:9187", hostPort: HostPort(host: "::1", port: 9187), isSecure: true,
        pathAndQuery: "/m?x=1"),
    PolledExporter(
        name: "all", address: "external_poll: n:9100", hostPort: HostPort(host: "n", port: 9100), isSecure: false,
        pathAndQuery: "/metrics?collect[]=cpu"),
]

@Test func apps_AreATargetEach_AskedOfUs() async throws {
    let lists = Lists(polled: polled)
    _ = lists.store.replace(with: Snapshot("b/c", "m 1\n", door: .unix, address: "/run/x.sock"))
    _ = lists.store.replace(with: Snapshot("a", "m 1\n", labels: ["site": "north"]))
    let answer = try await lists.ask()
    #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
    #expect(
        answer.text == """
            [{"targets": ["h:1"], "labels": {"__metrics_path__": "/apps/a/metrics", "app": "a", "host": "machine", \
            "source": "127.0.0.1:6554"}},
             {"targets": ["h:1"], "labels": {"__metrics_path__": "/apps/all/metrics", "app": "all", "host": "n", \
            "source": "external_poll: n:9100"}},
             {"targets": ["h:1"], "labels": {"__metrics_path__": "/apps/b/c/metrics", "app": "b/c", \
            "host": "machine", "source": "/run/x.sock"}},
             {"targets": ["h:1"], "labels": {"__metrics_path__": "/apps/db/metrics", "app": "db", "host": "::1", \
            "source": "external_poll: [::1]:9187"}}]

            """)
}

@Test func polls_AreATargetEach_AskedAtTheirOwnAddresses() async throws {
    let lists = Lists(polled: polled)
    _ = lists.store.replace(with: Snapshot("a", "m 1\n"))
    let answer = try await lists.ask("/targets/-/polls", [])
    #expect(answer.status == 200 && answer.headers["content-type"] == "application/json")
    #expect(
        answer.text == """
            [{"targets": ["[::1]:9187"], "labels": {"__metrics_path__": "/m", "__param_x": "1", \
            "__scheme__": "https", "app": "db"}}]

            """)
}

@Test(arguments: ["/targets/-/apps", "/targets/-/polls"])
func whereThereIsNothing_TheListIsEmpty(path: String) async throws {
    let answer = try await Lists().ask(path)
    #expect(answer.status == 200 && answer.text == "[]\n" && answer.headers["content-type"] == "application/json")
}

@Test func withTLS_EveryAppHasItsScheme() async throws {
    let lists = Lists(polled: polled, isSecure: true)
    let answer = try await lists.ask()
    #expect(try answer.labels().map { $0["__scheme__"] } == ["https", "https"])
    #expect(answer.text.contains("\"targets\": [\"h:1\"]"))
}

/// A name says what is in the path, and Prometheus encodes it: see the end-to-end tests.
@Test(arguments: [
    "a/b", "a/../b", "/", "?", "#", "%41", "a b", "\"", "\\", "'", "<b>", "é", "日本", "\u{202e}x", "…", "metrics",
    "push: {instance=\"i\",job=\"j\\n\"}", String(repeating: "x", count: 255), "\u{301}",
])
func anyName_IsATarget_ThatIsFound(name: String) async throws {
    let lists = Lists()
    _ = lists.store.replace(with: Snapshot(name, "m 1\n"))
    let labels = try #require(try await lists.ask().labels().first)
    #expect(labels["app"]?.utf8.elementsEqual(name.utf8) == true)
    #expect(labels["__metrics_path__"]?.utf8.elementsEqual("/apps/\(name)/metrics".utf8) == true)
    #expect(labels.count == 4)
}

@Test func namesThatLookAlike_AreTwoTargets_InAnOrderThatStays() async throws {
    let names = ["e\u{301}", "\u{e9}"]
    for order in [names, names.reversed()] {
        let lists = Lists()
        for name in order { _ = lists.store.replace(with: Snapshot(name, "m 1\n")) }
        let apps = try await lists.ask().labels().compactMap { $0["app"].map { Array($0.utf8) } }
        #expect(apps == names.map { Array($0.utf8) })
    }
}

@Test func theList_IsTheSame_UntilASourceComesOrGoes() async throws {
    let lists = Lists(polled: polled)
    _ = lists.store.replace(with: Snapshot("a", "m 1\n"))
    let first = try await lists.ask()
    let tag = try #require(first.headers["etag"])
    let later = Moment.example.advanced(by: .seconds(900))
    _ = lists.store.replace(with: Snapshot("a", "m 2\nn 1\n", at: later))
    _ = lists.store.replace(with: Snapshot("db", "m 1\n", door: .poll, address: "external_poll: [::1]:9187"))
    lists.store.noteFailure(
        of: "all", .init(origin: .init(.poll, "external_poll: n:9100"), at: later, reason: "refused"))
    #expect(try await lists.ask().text == first.text)
    let held = try await lists.ask("/targets/-/apps", [("Host", "h:1"), ("If-None-Match", tag)])
    #expect(held.status == 304 && held.text.isEmpty && held.headers["etag"] == tag)
    _ = lists.store.replace(with: Snapshot("new", "m 1\n"))
    let grown = try await lists.ask("/targets/-/apps", [("Host", "h:1"), ("If-None-Match", tag)])
    #expect(grown.status == 200 && grown.headers["etag"] != tag && grown.text.contains("\"new\""))
    lists.store.remove("new") { _ in true }
    #expect(try await lists.ask().headers["etag"] == tag)
}

@Test func theList_IsForWhoAsks_ByTheNameHeCallsUs() async throws {
    var lists = Lists()
    _ = lists.store.replace(with: Snapshot("a", "m 1\n"))
    #expect(
        try await lists.ask("/targets/-/apps", [("Host", "[::1]:2")]).text.hasPrefix("[{\"targets\": [\"[::1]:2\"]"))
    #expect(try await lists.ask("/targets/-/apps", [("Host", "a/b")]).text.contains("[\"127.0.0.1:6555\"]"))
    #expect(try await lists.ask("/targets/-/apps", []).text.contains("[\"127.0.0.1:6555\"]"))
    lists.settings.advertise = HostPort(host: "proxy.example", port: 443)
    #expect(try await lists.ask().text.contains("[\"proxy.example:443\"]"))
}

/// Such as a group that was pushed a moment ago.
private struct Latecomer: LiveSource {
    let store: SnapshotStore

    func refresh(at now: Moment) -> Moment? {
        _ = store.refresh([("late", Snapshot("late", "m 1\n", door: .push, address: "/metrics/job/late"))])
        return nil
    }
}

@Test func sourcesThatAreWrittenOutWhenSomebodyLooks_AreInTheList() async throws {
    var lists = Lists()
    lists.live = [Latecomer(store: lists.store)]
    #expect(try await lists.ask().labels().map { $0["source"] } == ["/metrics/job/late"])
}

@Test func theLists_AreAtTheirPaths_WithASlashAndUnderThePrefix() async throws {
    var lists = Lists()
    for path in ["/targets/-/apps/", "/targets/-/polls/", "/targets/-/apps?x=1"] {
        #expect(try await lists.ask(path).status == 200, "\(path)")
    }
    #expect(try await lists.ask(method: .HEAD).status == 200)
    #expect(try await lists.ask(method: .POST).status == 405)
    lists.prefix = "/sd"
    #expect(try await lists.ask("/sd/targets/-/apps").status == 200)
    #expect(try await lists.ask("/targets/-/apps").status == 404)
}
