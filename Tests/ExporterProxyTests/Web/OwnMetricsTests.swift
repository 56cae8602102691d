import Testing

@testable import ExporterProxy

private func ownMetrics(_ isMerged: Bool) -> (metrics: OwnMetrics, registry: InstrumentRegistry) {
    let registry = InstrumentRegistry()
    return (OwnMetrics(configuration(isMerged), registry: registry), registry)
}

private func configuration(_ isMerged: Bool) -> TelemetryConfiguration {
    var configuration = TelemetryConfiguration()
    configuration.isMerged = isMerged
    return configuration
}

@Test func ownMetrics_AreASourceLikeOthers() throws {
    let (metrics, registry) = ownMetrics(true)
    let counter = registry.counter("own_total", help: "Own.")
    let bench = Bench()
    bench.push("a", "# TYPE own_total counter\nown_total{x=\"1\"} 1\n")
    metrics.put(into: bench.store, at: bench.now)
    let header = "# HELP own_total Own.\n# TYPE own_total counter\n"
    #expect(try bench.page() == header + "own_total{x=\"1\"} 1\nown_total 0\n")
    counter.increment()
    metrics.put(into: bench.store, at: bench.now)
    #expect(try bench.page() == header + "own_total{x=\"1\"} 1\nown_total 1\n")
    #expect(bench.store.entry(of: "exporter-proxy")?.snapshot?.origin == .init(.own, "/-/metrics"))
    #expect(metrics.exposition() == header + "own_total 1\n")
}

@Test func ownMetrics_LeaveTheTable_WhenTheyAreNoLongerMerged() throws {
    let (metrics, registry) = ownMetrics(true)
    registry.counter("own_total", help: "Own.").increment()
    let bench = Bench()
    metrics.put(into: bench.store, at: bench.now)
    metrics.update(configuration(true), in: bench.store)
    #expect(metrics.isMerged && bench.store.count == 1)
    metrics.update(configuration(false), in: bench.store)
    #expect(!metrics.isMerged && bench.store.count == 0)
    #expect(try bench.page().isEmpty)
    // Who pushes under that name meanwhile is no concern of ours.
    bench.push("exporter-proxy", "m 1\n")
    metrics.update(configuration(false), in: bench.store)
    #expect(bench.store.count == 1)
}

@Test func ownMetrics_CostNobodyAPlace_WhenTheTableIsFull() throws {
    let (metrics, registry) = ownMetrics(true)
    registry.counter("own_total", help: "Own.").increment()
    let bench = Bench()
    bench.push("a", "m 1\n")
    bench.store.sourcesMax = 1
    metrics.put(into: bench.store, at: bench.now)
    #expect(try bench.page() == "m 1\n")
}
