import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

/// What gzip(1) would make of it.
private func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    var deflater = try Deflater()
    return Array(try GzipMember.join([try deflater.deflate(ByteBuffer(bytes: bytes))]).readableBytesView)
}

private struct Settings {
    var toml = ""
    var section = ""
    var store = SnapshotStore()
    var time = ManualTime()
    /// How much later it is whenever somebody asks for the time.
    var step = Duration.zero
}

/// Polls `url` once and then stops; answers what the table and the instruments know then.
private func poll(
    _ url: String, _ change: (inout Settings) -> Void = { _ in }, rounds: Int = 1,
    between: @escaping @Sendable (Int) -> Void = { _ in }
) async throws -> (entry: SnapshotStore.Entry?, registry: InstrumentRegistry) {
    var settings = Settings()
    change(&settings)
    let text = settings.section + "\n[[target]]\nurl = '\(url)'\nname = 't'\n" + settings.toml
    let problems = ConfigurationProblems()
    let section = ConfigurationSection("poll_external", try TOMLFile(text).values, problems)
    let configuration = Poller.Configuration(reading: section)
    #expect(problems.all.isEmpty)
    let registry = InstrumentRegistry()
    let poller = Poller(
        configuration, store: settings.store, group: MultiThreadedEventLoopGroup.singleton, registry: registry,
        firstRound: FirstRound(of: [], began: .example),
        logger: .silent,
        time: { [time = settings.time, step = settings.step] in
            time.advance(by: step)
            return time.source()
        })
    let store = settings.store
    try await withRunning(poller) {
        try await onOwnThread {
            for round in 1...rounds {
                // One generation for each poll, whatever it brought.
                wait(until: "the target is polled") { store.generation >= UInt64(round) }
                between(round)
            }
        }
    }
    return (store.entry(of: "t"), registry)
}

private func up(_ registry: InstrumentRegistry) -> Int? { registry.value("exporter_proxy_poll_up{target=\"t\"}") }

private func failures(_ registry: InstrumentRegistry, _ reason: String) -> Int? {
    registry.value("exporter_proxy_poll_failures_total{target=\"t\",reason=\"\(reason)\"}")
}

@Test func aPoll_StoresTheBody() async throws {
    let exporter = try Exporter(.ok("m 1\n\n"))
    defer { exporter.stop() }
    let (entry, registry) = try await poll(exporter.url) { $0.toml = "labels = { site = 'north' }\n" }
    #expect(entry?.snapshot?.body.text == "m 1\n" && entry?.failure == nil)
    #expect(
        entry?.snapshot?.origin == .init(.poll, "external_poll: 127.0.0.1:\(exporter.port)", labels: ["site": "north"]))
    #expect(entry?.snapshot?.receivedAt == .example)
    #expect(up(registry) == 1 && registry.value("exporter_proxy_poll_successes_total{target=\"t\"}") == 1)
}

@Test func aPoll_IsTimed_WhateverComesOfIt() async throws {
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    let (good, registry) = try await poll(exporter.url) { $0.step = .milliseconds(250) }
    let success = try #require(good?.snapshot?.receivedAt.wall.secondsSinceEpoch)
    #expect(success == Moment.example.advanced(by: .milliseconds(500)).wall.secondsSinceEpoch)
    let page = registry.exposition()
    #expect(page.contains("\nexporter_proxy_poll_duration_seconds{target=\"t\"} 0.25\n"))
    #expect(page.contains("\nexporter_proxy_poll_last_success_timestamp_seconds{target=\"t\"} \(success)\n"))
    exporter.say(.reset)
    let bad = try await poll(exporter.url) { $0.step = .milliseconds(500) }.registry
    #expect(bad.exposition().contains("\nexporter_proxy_poll_duration_seconds{target=\"t\"} 0.5\n"))
    #expect(bad.value("exporter_proxy_poll_last_success_timestamp_seconds{target=\"t\"}") == 0)
}

