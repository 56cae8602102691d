import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

extension Bench {
    fileprivate func instruments() -> InstrumentRegistry {
        let registry = InstrumentRegistry()
        SourceInstruments.add(to: registry, store: store, merged: merged, time: time.source)
        return registry
    }
}

private let prefix = "exporter_proxy_app_"

@Test func eachSource_HasItsSamples() throws {
    var rules = ExpositionRules()
    rules.standard.timestamps = .strip
    rules.standard.limits.series = 3
    let bench = Bench(rules)
    let registry = bench.instruments()
    bench.push("a", "# TYPE m gauge\nm 1 17\nn 1\r\nx\n")
    bench.push("b \"", "# TYPE m counter\nm 1\nn 1\no 1\n")
    bench.push("c", "m 1\nm{x=\"1\"} 1\n")
    _ = try bench.page()
    func value(_ name: String, _ labels: String) -> Int? { registry.value(prefix + name + "{\(labels)}") }
    #expect(value("valid", "app=\"a\"") == 0 && value("valid", "app=\"b \\\"\"") == 1)
    #expect(value("series", "app=\"a\"") == 2 && value("bytes", "app=\"a\"") == "# TYPE m gauge\nm 1\nn 1\n".utf8.count)
    // What others had first is not served: neither its n, nor its m of another type.
    #expect(value("series", "app=\"b \\\"\"") == 1 && value("series", "app=\"c\"") == 1)
    #expect(value("lines_dropped_total", "app=\"a\",reason=\"missing_value\"") == 1)
    #expect(value("repairs_total", "app=\"a\",reason=\"crlf\"") == 1)
    #expect(value("timestamps_stripped_total", "app=\"a\"") == 1)
    #expect(value("timestamps_stripped_total", "app=\"c\"") == 0)
    #expect(value("conflicts_total", "app=\"b \\\"\",kind=\"type\"") == 1)
    #expect(value("conflicts_total", "app=\"b \\\"\",kind=\"series\"") == 1)
    #expect(value("limit_hits_total", "app=\"a\",limit=\"too_many_series\"") == nil)
    bench.push("a", "m 1\nn 1\no 1\np 1\n")
    #expect(value("limit_hits_total", "app=\"a\",limit=\"too_many_series\"") == 1)
    #expect(value("valid", "app=\"a\"") == 0 && value("series", "app=\"a\"") == 2)
    #expect(value("lines_dropped_total", "app=\"a\",reason=\"missing_value\"") == 1, "it has counted once")
    #expect(value("samples_too_old_total", "app=\"a\"") == 0)
}

@Test func aSource_IsStale_WhenItFailsOrIsSilent() throws {
    var rules = ExpositionRules()
    rules.exceptions = [.init(pattern: NamePattern("slow"), rules: rules.standard)]
    rules.exceptions[0].rules.staleAfter = .seconds(1000)
    let bench = Bench(rules)
    let registry = bench.instruments()
    for name in ["a", "slow"] { bench.push(name, "m{s=\"\(name)\"} 1\n") }
    bench.store.noteFailure(of: "failing", .init(origin: .init(.poll, "h:1"), at: .example, reason: "refused"))
    func stale(_ name: String) -> Int? { registry.value("\(prefix)stale{app=\"\(name)\"}") }
    #expect(stale("a") == 0 && stale("slow") == 0 && stale("failing") == 1)
    bench.time.advance(by: .seconds(301))
    #expect(stale("a") == 1 && stale("slow") == 0)
    let text = registry.exposition()
    #expect(text.contains("\(prefix)last_success_timestamp_seconds{app=\"a\"} 1795229735.156"))
    #expect(!text.contains("\(prefix)last_success_timestamp_seconds{app=\"failing\"}"))
}

@Test func sourcesBeyondTheBound_AreOneSourceTogether() throws {
    let bench = Bench()
    let registry = bench.instruments()
    // "app 1000" and so on come before "app 101" by name; the last ten by name are the others.
    let names = (0..<SourceInstruments.sourcesMax + 10).map { "app \(10_000 + $0)" }
    for name in names { bench.push(name, "m{s=\"\(name)\"} 1\nbroken\n") }
    let text = registry.exposition()
    func value(_ name: String, _ labels: String) -> Int? { registry.value(prefix + name + "{\(labels)}") }
    #expect(
        value("series", "app=\"other\"") == 10
            && value("lines_dropped_total", "app=\"other\",reason=\"missing_value\"") == 10)
    #expect(value("series", "app=\"app 10999\"") == 1 && value("series", "app=\"app 11000\"") == nil)
    #expect(value("valid", "app=\"other\"") == nil && value("valid", "app=\"app 11000\"") == nil)
    #expect(text.matches(of: /(?m)^exporter_proxy_app_valid\{/).count == SourceInstruments.sourcesMax)
    #expect(text.matches(of: /(?m)^exporter_proxy_app_bytes\{/).count == SourceInstruments.sourcesMax + 1)
    #expect(IndexedExposition.of(text) != nil)
}

/// An app may be called so, and must not bring a series twice.
@Test func anAppNamedOther_IsCountedWithTheOthers() throws {
    let bench = Bench()
    let registry = bench.instruments()
    for index in 0..<SourceInstruments.sourcesMax + 5 { bench.push("z\(index)", "m{s=\"\(index)\"} 1\n") }
    bench.push("other", "n 1\nm 1\n")
    #expect(registry.value("\(prefix)series{app=\"other\"}") == 8)
    #expect(IndexedExposition.of(registry.exposition()) != nil)
}
