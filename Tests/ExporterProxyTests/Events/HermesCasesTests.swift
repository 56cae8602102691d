import TestSupport
import Testing

@testable import ExporterProxy

/// What Hermes 1.0.1 was seen to do with packets, and what its clients send.
struct HermesCasesTests {
    /// What we do on purpose where Hermes does otherwise: lines, and what is counted.
    private static let differences: [String: (reason: String, tally: String, lines: [String])] = [
        "counter_value_ignored": (
            "a counter is increased by its value", "1 accepted", [#"sample_counter{label_1="a"} 5"#]
        ),
        "gauge_inc_value_ignored": (
            "a gauge is increased by its value", "1 accepted", [#"sample_gauge{label_1="a",label_2="b"} 10"#]
        ),
        "histogram_observation_missing_counts_zero": (
            "nobody has observed anything", "0 accepted, missing_observation: 1", []
        ),
        "two_objects_in_one_datagram": (
            "packets may stand in lines of one datagram", "2 accepted", [#"sample_counter{label_1="a"} 2"#]
        ),
        "payload_missing_crashes_v1": ("nothing ends the process", "0 accepted, missing_label: 1", []),
        "labels_null_crashes_v1": ("nothing ends the process", "0 accepted, missing_label: 1", []),
    ]

    private static func definitions(_ config: JSONCase) throws -> EventDefinitions {
        var text: [String] = []
        for key in ["counters", "gauges", "histograms", "summaries"] {
            let metrics = config[key].array.map { metric in
                let labels = metric["labels"].array.compactMap(\.string).map(EscapedText.json).joined(separator: ",")
                return """
                    {"metric_name":\(EscapedText.json(metric["metric_name"].string ?? "")),"labels":[\(labels)],
                    "metric_description":\(EscapedText.json(metric["metric_description"].string ?? ""))}
                    """
            }
            text.append("\"\(key)\":[\(metrics.joined(separator: ","))]")
        }
        text.append("\"service_name\":\(EscapedText.json(config["service_name"].string ?? ""))")
        let file = Array("{\(text.joined(separator: ","))}".utf8).withExactBytes { HermesFile($0) }
        #expect(file.problems.isEmpty && file.warnings.isEmpty)
        return file.definitions
    }

    @Test(.needsConformanceCases) func casesOfHermes_HoldForUs() throws {
        let cases = try ConformanceCases.load("hermes/packets.json")
        let settings = EventSettings(try Self.definitions(cases["config"]))
        #expect(cases["cases"].array.count >= 26)
        for item in cases["cases"].array {
            let id = item["id"].string ?? ""
            var bench = EventBench(settings)
            var tally = EventTally()
            for datagram in item["datagrams_latin1"].array.compactMap(\.string) {
                let bytes = datagram.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
                bytes.withExactBytes { bench.metrics.take($0, at: bench.now.monotonic, into: &tally) }
            }
            // Longer datagrams than Hermes takes are whole here.
            if id == "size_2049_truncated" {
                #expect(tally.text == "1 accepted")
            } else if let difference = Self.differences[id] {
                #expect(tally.text == difference.tally, "\(id)")
                #expect(try bench.samples() == difference.lines, "\(id): \(difference.reason)")
            } else {
                let lines = item["observed"]["sample_lines"].array.compactMap(\.string)
                #expect(try bench.page() == lines.map { $0 + "\n" }.joined(), "\(id)")
                #expect((tally.refusals == 0) == item["observed"]["log_errors"].array.isEmpty, "\(id)")
            }
        }
        #expect(Set(Self.differences.keys).isSubset(of: cases["cases"].array.compactMap { $0["id"].string }))
    }

    /// All that clients send is taken, but for one thing: that a gauge is set to nothing.
    @Test(.needsConformanceCases) func clientsOfHermes_AreTaken() throws {
        let settings = EventSettings(try Self.definitions(try ConformanceCases.load("hermes/packets.json")["config"]))
        let clients = try ConformanceCases.load("hermes/client-datagrams.json")["clients"].object
        #expect(clients.count >= 3)
        var taken = 0
        for (client, calls) in clients {
            for (call, datagram) in calls.object {
                guard let datagram = datagram.string, datagram.hasPrefix("{") else { continue }
                var bench = EventBench(settings)
                let isNothing = client.contains("pydantic 2") && call.contains("nan")
                #expect(
                    bench.take(datagram).text == (isNothing ? "0 accepted, missing_value: 1" : "1 accepted"),
                    "\(client): \(call)")
                taken += 1
            }
        }
        #expect(taken >= 16)
    }
}
