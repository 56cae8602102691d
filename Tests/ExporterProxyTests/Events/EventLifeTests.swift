import Glibc
import NIOCore
import Testing

@testable import ExporterProxy

/// Expiry, windows, other definitions, and what outlives the process.
struct EventLifeTests {
    private static func counter(_ label: String, _ value: Double = 1) -> String {
        #"{"metric_name":"sample_counter","payload":{"labels":{"label_1":"\#(label)"},"value":\#(value)}}"#
    }

    private static func observation(_ value: Double, of metric: String = "sample_summary") -> String {
        #"{"metric_name":"\#(metric)","payload":{"labels":{"label_1":"a"},"observation":\#(value)}}"#
    }

    // MARK: Age

    @Test func series_GoWhenNoPacketHasComeForLong() throws {
        var definition = EventDefinition(.counter, "sample_counter", labels: ["label_1"])
        definition.expireAfter = .seconds(60)
        var bench = EventBench([definition, EventDefinition(.counter, "plain_total")])
        for label in ["a", "b"] { bench.take(Self.counter(label)) }
        bench.take(#"{"metric_name":"plain_total"}"#)
        bench.advance(by: .seconds(59))
        bench.take(Self.counter("a"))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 0)
        bench.advance(by: .seconds(1))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 1)
        #expect(try bench.samples() == ["plain_total 1", #"sample_counter{label_1="a"} 2"#])
        // It begins anew, also where the packet was known.
        bench.take(Self.counter("b"))
        bench.advance(by: .seconds(59))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 1)
        #expect(try bench.samples() == ["plain_total 1", #"sample_counter{label_1="b"} 1"#])
        bench.advance(by: .seconds(3600))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 1)
        #expect(try bench.page() == "# TYPE plain_total counter\nplain_total 1\n")
        #expect(bench.metrics.seriesCount == 1)
    }

    @Test func expiryOfTheSettings_HoldsForWhoSaysNothing() throws {
        var definitions = EventDefinition.examples
        definitions[1].expireAfter = .seconds(3600)
        var settings = EventSettings(EventDefinitions(definitions))
        settings.expireAfter = .seconds(10)
        var bench = EventBench(settings)
        bench.take(Self.counter("a"))
        bench.take(#"{"metric_name":"plain_total"}"#)
        bench.advance(by: .seconds(10))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 1)
        #expect(try bench.samples() == [#"sample_counter{label_1="a"} 1"#])
    }

    @Test func quantiles_AreOfTheLastWhile() throws {
        let definition = EventDefinition(
            .summary, "sample_summary", labels: ["label_1"], objectives: [0.5, 0.99], maxAge: .seconds(50))
        var bench = EventBench([definition])
        for value in 1...1000 { bench.take(Self.observation(Double(value))) }
        func quantile(_ text: String, _ bench: inout EventBench) throws -> Double {
            let head = #"sample_summary{label_1="a",quantile="\#(text)"} "#
            let line = try #require(try bench.samples().first { $0.hasPrefix(head) })
            return try #require(Double(line.dropFirst(head.count)))
        }
        #expect(abs(try quantile("0.5", &bench) / 500 - 1) < 0.011)
        #expect(abs(try quantile("0.99", &bench) / 990 - 1) < 0.011)
        let until = bench.metrics.page(at: bench.now.monotonic).until
        #expect(until > bench.now.monotonic + 39_000_000_000 && until <= bench.now.monotonic + 50_000_000_000)
        bench.advance(by: .nanoseconds(until - bench.now.monotonic))
        bench.take(Self.observation(5))
        #expect(abs(try quantile("0.99", &bench) / 5 - 1) < 0.011)
        #expect(try bench.samples().contains(#"sample_summary_count{label_1="a"} 1001"#))
        bench.advance(by: .seconds(50))
        #expect(try quantile("0.5", &bench).isNaN)
        #expect(bench.metrics.page(at: bench.now.monotonic).until == .max)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func sketch_IsWithinOnePerCent(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (one, other) = (EventSketch(), EventSketch())
        var values: [Double] = []
        for place in 0..<4000 {
            let size = Double.random(in: 0.01...50, using: &generator)
            let value = seed == 1 ? size : seed == 2 ? -size : place % 3 == 0 ? 0 : size - 20
            values.append(value)
            if place % 2 == 0 { one.add(value) } else { other.add(value) }
        }
        one.add(other)
        values.sort()
        for quantile in [0, 0.01, 0.5, 0.9, 0.99, 1] {
            let exact = values[Int(quantile * Double(values.count - 1))]
            #expect(abs(one.quantile(quantile) - exact) <= abs(exact) * 0.0101 + 1e-12, "\(quantile), seed \(seed)")
        }
    }

    @Test func sketch_StaysSmallWhateverComes() {
        var sketch = EventSketch()
        let values = [Double.leastNonzeroMagnitude, 1, 1e-300, 1.7e308, 3, 1e300, -1e-10, -1e10, -1.7e308, 0, 1.6e308]
        for value in values + values.reversed() { sketch.add(value) }
        #expect(sketch.total == 22)
        #expect(
            sketch.positive.counts.count <= EventSketch.binsMax && sketch.negative.counts.count <= EventSketch.binsMax)
        #expect(abs(sketch.quantile(1) / 1.7e308 - 1) < 0.06 && abs(sketch.quantile(0) / -1.7e308 - 1) < 0.06)
        #expect(EventSketch().quantile(0.5).isNaN)
    }

    // MARK: Other definitions

    @Test func valuesStay_WhereAMetricIsCountedAsBefore() throws {
        var bench = EventBench.hermes
        for packet in [
            Self.counter("a"), Self.observation(2), Self.observation(2, of: "sample_histogram"),
            #"{"metric_name":"plain_total"}"#, #"{"metric_name":"plain_gauge","payload":{"operation":"increment"}}"#,
        ] { #expect(bench.take(packet).accepted == 1) }
        bench.metrics.adopt(
            EventSettings(
                EventDefinitions([
                    EventDefinition(.counter, "new_total"),
                    EventDefinition(.histogram, "sample_histogram", labels: ["label_1"], buckets: [1, 2]),
                    EventDefinition(.counter, "sample_counter", help: "other", labels: ["label_1"]),
                    EventDefinition(.summary, "sample_summary", labels: ["label_1"], objectives: [0.5]),
                    EventDefinition(.counter, "plain_gauge"), EventDefinition(.counter, "plain_total", labels: ["x"]),
                ])))
        #expect(
            try bench.samples() == [
                #"sample_counter{label_1="a"} 1"#, #"sample_summary{label_1="a",quantile="0.5"} NaN"#,
                #"sample_summary_sum{label_1="a"} 2"#, #"sample_summary_count{label_1="a"} 1"#,
            ])
        #expect(try bench.page().hasPrefix("# HELP sample_counter other\n"))
        #expect(bench.take(Self.counter("a")).accepted == 1)
        #expect(bench.take(Self.observation(2)).accepted == 1)
        #expect(bench.take(#"{"metric_name":"plain_total"}"#).text == "0 accepted, missing_label: 1")
        #expect(bench.take(#"{"metric_name":"new_total"}"#).accepted == 1)
        #expect(try bench.samples().prefix(2) == ["new_total 1", #"sample_counter{label_1="a"} 2"#])
    }

    @Test func windows_StayWhereOtherQuantilesAreAskedFor() throws {
        func definition(_ objectives: [Double], _ seconds: Int64 = 600) -> EventDefinition {
            EventDefinition(
                .summary, "sample_summary", labels: ["label_1"], objectives: objectives, maxAge: .seconds(seconds))
        }
        var bench = EventBench([definition([0.5])])
        bench.take(Self.observation(2))
        for (other, isKept) in [(definition([0.9]), true), (definition([0.9], 60), false), (definition([]), false)] {
            bench.metrics.adopt(EventSettings(EventDefinitions([other])))
            let quantile = try bench.samples().first { $0.contains(#"quantile="0.9""#) }
            #expect((quantile.map { !$0.hasSuffix("NaN") } ?? false) == isKept)
        }
    }

    // MARK: The flat form

    private static func flat(_ settings: (inout EventSettings) -> Void = { _ in }) -> EventBench {
        var value = EventSettings(EventDefinitions(EventDefinition.examples))
        value.autoDeclare = true
        settings(&value)
        return EventBench(value)
    }

    @Test(arguments: [
        (#"{"type":"counter","name":"gophers","help":"little rodents","method":"inc"}"#, "gophers 1"),
        (#"{"type":"counter","name":"gophers","method":"inc","value":5}"#, "gophers 1"),
        (#"{"type":"counter","name":"gophers","method":"add","value":5}"#, "gophers 5"),
        (
            #"{"type":"gauge","name":"trees","method":"add","value":3002,"labels":{"species":"x","job":"y"}}"#,
            #"trees{job="y",species="x"} 3002"#
        ),
        (#"{"type":"gauge","name":"trees","method":"sub","value":2}"#, "trees -2"),
        (#"{"type":"gauge","name":"trees","method":"dec"}"#, "trees -1"),
        (#"{"type":"gauge","name":"trees","method":"set","value":NaN}"#, "trees NaN"),
        (#"{"type":"histogram","name":"h","method":"observe","value":2,"buckets":[1,2,3]}"#, #"h_bucket{le="2"} 1"#),
        (#"{"type":"histogram","name":"h","method":"observe","value":2,"buckets":[]}"#, #"h_bucket{le="2.5"} 1"#),
        (#"{"type":"summary","name":"s","method":"observe","value":2,"labels":{"a":null}}"#, #"s_sum{a=""} 2"#),
        (#"{"type":"counter","name":"plain_total","method":"inc"}"#, "plain_total 1"),
    ])
    func flatPacket_DeclaresItsMetric(packet: String, line: String) throws {
        var bench = Self.flat()
        #expect(bench.take(packet).text == "1 accepted")
        #expect(bench.take(packet).text == "1 accepted")
        var first = Self.flat()
        first.take(packet)
        let samples = try first.samples()
        #expect(samples.contains(line), "\(samples)")
        var without = EventBench.hermes
        #expect(without.take(packet).text == "0 accepted, missing_metric_name: 1")
    }

    @Test(arguments: [
        (#"{"type":"counter","name":"c","method":"set","value":5}"#, "unknown_operation"),
        (#"{"type":"counter","name":"c"}"#, "missing_operation"),
        (#"{"type":"counter","name":"c","method":"add"}"#, "missing_value"),
        (#"{"type":"counter","name":"c","method":"add","value":-5}"#, "negative_value"),
        (#"{"type":"histogram","name":"c","method":"observe","value":Infinity}"#, "not_finite"),
        (#"{"type":"meter","name":"c","method":"inc"}"#, "unknown_type"),
        (#"{"name":"c","method":"inc"}"#, "unknown_type"),
        (#"{"type":"counter","method":"inc"}"#, "missing_metric_name"),
        (#"{"type":"counter","name":5,"method":"inc"}"#, "wrong_type"),
        (#"{"type":"counter","name":"a b","method":"inc"}"#, "bad_declaration"),
        (#"{"type":"counter","name":"c","method":"inc","labels":{"__a":""}}"#, "bad_declaration"),
        (#"{"type":"gauge","name":"sample_summary_sum","method":"inc"}"#, "bad_declaration"),
        (#"{"type":"histogram","name":"c","method":"observe","value":1,"buckets":[2,1]}"#, "bad_declaration"),
        (#"{"type":"histogram","name":"c","method":"observe","value":1,"buckets":["1"]}"#, "wrong_type"),
        (#"{"type":"counter","name":"c","method":"inc","labels":[]}"#, "wrong_type"),
        (#"{"type":"gauge","name":"plain_total","method":"inc"}"#, "other_type"),
        (#"{"type":"counter","name":"plain_total","method":"inc","labels":{"a":"b"}}"#, "unknown_label"),
        (#"{"type":"counter","name":"sample_counter","method":"inc"}"#, "missing_label"),
        (#"{"type":"counter","name":"c","method":"inc","labels":{"a":5}}"#, "label_value"),
    ])
    func flatPacketThatCannotBe_IsRefused(packet: String, reason: String) throws {
        var bench = Self.flat()
        #expect(bench.take(packet).text == "0 accepted, \(reason): 1")
        #expect(try bench.page().isEmpty)
    }

    @Test(arguments: [
        "a\\rb", "\\r", " \\t ", "x\\u0000", "\\ud800", "\\na\\n", "\\\\", "\\u0301x", "é\\u2028", "# TYPE x gauge",
        "a \\u00a0",
    ])
    func help_CannotSpoilThePage(help: String) throws {
        var bench = Self.flat()
        #expect(bench.take(#"{"type":"gauge","name":"x","help":"\#(help)","method":"inc"}"#).text == "1 accepted")
        #expect(try bench.samples() == ["x 1"])
    }

    @Test func partOfAMetricThatIsDefinedAnew_IsRemoved() throws {
        var bench = EventBench.hermes
        bench.take(#"{"metric_name":"plain_total"}"#)
        #expect(bench.parts().count == 1)
        bench.metrics.adopt(EventSettings(EventDefinitions([EventDefinition(.gauge, "plain_total")])))
        let changed = bench.metrics.changedParts(at: bench.now)
        #expect(changed.map(\.key) == ["events plain_total"] && changed.allSatisfy { $0.part == nil })
        #expect(bench.metrics.changedParts(at: bench.now).isEmpty)
    }

    @Test func declaredMetrics_AreBoundedAndStayWhileTheyAreAllowed() throws {
        var bench = Self.flat { $0.declaredMax = 2 }
        let packets = (0..<3).map { #"{"type":"counter","name":"c\#($0)","method":"inc"}"# }
        #expect(packets.map { bench.take($0).text } == ["1 accepted", "1 accepted", "0 accepted, metrics_max: 1"])
        #expect(bench.take(#"{"metric_name":"c1"}"#).text == "1 accepted")
        bench.metrics.adopt(bench.metrics.settings)
        #expect(try bench.samples() == ["c0 1", "c1 2"])
        let parts = bench.parts()
        var settings = bench.metrics.settings
        settings.autoDeclare = false
        bench.metrics.adopt(settings)
        #expect(try bench.page().isEmpty)
        #expect(bench.metrics.changedParts(at: bench.now).map(\.key) == ["events c0", "events c1"])
        var other = Self.flat()
        for part in parts { try other.metrics.restore(part, at: other.now) }
        #expect(try other.samples() == ["c0 1", "c1 2"])
        var closed = EventBench.hermes
        for part in parts { try closed.metrics.restore(part, at: closed.now) }
        #expect(try closed.page().isEmpty)
    }

    // MARK: Saved parts

    private static func full() -> EventBench {
        var definitions = EventDefinition.examples
        definitions[3].objectives = [0.5, 0.9]
        definitions[1].expireAfter = .seconds(3600)
        var bench = EventBench(definitions)
        for (place, label) in ["a", "\\\"\\\\\\n", "é☃", ""].enumerated() {
            for metric in ["sample_counter", "sample_histogram", "sample_summary"] {
                let payload = #""labels":{"label_1":"\#(label)"},"value":\#(place),"observation":-\#(place)"#
                #expect(bench.take(#"{"metric_name":"\#(metric)","payload":{\#(payload)}}"#).accepted == 1)
            }
        }
        bench.take(#"{"metric_name":"plain_gauge","payload":{"operation":"set","value":NaN}}"#)
        bench.take(#"{"metric_name":"plain_seconds","payload":{"observation":0.7}}"#)
        return bench
    }

    @Test func parts_AreReadAsTheyWereWritten() throws {
        var bench = Self.full()
        let page = try bench.page()
        let changed = bench.metrics.changedParts(at: bench.now)
        #expect(
            changed.map(\.key) == ["counter", "histogram", "summary"].map { "events sample_\($0)" } + [
                "events plain_gauge", "events plain_seconds",
            ])
        #expect(bench.parts().isEmpty)
        var restored = EventBench(bench.metrics.settings)
        // A machine that has run for another time, ten minutes later.
        restored.now = Moment(wall: bench.now.wall, monotonic: 77_000_000_000_000)
        for part in changed.compactMap(\.part) { try restored.metrics.restore(part, at: restored.now) }
        #expect(try restored.page() == page)
        #expect(restored.parts().isEmpty)
        restored.advance(by: .seconds(3599))
        #expect(restored.metrics.expire(at: restored.now.monotonic) == 0)
        restored.advance(by: .seconds(1))
        #expect(restored.metrics.expire(at: restored.now.monotonic) == 4)
        #expect(restored.metrics.changedParts(at: restored.now).map(\.key) == ["events sample_counter"])
        // What is there already is newer.
        for part in changed.compactMap(\.part) { try bench.metrics.restore(part, at: bench.now) }
        #expect(try bench.page() == page)
    }

    /// A machine that has run for some seconds only, and one whose clock was set back by an hour.
    @Test(arguments: [(1, 0), (30, 0), (130, 0), (250, 0), (490, 0), (5000, 0), (5000, -3600), (30, -3600)])
    func windows_KeepAllTheirSlices(uptime: Int64, step: Int64) throws {
        let definition = EventDefinition(.summary, "sample_summary", labels: ["label_1"], objectives: [0, 1])
        var bench = EventBench([definition])
        for value in 1...5 {
            bench.advance(by: .seconds(90))
            bench.take(Self.observation(Double(value)))
        }
        var restored = EventBench([definition])
        restored.now = Moment(
            wall: bench.now.advanced(by: .seconds(step)).wall, monotonic: uptime * 1_000_000_000)
        for part in bench.parts() { try restored.metrics.restore(part, at: restored.now) }
        let quantiles = try [bench.samples(), restored.samples()]
        #expect(quantiles[0] == quantiles[1])
        // And they go when it is time.
        restored.advance(by: .seconds(601))
        #expect(try restored.samples().first?.hasSuffix("NaN") == true)
    }

    @Test func sketches_AddUpWhicheverComesFirst() {
        var generator = SeededGenerator(seed: 3)
        let values = (0..<2000).map { _ in exp(Double.random(in: -12...12, using: &generator)) }
        var (small, large, all) = (EventSketch(), EventSketch(), EventSketch())
        for value in values {
            if value < 1 { small.add(value) } else { large.add(value) }
            all.add(value)
        }
        for (first, second) in [(small, large), (large, small)] {
            var sum = first
            sum.add(second)
            #expect(sum.positive.counts.count <= EventSketch.binsMax && sum.total == all.total)
            for quantile in [0, 0.3, 0.5, 0.9, 1] { #expect(sum.quantile(quantile) == all.quantile(quantile)) }
        }
    }

    /// Whatever a reload has taken away meanwhile.
    @Test(arguments: [
        [EventDefinition(.gauge, "plain_gauge")], [EventDefinition(.gauge, "plain_total")],
    ])
    func valuesThatWereDropped_StayAway(meanwhile: [EventDefinition]) throws {
        var bench = EventBench.hermes
        bench.take(#"{"metric_name":"plain_total","payload":{"value":1000}}"#)
        var disk: [String: ByteBuffer] = [:]
        func save() { for (key, part) in bench.metrics.changedParts(at: bench.now) { disk[key] = part } }
        save()
        #expect(disk.count == 1)
        let settings = bench.metrics.settings
        bench.metrics.adopt(EventSettings(EventDefinitions(meanwhile)))
        bench.metrics.adopt(settings)
        save()
        #expect(disk.isEmpty)
        bench.take(#"{"metric_name":"plain_total"}"#)
        bench.metrics.adopt(EventSettings(EventDefinitions(meanwhile)))
        bench.metrics.adopt(settings)
        bench.take(#"{"metric_name":"plain_total","payload":{"value":7}}"#)
        save()
        var restored = EventBench(settings)
        for part in disk.values { try restored.metrics.restore(part, at: restored.now) }
        #expect(try restored.samples() == ["plain_total 7"])
        #expect(restored.parts().isEmpty && restored.metrics.takeGoneParts().isEmpty)
    }

    @Test func partOfAMetricThatIsOther_IsRemoved() throws {
        var bench = Self.full()
        let parts = bench.parts()
        var other = EventBench([EventDefinition(.gauge, "sample_counter", labels: ["label_1"])])
        for part in parts { try other.metrics.restore(part, at: other.now) }
        #expect(try other.page().isEmpty)
        let changed = other.metrics.changedParts(at: other.now)
        #expect(changed.count == 5 && changed.allSatisfy { $0.part == nil })
    }

    @Test func damagedPart_IsRemovedUnlessItIsOfAnotherVersion() throws {
        var bench = Self.full()
        for (place, (key, part)) in bench.metrics.changedParts(at: bench.now).enumerated() {
            var bytes = Array(try #require(part).readableBytesView)
            if place == 0 { bytes[0] += 1 } else { bytes.removeLast() }
            var other = EventBench(bench.metrics.settings)
            #expect(throws: RecordError.self) {
                try other.metrics.restore(ByteBuffer(bytes: bytes), under: key, at: other.now)
            }
            let changed = other.metrics.changedParts(at: other.now)
            #expect(changed.map(\.key) == (place == 0 ? [] : [key]) && changed.allSatisfy { $0.part == nil })
        }
    }

    @Test func damagedPart_IsRefusedOrHarmless() throws {
        var bench = Self.full()
        let parts = bench.parts()
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        for part in parts {
            let bytes = Array(part.readableBytesView)
            for count in bytes.indices {
                var other = EventBench(bench.metrics.settings)
                #expect(throws: RecordError.self) {
                    try other.metrics.restore(ByteBuffer(bytes: bytes.prefix(count)), at: other.now)
                }
                #expect(other.metrics.seriesCount == 0)
            }
            #expect(throws: RecordError.length) {
                var other = EventBench(bench.metrics.settings)
                try other.metrics.restore(ByteBuffer(bytes: bytes + [0]), at: other.now)
            }
            for _ in 0..<400 {
                var damaged = bytes
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    damaged[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                var settings = bench.metrics.settings
                settings.autoDeclare = true
                var other = EventBench(settings)
                do { try other.metrics.restore(ByteBuffer(bytes: damaged), at: other.now) } catch { refused += 1 }
                _ = try other.page()
                other.take(Self.counter("a"))
                _ = other.metrics.expire(at: other.now.monotonic)
                other.advance(by: .seconds(700))
                _ = try other.page()
                _ = other.parts()
            }
        }
        #expect(refused > 200)
    }
}
