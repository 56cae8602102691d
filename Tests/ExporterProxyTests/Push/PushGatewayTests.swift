import Exposition
import Logging
import NIOCore
import Synchronization
import Testing

@testable import ExporterProxy

/// The gateway with its table, on a clock of the test.
private struct GatewayBench {
    let store: SnapshotStore
    let time = ManualTime()
    let gateway: PushGateway

    init(sourcesMax: Int = 100, _ limits: PushLimits = PushLimits()) {
        store = SnapshotStore(sourcesMax: sourcesMax)
        gateway = PushGateway(
            limits, store: store, instruments: PushInstruments(registry: InstrumentRegistry()),
            logger: Logger(label: "test"), time: time.source)
    }

    @discardableResult
    func push(_ text: String, to job: String) throws -> PushOutcome? {
        let request = PushRequest(group: GroupingKey([Label("job", job)]), manner: .replacing(.group))
        let parser = PushParser(rules: PushRules(), limits: ExpositionLimits())
        let record = PushRecord.push(try parser.read(ByteBuffer(string: text), request, at: time.source()))
        return submit(record)
    }

    @discardableResult
    func submit(_ record: PushRecord) -> PushOutcome? { gateway.submitAtOnce(record) }

    var sources: [String] { store.view().entries.compactMap { $0?.snapshot?.source }.sorted() }
}

@Test func groupsWithoutRoom_AreServedOnceThereIsSome() throws {
    let bench = GatewayBench(sourcesMax: 2)
    for job in ["a", "b", "c"] { try bench.push("m 1\n", to: job) }
    let again = try #require(bench.gateway.refresh(at: bench.time.source()))
    #expect(bench.sources == [#"push: {job="a"}"#, #"push: {job="b"}"#])
    bench.submit(.delete(GroupingKey([Label("job", "a")])))
    _ = bench.gateway.refresh(at: again)
    #expect(bench.sources == [#"push: {job="b"}"#, #"push: {job="c"}"#])
    #expect(bench.gateway.refresh(at: again) == nil)
}

/// Labels are bytes: é is one code point or two.
@Test func jobsThatLookAlike_AreTwoGroups() throws {
    let bench = GatewayBench()
    try bench.push("m 1\n", to: "caf\u{E9}")
    try bench.push("m 2\n", to: "cafe\u{301}")
    _ = bench.gateway.refresh(at: bench.time.source())
    #expect(bench.gateway.groupCount == 2 && bench.sources.count == 2)
    bench.submit(.delete(GroupingKey([Label("job", "cafe\u{301}")])))
    _ = bench.gateway.refresh(at: bench.time.source())
    #expect(bench.sources.map { Array($0.utf8) } == [Array("push: {job=\"caf\u{E9}\"}".utf8)])
}

/// What was taken once is taken again after a restart, whatever the limits are then; and what was refused is not.
@Test func recordsAreReplayed_UnderTheLimitsOfTheirTime() throws {
    var wide = PushLimits()
    wide.groups = 3
    let now = ManualTime().source()
    func push(_ job: String) throws -> PushRecord {
        let request = PushRequest(group: GroupingKey([Label("job", job)]), manner: .replacing(.group))
        let parser = PushParser(rules: PushRules(), limits: ExpositionLimits())
        return .push(try parser.read(ByteBuffer(string: "m 1\n"), request, at: now))
    }
    let records = [.limits(wide)] + (try ["a", "b", "c", "d"].map(push))
    var narrow = PushLimits()
    narrow.groups = 1
    let bench = GatewayBench(narrow)
    for (number, record) in records.enumerated() {
        try bench.gateway.replay(PushCodec.encode(record), number: UInt64(number + 1), at: now)
    }
    #expect(bench.gateway.groupCount == 3)
    // And over parts.
    let (parts, through) = bench.gateway.changedParts()
    #expect(through == 5)
    let later = GatewayBench(narrow)
    for (key, part) in parts { try later.gateway.restore(try #require(part), under: key, at: now) }
    try later.gateway.replay(PushCodec.encode(try push("e")), number: 6, at: now)
    #expect(later.gateway.groupCount == 3)
    // From now on the configuration holds.
    later.gateway.adopt(narrow)
    guard case .refused = try later.push("m 1\n", to: "f") else {
        Issue.record("it was stored")
        return
    }
}

@Test func manyMetrics_AreDeletedInParts() throws {
    let bench = GatewayBench()
    let text = String(repeating: "x", count: 100)
    try bench.push((0..<20_000).map { "m{n=\"\($0)\",text=\"\(text)\"} 1\n" }.joined(), to: "a")
    try bench.push("m 1\n", to: "b")
    let selection = bench.gateway.select(olderThan: nil) { _, labels in labels.contains { $0.name == "text" } }
    let parts = selection.parts()
    #expect(parts.count > 2)
    for part in parts {
        #expect(PushCodec.encode(.deleteSelected(part)).readableBytes < 2 << 20)
        bench.submit(.deleteSelected(part))
    }
    #expect(bench.gateway.seriesCount == 1 && bench.gateway.groupCount == 1)
    #expect(PushSelection().parts() == [PushSelection()])
}

@Test func help_GoesWithWhatItWasSaidOf() throws {
    let bench = GatewayBench()
    func body() -> String {
        _ = bench.gateway.refresh(at: bench.time.source())
        return bench.store.view().entries.compactMap { ($0?.snapshot?.body).map { String(buffer: $0) } }.joined()
    }
    try bench.push("# HELP m Old.\n# TYPE m gauge\nm 1\n", to: "a")
    #expect(body().contains("# HELP m Old.\n"))
    try bench.push("# TYPE m gauge\nm 2\n", to: "a")
    #expect(!body().contains("Old."))
}