@Test func pollMetrics_AreThoseOfThePresentTargets() {
    let registry = InstrumentRegistry()
    let instruments = PollInstruments(registry: registry)
    #expect(!registry.exposition().contains("poll"))
    let first = instruments.targets(["a", "b"])
    for target in first { target.failure(.status(404), after: .milliseconds(1500)) }
    first[1].success(at: .example, after: .seconds(2))
    let second = instruments.targets(["c", "b"])
    #expect(second[1] === first[1])
    let page = registry.exposition()
    #expect(!page.contains("target=\"a\""))
    #expect(page.contains("exporter_proxy_poll_up{target=\"c\"} 0\nexporter_proxy_poll_up{target=\"b\"} 1\n"))
    #expect(registry.value("exporter_proxy_poll_failures_total{target=\"b\",reason=\"status\"}") == 1)
    #expect(registry.value("exporter_proxy_poll_failures_total{target=\"c\",reason=\"status\"}") == 0)
    #expect(registry.value("exporter_proxy_poll_duration_seconds{target=\"b\"}") == 2)
    #expect(instruments.targets([]).isEmpty && !registry.exposition().contains("poll"))
}

@Test func aPoll_SendsWhatExportersLookAt() async throws {
    let folder = try TemporaryFolder()
    let token = try folder.write("abc\n", to: "token")
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    _ = try await poll(exporter.url) {
        $0.toml = "timeout = '2500ms'\nheaders = { X-Tenant = 'a' }\nbearer_token_file = '\(token)'\n"
    }
    let head = try #require(exporter.requests.first).lowercased()
    #expect(head.hasPrefix("get /metrics http/1.1\r\n"))
    for line in [
        "user-agent: exporter-proxy/\(Version.number)", "accept: text/plain;version=0.0.4, */*;q=0.1",
        "accept-encoding: gzip",
        "x-prometheus-scrape-timeout-seconds: 2.5", "x-tenant: a", "authorization: bearer abc",
        "host: 127.0.0.1:\(exporter.port)",
    ] { #expect(head.contains("\r\n\(line)\r\n"), "\(line)") }
}

@Test func aPoll_SendsAPassword_FromItsFile() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("p w\n", to: "password")
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    _ = try await poll(exporter.url) { $0.toml = "basic_auth = { username = 'u', password_file = '\(file)' }\n" }
    #expect(exporter.requests.first?.lowercased().contains("\r\nauthorization: basic dtpwihc=\r\n") == true)
}

@Test func aPoll_Fails_WhenItsSecretCannotBeRead() async throws {
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    let (entry, registry) = try await poll(exporter.url) { $0.toml = "bearer_token_file = '/nowhere/token'\n" }
    #expect(entry?.failure?.reason == "cannot read /nowhere/token: No such file or directory")
    #expect(failures(registry, "secret_unreadable") == 1 && exporter.requests.isEmpty)
}

@Test(arguments: ["text/html", "application/openmetrics-text; version=1.0.0", "application/octet-stream"])
func aPoll_TakesAnyContentType(type: String) async throws {
    let exporter = try Exporter(.ok([UInt8]("m 1\n"), ["Content-Type: \(type)"]))
    defer { exporter.stop() }
    #expect(try await poll(exporter.url).entry?.snapshot?.body.text == "m 1\n")
}

@Test func aPoll_TakesABodyWithoutALength_ToTheEnd() async throws {
    let exporter = try Exporter(.response("200 OK", [], [UInt8]("m 1\n")))
    defer { exporter.stop() }
    #expect(try await poll(exporter.url).entry?.snapshot?.body.text == "m 1\n")
}

