import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

private func configuration(_ targets: [(name: String, exporter: Exporter, more: String)]) throws -> Poller.Configuration
{
    let text = targets.map { "[[target]]\nname = '\($0.name)'\nurl = '\($0.exporter.url)'\n\($0.more)\n" }.joined()
    let section = ConfigurationSection(
        "poll_external", try TOMLFile("poll_interval = 3600\nclient_timeout = 3600\n" + text).values,
        ConfigurationProblems())
    return Poller.Configuration(reading: section)
}

/// A poller over a table of its own.
private struct House {
    let store = SnapshotStore()
    let registry = InstrumentRegistry()
    let poller: Poller

    init(_ configuration: Poller.Configuration) {
        poller = Poller(
            configuration, store: store, group: MultiThreadedEventLoopGroup.singleton, registry: registry,
            firstRound: FirstRound(of: [], began: .example),
            logger: .silent, time: ManualTime().source)
    }

    func text(_ name: String) -> String? { store.entry(of: name)?.snapshot?.body.text }

    func waitFor(_ text: String, of name: String) async throws {
        let store = store
        try await onOwnThread {
            wait(until: "\(name) is polled") { store.entry(of: name)?.snapshot?.body.text == text }
        }
    }

    func successes(_ name: String) -> Int? {
        registry.value("exporter_proxy_poll_successes_total{target=\"\(name)\"}")
    }
}

@Test func aTargetThatStays_IsNotPolledAgain_AndOthersComeAndGo() async throws {
    let exporters = try (0..<3).map { try Exporter(.ok("m \($0)\n")) }
    defer { for exporter in exporters { exporter.stop() } }
    let (stays, goes, comes) = (exporters[0], exporters[1], exporters[2])
    let house = House(try configuration([("stays", stays, ""), ("goes", goes, "")]))
    try await withRunning(house.poller) {
        try await house.waitFor("m 0\n", of: "stays")
        try await house.waitFor("m 1\n", of: "goes")
        await house.poller.apply(try configuration([("stays", stays, ""), ("comes", comes, "")]))
        #expect(house.store.entry(of: "goes") == nil && house.successes("goes") == nil)
        try await house.waitFor("m 2\n", of: "comes")
        #expect(house.text("stays") == "m 0\n" && stays.requests.count == 1 && house.successes("stays") == 1)
        // It may come back, and counts anew.
        await house.poller.apply(try configuration([("goes", goes, "")]))
        try await house.waitFor("m 1\n", of: "goes")
        #expect(house.successes("goes") == 1 && house.store.count == 1)
        await house.poller.apply(try configuration([]))
        #expect(house.store.count == 0 && !house.registry.exposition().contains("poll"))
    }
}

@Test func aChangedTarget_IsPolledAtOnce_AndKeepsItsTextAndItsCounters() async throws {
    let exporter = try Exporter(.ok("m 1\n"))
    defer { exporter.stop() }
    let house = House(try configuration([("t", exporter, "")]))
    try await withRunning(house.poller) {
        try await house.waitFor("m 1\n", of: "t")
        exporter.say(.hang([]))
        await house.poller.apply(try configuration([("t", exporter, "headers = { X-New = 'yes' }")]))
        try await onOwnThread { wait(until: "it is polled again") { exporter.requests.count == 2 } }
        #expect(exporter.requests[1].contains("X-New: yes"))
        #expect(house.text("t") == "m 1\n" && house.successes("t") == 1)
    }
}

/// The answer is on its way when the target goes.
@Test func aPollThatHangs_IsGivenUp_WhenItsTargetGoes() async throws {
    let exporter = try Exporter(.hang(Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nm 1".utf8)))
    defer { exporter.stop() }
    let house = House(try configuration([("t", exporter, "")]))
    try await withRunning(house.poller) {
        try await onOwnThread { wait(until: "it is polled") { exporter.requests.count == 1 } }
        await house.poller.apply(try configuration([]))
        #expect(house.store.count == 0)
    }
    #expect(house.store.count == 0)
}

@Test func anApp_LosesItsSource_WhenATargetGetsItsName_AndKeepsItWhenTheTargetGoes() async throws {
    let exporter = try Exporter(.hang([]))
    defer { exporter.stop() }
    let house = House(try configuration([]))
    _ = house.store.replace(with: Snapshot("t", "pushed 1\n", door: .tcp))
    try await withRunning(house.poller) {
        await house.poller.apply(try configuration([("t", exporter, "")]))
        #expect(house.store.entry(of: "t") == nil)
        _ = house.store.replace(with: Snapshot("t", "pushed 2\n", door: .unix))
        await house.poller.apply(try configuration([]))
        #expect(house.text("t") == "pushed 2\n")
    }
}
