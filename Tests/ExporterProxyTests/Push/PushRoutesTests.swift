import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// The routes of the push door over groups in memory, and what a scrape shows of them.
private struct Door {
    let store = SnapshotStore()
    let registry = InstrumentRegistry()
    let time = ManualTime()
    let merged: MergedExposition
    let router: HTTPRouter

    init(isAdmin: Bool = false, _ change: (inout PushConfiguration) -> Void = { _ in }) {
        var configuration = PushConfiguration()
        change(&configuration)
        let instruments = PushInstruments(registry: registry)
        let gateway = PushGateway(
            configuration.holds, store: store, instruments: instruments, logger: Logger(label: "test"),
            time: time.source)
        let routes = PushRoutes(
            gateway: gateway, settings: PushSettings(.init(configuration, .init())), instruments: instruments,
            threads: .singleton, time: time.source)
        let api = PushAPI(gateway: gateway, admin: AdminSwitch(isAdmin), queue: HTTPQueue(.singleton), status: { "{}" })
        merged = MergedExposition(store: store, threads: .singleton, time: time.source, live: [gateway])
        router = HTTPRouter(routes.all + api.all)
    }

    @discardableResult
    func send(
        _ method: HTTPMethod, _ uri: String, _ body: String = "", _ headers: HTTPHeaders = [:]
    ) async throws -> (status: UInt, text: String, headers: [(name: String, value: String)]) {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let request = HTTPRequest(method: method, uri: uri, headers: headers, body: ByteBuffer(string: body))
        let reply = try await loop.flatSubmit {
            switch router.answer(request, on: loop) {
            case .now(let response): loop.makeSucceededFuture(response)
            case .later(let future): future
            }
        }.get()
        let text = reply.body.map { String(buffer: $0) }.joined()
        return (reply.status.code, text, reply.headers)
    }

    /// Without the times of pushes.
    func scrape() throws -> [String] {
        let text = try merged.page(.identity).pieces.map { String(buffer: $0) }.joined()
        return text.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("#") && !$0.contains("_time_seconds")
        }
    }
}

@Test func aPush_IsSeenByTheNextScrape() async throws {
    let door = Door()
    #expect(try door.scrape() == [])
    #expect(try await door.send(.PUT, "/metrics/job/j", "a 1\n").status == 200)
    #expect(try door.scrape() == [#"a{instance="",job="j"} 1"#])
    #expect(try await door.send(.POST, "/metrics/job/j", "b 2\n").status == 200)
    #expect(try door.scrape() == [#"a{instance="",job="j"} 1"#, #"b{instance="",job="j"} 2"#])
    #expect(try await door.send(.DELETE, "/metrics/job/j").status == 202)
    #expect(try door.scrape() == [])
    #expect(door.store.count == 0)
}

@Test(
    arguments: [
        (.POST, "/metrics", 200), (.PUT, "/metrics/", 200), (.DELETE, "/metrics", 405), (.GET, "/metrics/job/j", 405),
        (.POST, "/metrics/job/j//a/b", 301), (.POST, "/metrics/instance/i", 404), (.POST, "/metrics/job/j/a", 400),
        (.POST, "/metrics/job/j?clearmode=nonsense", 400), (.PUT, "/api/v1/admin/wipe", 404),
        (.DELETE, "/api/v1/metrics?match[]=a", 404), (.GET, "/api/v1/status", 200), (.GET, "/api/v1/metrics", 200),
    ] as [(HTTPMethod, String, UInt)])
func requestsToTheDoor_AreAnswered(method: HTTPMethod, uri: String, status: UInt) async throws {
    #expect(try await Door().send(method, uri).status == status)
}

@Test func aDoorThatIsShut_TakesNothing() async throws {
    let door = Door { $0.isEnabled = false }
    for (method, uri) in [(.POST, "/metrics"), (.PUT, "/metrics/job/j"), (.DELETE, "/metrics/job/j")]
        as [(HTTPMethod, String)]
    {
        #expect(try await door.send(method, uri, "a 1\n").status == 404)
    }
    #expect(try door.scrape() == [])
}