@Test func aPoll_TakesChunksAndGzip() async throws {
    let chunks = [UInt8]("2\r\nm \r\n3\r\n1\n\n\r\n0\r\n\r\n")
    let exporter = try Exporter(.response("200 OK", ["Transfer-Encoding: chunked"], chunks))
    defer { exporter.stop() }
    #expect(try await poll(exporter.url).entry?.snapshot?.body.text == "m 1\n")
    exporter.say(.response("200 OK", ["Connection: close"], [UInt8]("m 12\n")))
    #expect(try await poll(exporter.url).entry?.snapshot?.body.text == "m 12\n")
    let text = String(repeating: "m{a=\"b\"} 1\n", count: 10_000)
    exporter.say(.ok(try gzipped([UInt8](text)), ["Content-Encoding: gzip"]))
    #expect(try await poll(exporter.url).entry?.snapshot?.body.text == text)
}

private struct Failure: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var answer: Exporter.Answer
    var reason: String

    /// Short where it is the point, and long where it must not come first.
    var timeout: String { reason == "timeout" ? "300ms" : "8s" }

    init(_ name: String, _ answer: Exporter.Answer, _ reason: String) {
        testDescription = name
        self.answer = answer
        self.reason = reason
    }
}

private func failingAnswers() throws -> [Failure] {
    let large = [UInt8](repeating: 0x61, count: 4096)
    let bomb = try gzipped([UInt8](repeating: 0x61, count: 10_000_000))
    return [
        Failure("404", .response("404 Not Found", ["Content-Length: 0"]), "status"),
        Failure("204", .response("204 No Content", []), "status"),
        Failure("500", .response("500 Oops", ["Content-Length: 4"], [UInt8]("m 1\n")), "status"),
        Failure("redirect", .response("302 Found", ["Location: /other", "Content-Length: 0"]), "status"),
        Failure("too large", .ok(large), "too_large"),
        Failure("endless", .endless([UInt8]("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")), "too_large"),
        Failure("cut", .response("200 OK", ["Content-Length: 10"], [UInt8]("m 1\n")), "transport"),
        Failure(
            "cut chunk", .response("200 OK", ["Transfer-Encoding: chunked"], [UInt8]("4\r\nm 1\n\r\n")), "transport"),
        Failure("cut without a length", .response("200 OK", ["Connection: close"], [UInt8]("m 12")), "transport"),
        Failure("cut head", .bytes([UInt8]("HTTP/1.1 200 OK\r\nContent-Le")), "transport"),
        Failure("no HTTP", .bytes([UInt8]("garbage\r\n\r\n")), "transport"),
        Failure("nothing", .bytes([]), "transport"),
        Failure("reset", .reset, "transport"),
        Failure("gzip bomb", .ok(bomb, ["Content-Encoding: gzip"]), "too_large"),
        Failure(
            "cut gzip", .ok(Array(try gzipped([UInt8]("m 1\nm 2\n")).dropLast(9)), ["Content-Encoding: gzip"]),
            "transport"),
        Failure("no gzip", .ok([UInt8]("m 1\n"), ["Content-Encoding: gzip"]), "transport"),
        Failure("hangs at once", .hang([]), "timeout"),
        Failure("hangs in the head", .hang([UInt8]("HTTP/1.1 200")), "timeout"),
        Failure("hangs in the body", .hang([UInt8]("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nm 1\n")), "timeout"),
    ]
}

@Test(arguments: try failingAnswers())
private func aFailure_IsNeverData_AndKeepsTheLastText(failure: Failure) async throws {
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    let (entry, registry) = try await poll(
        exporter.url,
        {
            $0.section = "body_bytes_max = 2048\n"
            $0.toml = "interval = '20ms'\ntimeout = '\(failure.timeout)'\n"
        }, rounds: 2,
        between: { round in if round == 1 { exporter.say(failure.answer) } })
    // A success may slip in between, so the last word counts.
    #expect(entry?.snapshot?.body.text == "m 1\n")
    guard entry?.failure != nil else { return }
    #expect(up(registry) == 0)
    #expect(failures(registry, failure.reason).map { $0 > 0 } == true, "\(registry.exposition())")
}

