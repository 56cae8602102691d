import Glibc
import Testing

@testable import ExporterProxy

/// Metrics that packets declare: what it may cost, and when there is one.
struct EventDeclarationTests {
    private static func bench(_ settings: (inout EventSettings) -> Void = { _ in }) -> EventBench {
        var value = EventSettings(EventDefinitions(EventDefinition.examples))
        value.autoDeclare = true
        settings(&value)
        return EventBench(value)
    }

    private static let marks = String(repeating: "\u{0301}\u{0323}", count: 16_000)

    /// Texts of many marks that are not in order: comparing them takes as long as the square of their length.
    @Test(arguments: [
        (#"{"type":"\#(marks)","name":"x","method":"inc"}"#, "unknown_type"),
        (#"{"type":"counter","name":"a\#(marks)","method":"inc"}"#, "bad_declaration"),
        (#"{"type":"counter","name":"x","method":"inc","labels":{"a\#(marks)":""}}"#, "bad_declaration"),
        (#"{"type":"counter","name":"plain_total","method":"inc","labels":{"a\#(marks)":""}}"#, "unknown_label"),
        (#"{"type":"counter","name":"x","method":"inc","help":"a\#(marks)"}"#, "bad_declaration"),
    ])
    func longTexts_AreRefusedInFewWords(packet: String, reason: String) {
        var bench = Self.bench()
        let tally = bench.take(packet)
        #expect(tally.text == "0 accepted, \(reason): 1")
        #expect(tally.first.map { $0.description.utf8.count } ?? .max < 600)
    }

    @Test func problemsOfLongNames_AreShort() {
        let long = "a\(Self.marks)"
        for definition in [EventDefinition(.gauge, "g", labels: [long]), EventDefinition(.gauge, long)] {
            #expect(EventDefinitions([definition]).problems.allSatisfy { $0.reason.utf8.count < 600 })
            #expect(definition.shownName.utf8.count < 400)
        }
    }

    @Test(arguments: [
        (#""labels":{"a":5}"#, "label_value"),
        (#""labels":{"a":"\#(String(repeating: "x", count: 9000))"}"#, "labels_too_long"),
        (#""help":"\#(String(repeating: "x", count: 1025))""#, "bad_declaration"),
    ])
    func refusedPacket_DeclaresNothing(part: String, reason: String) {
        var bench = Self.bench { $0.declaredMax = 1 }
        #expect(
            bench.take(#"{"type":"counter","name":"jobs","method":"inc",\#(part)}"#).text
                == "0 accepted, \(reason): 1")
        #expect(bench.take(#"{"type":"gauge","name":"jobs","method":"inc"}"#).text == "1 accepted")
    }

    @Test func metricForWhichThereIsNoRoom_IsNotDeclared() {
        var bench = Self.bench { $0.totalSeriesMax = 1 }
        bench.take(#"{"metric_name":"plain_total"}"#)
        #expect(
            bench.take(#"{"type":"counter","name":"jobs","method":"inc"}"#).text == "0 accepted, total_series_max: 1")
        #expect(bench.metrics.declared == 0)
    }

    @Test func metricsWithoutSeries_MakeRoomForOthers() throws {
        var bench = Self.bench { settings in
            settings.declaredMax = 2
            settings.expireAfter = .seconds(10)
        }
        let packets = (0..<4).map { #"{"type":"counter","name":"c\#($0)","method":"inc"}"# }
        #expect(packets.prefix(3).map { bench.take($0).accepted } == [1, 1, 0])
        _ = bench.parts()
        bench.advance(by: .seconds(9))
        bench.take(packets[1])
        bench.advance(by: .seconds(1))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 1)
        #expect(packets.map { bench.take($0).accepted } == [1, 1, 0, 0])
        bench.advance(by: .seconds(20))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 2)
        #expect(packets.reversed().map { bench.take($0).accepted } == [1, 1, 0, 0])
        #expect(try bench.samples() == ["c2 1", "c3 1"])
        let changed = bench.metrics.changedParts(at: bench.now)
        #expect(
            changed.map { "\($0.key) \($0.part == nil)" }
                == ["c0 true", "c1 true", "c3 false", "c2 false"].map { "events \($0)" })
    }
}