@Test func largeAndCompressedBodies_AreReadToo() async throws {
    let door = Door()
    let large = (0..<5000).map { "large{n=\"\($0)\"} 1\n" }.joined()
    #expect(large.utf8.count > 64 * 1024)
    #expect(try await door.send(.PUT, "/metrics/job/j", large).status == 200)
    #expect(try door.scrape().count == 5000)
    let answer = try await door.send(.PUT, "/metrics/job/j", "a 1\n", ["Content-Encoding": "gzip"])
    #expect(answer.status == 400 && answer.text.contains("nothing was stored"))
    #expect(try await door.send(.PUT, "/metrics/job/j", "a 1\n", ["Content-Encoding": "br"]).status == 415)
    #expect(try door.scrape().count == 5000)
}

@Test func refusals_NameBothGroups_AndAreCounted() async throws {
    let door = Door()
    try await door.send(.PUT, "/metrics/job/a", "# TYPE m counter\nm 1\n")
    let answer = try await door.send(.PUT, "/metrics/job/b", "# TYPE m gauge\nm 1\n")
    #expect(answer.status == 400 && answer.text.contains(#"{job="a"}"#) && answer.text.contains(#"{job="b"}"#))
    #expect(door.registry.exposition().contains(#"push_requests_total{outcome="type_conflict"} 1"#))
    #expect(try door.scrape() == [#"m{instance="",job="a"} 1"#])
}

@Test func whatIsStored_CanBeSelectedAndWiped() async throws {
    let door = Door(isAdmin: true)
    for job in ["a", "b"] { try await door.send(.PUT, "/metrics/job/\(job)", "m 1\nn 2\n") }
    let dry = try await door.send(.DELETE, "/api/v1/metrics?match[]=m%7Bjob%3D%22a%22%7D&dry_run=1")
    #expect(dry.text == #"{"status":"success","data":{"series":1,"groups":0,"dry_run":true}}"# + "\n")
    #expect(try door.scrape().count == 4)
    #expect(try await door.send(.DELETE, "/api/v1/metrics?match[]=m%7Bjob%3D%22a%22%7D").status == 200)
    #expect(
        try door.scrape().sorted() == [
            #"m{instance="",job="b"} 1"#, #"n{instance="",job="a"} 2"#, #"n{instance="",job="b"} 2"#,
        ])
    #expect(try await door.send(.DELETE, "/api/v1/metrics").status == 400)
    #expect(try await door.send(.DELETE, "/api/v1/metrics?match[]=%7B").status == 400)
    #expect(try await door.send(.DELETE, "/api/v1/metrics?older_than=soon").status == 400)
    #expect(try await door.send(.PUT, "/api/v1/admin/wipe").status == 202)
    #expect(try door.scrape() == [])
}

@Test func theRight_IsThatOfTheJobInThePath() throws {
    let routes = Door().router
    func right(_ uri: String) throws -> HTTPRight {
        let request = HTTPRequest(method: .PUT, uri: uri, headers: [:])
        guard case .route(let route, let rest) = routes.find(request).destination else { throw NoRoute() }
        return route.right(request, rest)
    }
    #expect(try right("/metrics/job/a%20b/x/1") == .push(job: "a b"))
    #expect(try right("/metrics/job@base64/YQ") == .push(job: "a"))
    #expect(try right("/metrics") == .push(job: nil))
    #expect(try right("/metrics/nonsense") == .push(job: nil))
    #expect(try right("/api/v1/admin/wipe") == .admin)
}

private struct NoRoute: Error {}

/// The labels of the path come into every sample.
@Test func aLongPath_DoesNotMakeMuchOfALittle() async throws {
    let door = Door()
    let path = "/metrics/job/j" + (0..<2).map { "/l\($0)/\(String(repeating: "x", count: 4000))" }.joined()
    let answer = try await door.send(.PUT, path, (0..<5000).map { "a{n=\"\($0)\"} 1\n" }.joined())
    #expect(answer.status == 413 && answer.text.contains("exposition.bytes_max"), "\(answer.text.prefix(200))")
    #expect(try await door.send(.PUT, path, "a 1\n").status == 200)
}

/// What people are told of two groups with long labels is short.
@Test func conflictsOfLongGroups_AreToldShortly() async throws {
    let door = Door()
    func path(_ job: String) -> String { "/metrics/job/\(job)/l/" + String(repeating: "x", count: 4000) }
    func families(_ type: String) -> String { (0..<20).map { "# TYPE m\($0) \(type)\nm\($0) 1\n" }.joined() }
    #expect(try await door.send(.PUT, path("a"), families("gauge")).status == 200)
    let answer = try await door.send(.PUT, path("b"), families("counter"))
    #expect(answer.status == 400 && answer.text.utf8.count < 15_000)
}