@Test(arguments: try failingAnswers())
private func aFailure_IsSaid_WhenNothingCameBefore(failure: Failure) async throws {
    let exporter = try Exporter(failure.answer)
    defer { exporter.stop() }
    let (entry, registry) = try await poll(exporter.url) {
        $0.section = "body_bytes_max = 2048\n"
        $0.toml = "timeout = '\(failure.timeout)'\n"
    }
    #expect(entry?.snapshot == nil && up(registry) == 0)
    #expect(failures(registry, failure.reason) == 1, "\(entry?.failure?.reason ?? "no failure")")
    #expect(entry?.failure?.reason.isEmpty == false && entry?.failure?.at == .example)
}

@Test func aRefusedConnection_IsSaidAsPeopleSayIt() async throws {
    let exporter = try Exporter(.ok(""))
    let url = exporter.url
    exporter.stop()
    let (entry, registry) = try await poll(url) { $0.toml = "timeout = '5s'\n" }
    #expect(entry?.failure?.reason == "Connection refused")
    #expect(failures(registry, "transport") == 1)
}

@Test func aTarget_RecoversAtItsNextPoll() async throws {
    let exporter = try Exporter(.reset)
    defer { exporter.stop() }
    let (entry, registry) = try await poll(
        exporter.url, { $0.toml = "interval = '20ms'\ntimeout = '2s'\n" }, rounds: 4,
        between: { round in if round == 1 { exporter.say(.ok("m 2\n")) } })
    #expect(entry?.snapshot?.body.text == "m 2\n" && entry?.failure == nil)
    #expect(up(registry) == 1)
}

@Test func redirects_AreFollowed_WhenThatIsAskedFor() async throws {
    let last = try Exporter(.ok("m 1\n"))
    defer { last.stop() }
    let first = try Exporter(.response("302 Found", ["Location: \(last.url)", "Content-Length: 0"]))
    defer { first.stop() }
    let (entry, _) = try await poll(first.url) { $0.section = "follow_redirects = true\n" }
    #expect(entry?.snapshot?.body.text == "m 1\n")
    #expect(entry?.snapshot?.origin.address == "external_poll: 127.0.0.1:\(first.port)")
}

@Test func aSlowTarget_DelaysNobody() async throws {
    let slow = try Exporter(.hang([]))
    let quick = try Exporter(.ok("m 1\n"))
    defer { for exporter in [slow, quick] { exporter.stop() } }
    let text = """
        poll_other_scrape_endpoints = true
        other_scrape_endpoints = ["\(slow.url)", "\(quick.url)"]
        poll_interval = 3600
        client_timeout = 3600
        """
    let problems = ConfigurationProblems()
    let configuration = Poller.Configuration(
        reading: ConfigurationSection("poll_external", try TOMLFile(text).values, problems))
    let store = SnapshotStore()
    let poller = Poller(
        configuration, store: store, group: MultiThreadedEventLoopGroup.singleton, registry: InstrumentRegistry(),
        firstRound: FirstRound(of: [], began: .example),
        logger: .silent, time: ManualTime().source)
    // Stopping ends the poll that hangs as well.
    try await withRunning(poller) {
        try await onOwnThread { wait(until: "the quick one is polled") { store.generation > 0 } }
    }
    #expect(store.entry(of: "external_poll: 127.0.0.1:\(quick.port)")?.snapshot?.body.text == "m 1\n")
}

@Test func everyPollError_HasACounter() {
    let errors: [PollError] = [
        .timeout(.seconds(1)), .status(404), .tooLarge(limit: 1), .secret("x"), .transport("x"),
    ]
    #expect(Set(errors.map(\.reason)) == Set(PollError.reasons))
    #expect(PollError.status(404).description == "status 404, only 200 counts")
    #expect(PollError.timeout(.milliseconds(300)).description == "no whole answer within 300ms")
}
