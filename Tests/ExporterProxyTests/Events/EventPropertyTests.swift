import Testing

@testable import ExporterProxy

struct EventPropertyTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func randomPackets_AreTakenAsASlowDecoderTakesThem(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        var bench = EventBench.hermes
        var model = EventModel(EventDefinition.examples)
        var (accepted, compared) = (0, 0)
        for _ in 0..<3000 {
            let text = events.next()
            guard let expected = model.take(text) else { continue }
            let tally = bench.take(text)
            try #require(tally.text == expected, "seed \(seed): \(text)")
            accepted += tally.accepted
            compared += 1
        }
        #expect(accepted > 800 && compared > 2900, "\(accepted) of \(compared)")
        var samples: [[UInt8]: Double] = [:]
        for line in try bench.page().utf8.split(separator: 0x0A) where line.first != UInt8(ascii: "#") {
            guard !String(Substring(line)).contains("_bucket{"), let end = line.lastIndex(of: 0x20) else { continue }
            samples[Array(line[..<end])] = Double(Substring(line[end...].dropFirst()))
        }
        #expect(samples == model.samples, "seed \(seed)")
    }

    /// With a memory of packets and without, more packets than it holds, series that go and definitions that change.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func memory_ChangesNothing(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var definitions = EventDefinition.examples
        for place in definitions.indices { definitions[place].expireAfter = .seconds(5) }
        var (with, without) = (EventBench(definitions), EventBench(definitions, remembers: false))
        for round in 0..<40_000 {
            let packet = Self.packet(&generator)
            #expect(with.take(packet).text == without.take(packet).text)
            if round % 1000 == 999 {
                try #require(try with.page() == without.page(), "seed \(seed), round \(round)")
                let pause = Duration.milliseconds(Int64.random(in: 0...4000, using: &generator))
                with.advance(by: pause)
                without.advance(by: pause)
                #expect(
                    with.metrics.expire(at: with.now.monotonic) == without.metrics.expire(at: without.now.monotonic))
            }
            if round % 7000 == 6999 {
                let settings = EventSettings(EventDefinitions(definitions.shuffled(using: &generator).dropLast()))
                with.metrics.adopt(settings)
                without.metrics.adopt(settings)
            }
        }
    }

    private static func packet(_ generator: inout SeededGenerator) -> String {
        let label = Int.random(in: 0..<(Int.random(in: 0..<4, using: &generator) == 0 ? 20_000 : 30), using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: return #"{"metric_name":"plain_total"}"#
        case 1:
            return #"{"metric_name":"sample_gauge","payload":{"operation":"decrement","labels":{"label_1":"\#(label)","#
                + #""label_2":""},"value":null}}"#
        case 2: return #"{"metric_name":"sample_counter","payload":{"labels":{"label_1":"\#(label)"},"value":2}}"#
        case 3: return #"{"metric_name":"sample_summary","payload":{"labels":{"label_1":"\#(label)"},"observation":2}}"#
        default: return #"{"metric_name": "sample_counter", "payload": {"labels": {"label_1": "\#(label)"}}}"#
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func randomBytes_DoNoHarm(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var settings = EventSettings(EventDefinitions(EventDefinition.examples))
        settings.autoDeclare = true
        var bench = EventBench(settings)
        let packet = Array(
            #"[{"metric_name":"sample_counter","payload":{"labels":{"label_1":"\u00e9"}}},{"type":"gauge"}]"#.utf8)
        for _ in 0..<20_000 {
            var bytes = packet
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bench.take(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
            bench.take(generator.bytes(12))
        }
        _ = try bench.page()
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func byteTable_FindsWhatADictionaryFinds(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = ByteTable()
        var expected: [[UInt8]: Int] = [:]
        for _ in 0..<5000 {
            let key = generator.bytes(Int.random(in: 0...40, using: &generator)).map { $0 & 3 }
            let found = key.withExactBytes { table.find($0) }
            #expect(found == expected[key], "seed \(seed)")
            if found == nil { expected[key] = key.withExactBytes { table.insert($0) } }
            if Int.random(in: 0..<50, using: &generator) == 0 {
                let gone = expected.keys.sorted { $0.lexicographicallyPrecedes($1) }.prefix(expected.count / 3)
                table.remove(gone.compactMap { expected.removeValue(forKey: $0) })
            }
            #expect(table.count == expected.count)
        }
        for (key, place) in expected { #expect(table.withText(place) { Array($0) } == key) }
        #expect(Set(expected.values).count == expected.count)
    }
}
