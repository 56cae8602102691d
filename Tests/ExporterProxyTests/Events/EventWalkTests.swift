import Exposition
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import ExporterProxy

/// Pages and parts that are made while packets come in.
struct EventWalkTests {
    private static func packet(_ metric: String, _ label: String) -> String {
        #"{"metric_name":"\#(metric)","payload":{"labels":{"label_1":"\#(label)"},"observation":1}}"#
    }

    private static func bench(series: Int, expireAfter: Duration? = nil) -> EventBench {
        var settings = EventSettings(EventDefinitions(EventDefinition.examples))
        settings.expireAfter = expireAfter
        var bench = EventBench(settings)
        for value in 0..<series { bench.take(packet("sample_histogram", "v\(value)")) }
        return bench
    }

    private static func text(_ bench: inout EventBench) throws -> String {
        let text = EventMetrics.page(of: bench.metrics.texts().texts).text
        if !text.isEmpty { _ = try #require(IndexedExposition.of(text), "not canonical") }
        return text
    }

    @Test func page_IsMadeInStepsWithoutPacketsInBetween() throws {
        var bench = Self.bench(series: 1000)
        bench.take(Self.packet("sample_counter", "a"))
        var walk = EventPageWalk()
        var steps = 0
        while bench.metrics.render(&walk, at: bench.now.monotonic) { steps += 1 }
        #expect(steps > 3 && steps < 20)
        let text = try Self.text(&bench)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("sample_histogram_sum") } == 1000)
        #expect(try bench.page() == text)
        var second = EventPageWalk()
        #expect(!bench.metrics.render(&second, at: bench.now.monotonic))
    }

    /// What comes while a metric is written out is on the next page; what goes and comes again is there once.
    @Test func packetsInBetween_DoNotSpoilThePage() throws {
        var bench = Self.bench(series: 1000, expireAfter: .seconds(10))
        var walk = EventPageWalk()
        for _ in 0..<2 { #expect(bench.metrics.render(&walk, at: bench.now.monotonic)) }
        bench.advance(by: .seconds(9))
        for value in 500..<1000 { bench.take(Self.packet("sample_histogram", "v\(value)")) }
        bench.advance(by: .seconds(1))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 500)
        // They get the places of others, some of which have been written out and some not.
        for value in (0..<400).reversed() { bench.take(Self.packet("sample_histogram", "v\(value)")) }
        while bench.metrics.render(&walk, at: bench.now.monotonic) {}
        _ = try Self.text(&bench)
        let samples = try bench.samples()
        #expect(samples.count { $0.hasPrefix("sample_histogram_sum") } == 900)
        #expect(samples.contains(#"sample_histogram_count{label_1="v0"} 1"#))
        #expect(samples.contains(#"sample_histogram_count{label_1="v999"} 2"#))
    }

    @Test func otherDefinitionsInBetween_BeginTheWalkAnew() throws {
        var bench = Self.bench(series: 1000)
        var (walk, saving) = (EventPageWalk(), EventSavingWalk())
        #expect(bench.metrics.render(&walk, at: bench.now.monotonic))
        guard case .more = bench.metrics.save(&saving, at: bench.now) else { return #expect(Bool(false), "no step") }
        bench.metrics.adopt(EventSettings(EventDefinitions(EventDefinition.examples.reversed())))
        bench.take(Self.packet("sample_counter", "a"))
        while bench.metrics.render(&walk, at: bench.now.monotonic) {}
        #expect(try Self.text(&bench) == bench.page())
        let parts = EventMetrics.parts { bench.metrics.save(&saving, at: bench.now) }
        #expect(parts.map(\.key) == ["events sample_histogram", "events sample_counter"])
        var restored = EventBench(bench.metrics.settings)
        for part in parts.compactMap(\.part) { try restored.metrics.restore(part, at: restored.now) }
        #expect(try restored.page() == bench.page())
    }

    @Test func packetsInBetween_AreSavedNextTime() throws {
        var bench = Self.bench(series: 1000)
        var saving = EventSavingWalk()
        guard case .more = bench.metrics.save(&saving, at: bench.now) else { return #expect(Bool(false), "no step") }
        for label in ["v0", "v999", "new"] { bench.take(Self.packet("sample_histogram", label)) }
        let first = EventMetrics.parts { bench.metrics.save(&saving, at: bench.now) }
        #expect(first.map(\.key) == ["events sample_histogram"])
        var restored = EventBench(bench.metrics.settings)
        for part in first.compactMap(\.part) { try restored.metrics.restore(part, at: restored.now) }
        #expect(restored.metrics.seriesCount == 1000)
        let second = bench.metrics.changedParts(at: bench.now)
        #expect(second.map(\.key) == ["events sample_histogram"])
        restored = EventBench(bench.metrics.settings)
        for part in second.compactMap(\.part) { try restored.metrics.restore(part, at: restored.now) }
        #expect(try restored.page() == bench.page())
        #expect(bench.parts().isEmpty)
    }

    @Test func packetsWhileARoomIsShownAndSaved_AllCount() async throws {
        let (time, store) = (ManualTime(), SnapshotStore())
        let settings = EventSettings(EventDefinitions(EventDefinition.examples))
        let room = EventRoom(settings, store: store)
        let take = { @Sendable (label: Int) in
            Array(Self.packet("sample_histogram", "v\(label)").utf8).withExactBytes { room.take($0, at: time.source()) }
        }
        for label in 0..<2000 { #expect(take(label).accepted == 1) }
        let isDone = NIOLockedValueBox(false)
        var disk: [String: ByteBuffer] = [:]
        let packets = await withTaskGroup(of: Int.self) { group in
            group.addTask {
                var packets = 2000
                while !isDone.withLockedValue({ $0 }) { packets += take(packets % 2500).accepted }
                return packets
            }
            for _ in 0..<5 {
                _ = room.refresh(at: time.source())
                for (key, part) in room.changedParts(at: time.source()) { disk[key] = part }
            }
            isDone.withLockedValue { $0 = true }
            return await group.next() ?? 0
        }
        _ = room.refresh(at: time.source())
        #expect(Self.observations(store) == packets)
        for (key, part) in room.changedParts(at: time.source()) { disk[key] = part }
        let other = SnapshotStore()
        let restored = EventRoom(settings, store: other)
        for (key, part) in disk { try restored.restore(part, under: key, at: time.source()) }
        _ = restored.refresh(at: time.source())
        #expect(Self.observations(other) == packets)
    }

    private static func observations(_ store: SnapshotStore) -> Int {
        let lines = store.entry(of: "events")?.snapshot?.body.text.split(separator: "\n") ?? []
        return lines.filter { $0.hasPrefix("sample_histogram_count{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    }
}
