import NIOPosix
import Testing

@testable import ExporterProxy

/// A reporter that tells a small server, with what it counts and logs.
private final class Desk: Sendable {
    let server: Exporter
    let registry = InstrumentRegistry()
    let log = LogLines()
    let reporter: SentryReporter

    init(_ answer: Exporter.Answer = .ok("{}"), isOn: Bool = true, timeout: Duration = .seconds(5)) throws {
        server = try Exporter(answer)
        reporter = SentryReporter(
            isOn ? try Self.dsn(server) : nil,
            parts: .init(
                group: MultiThreadedEventLoopGroup.singleton, registry: registry, logger: log.logger,
                serverName: "machine"),
            timeout: timeout)
    }

    deinit { server.stop() }

    static func dsn(_ server: Exporter) throws -> SentryDSN {
        try #require(SentryDSN("http://key:secret@127.0.0.1:\(server.port)/sentry/42"))
    }

    func fail(_ generators: String..., reason: String = "exit") {
        for generator in generators {
            reporter.report(
                SentryReport(
                    generator: generator, path: "p", reason: reason, text: "it failed", details: "", isPython: true,
                    at: .example))
        }
    }

    func count(_ outcome: SentryInstruments.Outcome) -> Int? {
        registry.value("exporter_proxy_discovery_sentry_events_total{outcome=\"\(outcome.rawValue)\"}")
    }

    /// The generators that the server was told of.
    var told: [String] {
        server.bodies.compactMap { body in
            String(decoding: body, as: UTF8.self).firstMatch(of: /"generator":"([^"]*)"/).map { String($0.1) }
        }
    }

    /// Runs the reporter while `body` does, on a thread that may wait.
    func run(_ body: @escaping @Sendable (Desk) throws -> Void) async throws {
        try await withRunning(reporter) { try await onOwnThread { try body(self) } }
    }
}

@Test func aFailure_IsSentAsAnEnvelope() async throws {
    let desk = try Desk()
    try await desk.run { desk in
        desk.fail("a.py")
        wait(until: "it is sent") { desk.count(.sent) == 1 }
    }
    let head = try #require(desk.server.requests.first)
    #expect(head.hasPrefix("POST /sentry/api/42/envelope/ HTTP/1.1\r\n"))
    let version = Version.number
    for line in [
        "X-Sentry-Auth: Sentry sentry_version=7, sentry_client=exporter-proxy/\(version), sentry_key=key, "
            + "sentry_secret=secret",
        "Content-Type: application/x-sentry-envelope", "User-Agent: exporter-proxy/\(version)",
    ] {
        #expect(head.contains("\r\n\(line)\r\n"), "\(head)")
    }
    let lines = try #require(desk.server.bodies.first).split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 3 && desk.told == ["a.py"] && desk.log.all.isEmpty)
    let id = try #require(String(decoding: lines[0], as: UTF8.self).firstMatch(of: /"event_id":"([0-9a-f]{32})"/)?.1)
    #expect(String(decoding: lines[2], as: UTF8.self).hasPrefix("{\"event_id\":\"\(id)\""))
}

@Test func withoutADSN_NobodyIsTold_AndNothingIsCounted() async throws {
    let desk = try Desk(isOn: false)
    try await desk.run { desk in
        desk.fail("a.py", "a.py")
        desk.reporter.dsn = try Desk.dsn(desk.server)
        desk.fail("b.py")
        wait(until: "it is sent") { desk.count(.sent) == 1 }
        desk.reporter.dsn = nil
        desk.fail("c.py")
    }
    #expect(desk.told == ["b.py"])
    #expect(desk.count(.repeated) == 0 && desk.count(.dropped) == 0 && desk.count(.failed) == 0)
}

@Test func theSameFailure_IsSentOnce() async throws {
    let desk = try Desk()
    try await desk.run { desk in
        desk.fail("a.py", "a.py", "b.py", "a.py")
        desk.fail("a.py", reason: "timeout")
        wait(until: "all are sent") { desk.count(.sent) == 3 }
    }
    #expect(desk.told == ["a.py", "b.py", "a.py"] && desk.count(.repeated) == 2)
}

@Test func whatComesTooFast_IsDropped_AndNobodyWaits() async throws {
    let desk = try Desk()
    for number in 0..<40 { desk.fail("\(number).py") }
    #expect(desk.count(.dropped) == 8)
    try await desk.run { desk in wait(until: "the others are sent") { desk.count(.sent) == 32 } }
    #expect(desk.told == (0..<32).map { "\($0).py" })
}

@Test func whenItCannotBeSent_ItIsCounted_AndSaidOnce() async throws {
    let desk = try Desk(.response("500 Internal Server Error", ["Content-Length: 0"]))
    try await desk.run { desk in
        desk.fail("a.py", "b.py")
        wait(until: "both have failed") { desk.count(.failed) == 2 }
        #expect(desk.log.all.count == 1 && desk.log.count("cannot send a failure to Sentry") == 1)
        #expect(desk.log.count("error=\"status 500\"") == 1 && desk.log.count("key") == 0)
        desk.server.say(.ok("{}"))
        desk.fail("c.py")
        wait(until: "it is sent") { desk.count(.sent) == 1 }
        desk.server.say(.reset)
        desk.fail("d.py")
        wait(until: "it has failed") { desk.count(.failed) == 3 }
    }
    #expect(desk.log.count("failures are sent to Sentry again") == 1)
    #expect(desk.log.count("cannot send a failure to Sentry") == 2 && desk.log.all.count == 3)
}

@Test func whereNobodyListens_TheLogSaysWhy() async throws {
    let desk = try Desk()
    desk.server.stop()
    desk.reporter.dsn = SentryDSN("http://k@127.0.0.1:1/1")
    try await desk.run { desk in
        desk.fail("a.py")
        wait(until: "it has failed") { desk.count(.failed) == 1 }
    }
    #expect(desk.log.count("host=127.0.0.1:1") == 1 && desk.log.count("error=\"Connection refused\"") == 1)
}

@Test func aServerThatHangs_IsGivenUp() async throws {
    let desk = try Desk(.hang([]), timeout: .milliseconds(100))
    try await desk.run { desk in
        desk.fail("a.py", "b.py")
        wait(until: "both have failed") { desk.count(.failed) == 2 }
    }
    #expect(desk.told == ["a.py", "b.py"])
}

@Test func aServerThatHangs_KeepsNobodyFromStopping() async throws {
    let desk = try Desk(.hang([]), timeout: .seconds(60))
    let begin = ContinuousClock.now
    try await desk.run { desk in
        desk.fail("a.py")
        wait(until: "it is on its way") { desk.server.requests.count == 1 }
    }
    #expect(ContinuousClock.now - begin < .seconds(20) && desk.count(.failed) == 0 && desk.log.all.isEmpty)
}

@Test func aServerThatWantsRest_GetsIt() async throws {
    let desk = try Desk(.response("429 Too Many Requests", ["Retry-After: 1", "Content-Length: 0"]))
    try await desk.run { desk in
        desk.fail("a.py", "b.py")
        wait(until: "the first has failed") { desk.count(.failed) == 1 }
        let begin = ContinuousClock.now
        desk.server.say(.ok("{}"))
        wait(until: "the second is sent") { desk.count(.sent) == 1 }
        #expect(ContinuousClock.now - begin > .milliseconds(900))
    }
    #expect(desk.told == ["a.py", "b.py"] && desk.log.count("status 429") == 1)
}
