import TestSupport
import Testing

/// Packets of events as Hermes takes them, over UDP: nothing that is sent ends the process, and all is counted.
@Suite(.sharesMachine)
struct EventsTests {
    /// A datagram, and what its packets are counted as: the door, or the reason.
    struct Row: Sendable {
        var datagram: [UInt8]
        var outcome: [String]

        init(_ datagram: String, _ outcome: String...) {
            (self.datagram, self.outcome) = (Array(datagram.utf8), outcome)
        }

        init(bytes: [UInt8], _ outcome: String...) { (datagram, self.outcome) = (bytes, outcome) }

        var text: String { String(decoding: datagram.prefix(200), as: UTF8.self) }
    }

    /// A counter whose packet has so many bytes, and begins with `filler` in its label.
    private static func sized(_ bytes: Int, _ filler: Character) -> String {
        samplePacket("counter", String(repeating: filler, count: bytes - samplePacket("counter", "").utf8.count))
    }

    private static func named(_ name: String, _ payload: String) -> String {
        #"{"metric_name": "\#(name)", "payload": \#(payload)}"#
    }

    private static func labels(_ labels: String) -> String {
        named("sample_counter", #"{"labels": \#(labels)}"#)
    }

    /// What Hermes does with packets, in the order of its README and of what was seen.
    private static let rows: [Row] = [
        // The four kinds.
        Row(samplePacket("counter", "a"), "udp"),
        Row(samplePacket("counter", "by value", #", "value": 2.5"#), "udp"),
        Row(samplePacket("counter", "null", #", "value": null"#), "udp"),
        Row(samplePacket("gauge", "up", #", "operation": "increment", "value": null"#), "udp"),
        Row(samplePacket("gauge", "up by value", #", "operation": "increment", "value": 3"#), "udp"),
        Row(samplePacket("gauge", "down", #", "operation": "decrement""#), "udp"),
        Row(samplePacket("gauge", "set", #", "operation": "set", "value": 65.4"#), "udp"),
        Row(samplePacket("histogram", "h", #", "observation": 6.54"#), "udp"),
        Row(samplePacket("summary", "s", #", "observation": 20.84"#), "udp"),
        // No packet of a metric.
        Row(#"{"metric_name": "nope", "payload": {"labels": {}}}"#, "unknown_metric"),
        Row(#"{"metric_name": "sample_counter", "payload""#, "malformed"),
        Row("", "empty"),
        Row(" \n\r\n", "empty"),
        Row("[]", "empty"),
        Row("\"text\"", "malformed"),
        Row("\u{FEFF}" + plainPacket, "malformed"),
        Row(plainPacket + "\0", "malformed"),
        Row(plainPacket + plainPacket, "malformed"),
        Row("{}", "missing_metric_name"),
        Row(#"{"metric_name": null}"#, "missing_metric_name"),
        Row(#"{"metric_name": 1}"#, "wrong_type"),
        Row(named("plain_counter", String(repeating: "[", count: 40) + String(repeating: "]", count: 40)), "too_deep"),
        // Numbers that JSON does not have.
        Row(samplePacket("gauge", "NaN", #", "operation": "set", "value": NaN"#), "udp"),
        Row(samplePacket("gauge", "Inf", #", "operation": "set", "value": Infinity"#), "udp"),
        Row(samplePacket("gauge", "-Inf", #", "operation": "set", "value": -Infinity"#), "udp"),
        Row(samplePacket("gauge", "large", #", "operation": "set", "value": 1e309"#), "malformed"),
        Row(samplePacket("counter", "NaN", #", "value": NaN"#), "not_finite"),
        Row(samplePacket("histogram", "NaN", #", "observation": NaN"#), "not_finite"),
        Row(samplePacket("summary", "NaN", #", "observation": -Infinity"#), "not_finite"),
        Row(samplePacket("counter", "down", #", "value": -1"#), "negative_value"),
        // Several packets.
        Row(samplePacket("counter", "line") + "\n" + samplePacket("counter", "line"), "udp", "udp"),
        Row("[\(samplePacket("counter", "batch")), \(samplePacket("counter", "batch"))]", "udp", "udp"),
        Row("[\(samplePacket("counter", "mixed")), 1, {}]", "udp", "not_object", "missing_metric_name"),
        Row("broken\n" + samplePacket("counter", "behind it"), "malformed", "udp"),
        Row(samplePacket("counter", "newline") + "\n", "udp"),
        Row(" " + samplePacket("counter", "space") + " \t\r\n ", "udp"),
        // Labels.
        Row(labels(#"{"label_1": "a", "zzz": "q"}"#), "unknown_label"),
        Row(labels(#"{"zzz": "q"}"#), "unknown_label"),
        Row(labels(#"{"label_1": 5}"#), "label_value"),
        Row(labels(#"{"label_1": null}"#), "udp"),
        Row(labels("{}"), "missing_label"),
        Row(labels("null"), "missing_label"),
        Row(labels("[]"), "wrong_type"),
        Row(named("sample_counter", "{}"), "missing_label"),
        Row(named("sample_counter", "null"), "missing_label"),
        Row(named("sample_counter", "5"), "wrong_type"),
        Row(#"{"metric_name": "sample_counter"}"#, "missing_label"),
        Row(#"{"metric_name": "sample_gauge", "payload": {"labels": {"label_1": "a"}}}"#, "missing_label"),
        Row(plainPacket, "udp"),
        Row(labels(#"{"label_1": "\#(String(repeating: "l", count: 9000))"}"#), "labels_too_long"),
        // Gauges.
        Row(samplePacket("gauge", "x", #", "operation": "set""#), "missing_value"),
        Row(samplePacket("gauge", "x", #", "operation": "set", "value": null"#), "missing_value"),
        Row(samplePacket("gauge", "x", #", "value": 67.4"#), "missing_operation"),
        Row(samplePacket("gauge", "x", #", "operation": "reset", "value": 1"#), "unknown_operation"),
        Row(samplePacket("gauge", "x", #", "operation": "SET", "value": 1"#), "unknown_operation"),
        Row(samplePacket("gauge", "x", #", "operation": "set", "value": "5""#), "not_number"),
        // Histograms and summaries.
        Row(samplePacket("histogram", "x"), "missing_observation"),
        Row(samplePacket("histogram", "x", #", "observation": null"#), "missing_observation"),
        Row(samplePacket("summary", "x"), "missing_observation"),
        Row(samplePacket("summary", "x", #", "observation": "1""#), "not_number"),
        // Spelling.
        Row(#"{"more": [{}], "metric_name": "plain_counter", "payload": {"and": {"more": true}}}"#, "udp"),
        Row(#"{"METRIC_NAME":"sample_counter","PayLoad":{"LABELS":{"label_1":"case"}}}"#, "udp"),
        Row(
            #"{"metric_name":"nope","metric_name":"sample_counter","payload":{"labels":{"label_1":"x","label_1":"y"}}}"#,
            "udp"),
        Row(samplePacket("counter", #"\"é\u2603\\\n"#), "udp"),
        Row(samplePacket("counter", #"half \ud800"#), "udp"),
        Row(bytes: samplePacket("counter", "no UTF-8 ~").utf8.map { $0 == 0x7E ? 0xFF : $0 }, "udp"),
        // Sizes.
        Row(sized(2048, "x"), "udp"),
        Row(sized(2049, "y"), "udp"),
        Row(sized(2048, "x") + String(repeating: " ", count: 100), "udp"),
    ]

    private static func counter(_ label: String, _ value: String) -> String {
        "sample_counter{label_1=\"\(label)\"} \(value)"
    }

    private static func gauge(_ label: String, _ value: String) -> String {
        "sample_gauge{label_1=\"\(label)\",label_2=\"b\"} \(value)"
    }

    /// What is there after all rows.
    private static let samples =
        [
            counter("a", "1"), counter("by value", "2.5"), counter("null", "1"), counter("line", "2"),
            counter("batch", "2"), counter("mixed", "1"), counter("behind it", "1"), counter("newline", "1"),
            counter("space", "1"), counter("", "1"), counter("case", "1"), counter("y", "1"),
            counter(#"\"é☃\\\n"#, "1"), counter("half \u{FFFD}", "1"), counter("no UTF-8 \u{FFFD}", "1"),
            counter(String(repeating: "x", count: 2048 - samplePacket("counter", "").utf8.count), "2"),
            counter(String(repeating: "y", count: 2049 - samplePacket("counter", "").utf8.count), "1"),
            "plain_counter 2", gauge("up", "1"), gauge("up by value", "3"), gauge("down", "-1"), gauge("set", "65.4"),
            gauge("NaN", "NaN"), gauge("Inf", "+Inf"), gauge("-Inf", "-Inf"),
            "sample_summary_sum{label_1=\"s\"} 20.84", "sample_summary_count{label_1=\"s\"} 1",
        ] + histogramSamples("sample_histogram", "label_1=\"h\"", [6.54])

    @Test(.needs(.promtool)) func everyRow_IsCounted_AndNothingEndsTheProcess() async throws {
        try await withEvents { proxy, udp in
            for row in Self.rows {
                let outcome = try await proxy.outcome(of: row.outcome.count) { try udp.sendDatagram(row.datagram) }
                #expect(outcome == Dictionary(row.outcome.map { ($0, 1) }, uniquingKeysWith: +), "\(row.text)")
                #expect(try proxy.get("/-/healthy").status == 200, "\(row.text)")
            }
            let datagrams = try proxy.ownSample(#"exporter_proxy_events_datagrams_total{door="udp"}"#)
            #expect(Int(datagrams) == Self.rows.count)
            #expect(try proxy.ownSample("exporter_proxy_events_kernel_drops_total") == 0)
            try await proxy.expectSamples(Self.samples)
            for reason in Set(Self.rows.flatMap(\.outcome)).subtracting(["udp"]) {
                #expect(proxy.log.contains("reason=\(reason)\n"), "\(reason) in\n\(proxy.log)")
            }
        }
    }

    /// Packets in the form of pushprom, up to the bounds.
    private static let declarations: [Row] = [
        Row(#"{"type": "gauge", "name": "d", "help": "Of a packet.", "method": "set", "value": 5}"#, "udp"),
        Row(#"{"type": "counter", "name": "d", "method": "inc"}"#, "other_type"),
        Row(#"{"type": "thing", "name": "e", "method": "inc"}"#, "unknown_type"),
        Row(#"{"type": "counter", "name": "no name", "method": "inc"}"#, "bad_declaration"),
        Row(#"{"type": "counter", "name": "sample_summary_count", "method": "inc"}"#, "bad_declaration"),
        Row(
            #"{"type": "histogram", "name": "f", "method": "observe", "value": 3, "labels": {"l": "v"}, "buckets": [2]}"#,
            "udp"),
        Row(#"{"type": "counter", "name": "g", "method": "inc"}"#, "metrics_max"),
        Row(samplePacket("counter", "1"), "udp"), Row(samplePacket("counter", "2"), "udp"),
        Row(samplePacket("counter", "3"), "series_max"), Row(samplePacket("counter", "1"), "udp"),
    ]

    @Test(.needs(.promtool)) func packetsDeclareMetrics_UpToTheBounds() async throws {
        let settings = ["events.auto_declare": "true", "events.declared_max": "2", "events.series_max": "2"]
        try await withEvents(settings) { proxy, udp in
            for row in Self.declarations {
                let outcome = try await proxy.outcome { try udp.sendDatagram(row.datagram) }
                #expect(outcome == [row.outcome[0]: 1], "\(row.text)")
            }
            try await proxy.expectSamples([
                "d 5", #"f_bucket{l="v",le="2"} 0"#, #"f_bucket{l="v",le="+Inf"} 1"#, #"f_sum{l="v"} 3"#,
                #"f_count{l="v"} 1"#, #"sample_counter{label_1="1"} 2"#, #"sample_counter{label_1="2"} 1"#,
            ])
            #expect(try proxy.scrape().has("# HELP d Of a packet."))
        }
    }

    // MARK: Cases of Hermes

    /// What we do on purpose where Hermes does otherwise: what is counted, and served.
    struct Difference {
        var reason: String
        var outcome: [String: Int]
        var has: [String]
    }

    private static let differences: [String: Difference] = [
        "counter_value_ignored": Difference(
            reason: "a counter is increased by its value", outcome: ["udp": 1],
            has: [#"sample_counter{label_1="a"} 5"#]),
        "gauge_inc_value_ignored": Difference(
            reason: "a gauge is increased by its value", outcome: ["udp": 1],
            has: [#"sample_gauge{label_1="a",label_2="b"} 10"#]),
        "histogram_observation_missing_counts_zero": Difference(
            reason: "nobody has observed anything", outcome: ["missing_observation": 1], has: []),
        "two_objects_in_one_datagram": Difference(
            reason: "packets may stand in lines of one datagram", outcome: ["udp": 2],
            has: [#"sample_counter{label_1="a"} 2"#]),
        "payload_missing_crashes_v1": Difference(
            reason: "nothing ends the process", outcome: ["missing_label": 1], has: []),
        "labels_null_crashes_v1": Difference(
            reason: "nothing ends the process", outcome: ["missing_label": 1], has: []),
        "size_2049_truncated": Difference(
            reason: "longer datagrams than Hermes takes are whole here", outcome: ["udp": 1],
            has: [Self.counter(String(repeating: "x", count: 1981), "1")]),
    ]

    @Test(.needsConformanceCases) func casesOfHermes_HoldForUs() async throws {
        let file = try ConformanceCases.load("hermes/packets.json")
        let (cases, definitions) = (file["cases"].array, try file["config"].text)
        #expect(cases.count >= 26)
        for item in cases {
            try await withEvents(definitions: definitions) { proxy, udp in
                try await Self.play(item, proxy, udp)
            }
        }
        #expect(Set(Self.differences.keys).isSubset(of: cases.compactMap { $0["id"].string }))
    }

    private static func play(_ item: JSONCase, _ proxy: ProxyProcess, _ udp: SocketClient) async throws {
        let id = item["id"].string ?? ""
        let difference = Self.differences[id]
        let datagrams = item["datagrams_latin1"].array.compactMap(\.string)
        let packets = difference?.outcome.values.reduce(0, +) ?? datagrams.count
        let outcome = try await proxy.outcome(of: packets) {
            for text in datagrams {
                try udp.sendDatagram(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
            }
        }
        let text = try proxy.metrics()
        if let difference {
            #expect(outcome == difference.outcome, "\(id): \(difference.reason)")
            #expect(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init) == difference.has)
        } else {
            let lines = item["observed"]["sample_lines"].array.compactMap(\.string)
            #expect(text == lines.map { $0 + "\n" }.joined(), "\(id)")
            let isTaken = item["observed"]["log_errors"].array.isEmpty
            #expect((outcome == ["udp": packets]) == isTaken, "\(id): \(outcome)")
        }
    }

    // MARK: Bad company

    private struct Garbage {
        var choice: SeededChoice

        /// Bytes of any kind, or a packet with some bytes changed.
        mutating func datagram() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: choice.number(below: 200))
            for place in bytes.indices { bytes[place] = UInt8(choice.number(below: 256)) }
            if choice.number(below: 2) == 0 { return bytes }
            bytes = Array(
                choice.one(of: [
                    samplePacket("gauge", "x", #", "operation": "set", "value": -1.5e-07"#),
                    "[\(samplePacket("summary", "é\\u00e9", #", "observation": 3"#)), {}]",
                    samplePacket("histogram", "y", #", "observation": 0.1"#) + "\n{}\n",
                ]).utf8)
            for _ in 0...choice.number(below: 4) {
                bytes[choice.number(below: bytes.count)] = UInt8(choice.number(below: 256))
            }
            return bytes
        }
    }

    @Test(.needs(.promtool)) func oneBadSender_HarmsNobody() async throws {
        let seed: UInt64 = 5
        var garbage = Garbage(choice: SeededChoice(seed: seed))
        try await withEvents(["events.auto_declare": "true"]) { proxy, udp in
            let bad = try SocketClient.udp(proxy.eventPort())
            let datagrams = #"exporter_proxy_events_datagrams_total{door="udp"}"#
            // Not more at a time than any socket holds.
            let (rounds, perRound) = (320, 63)
            for round in 1...rounds {
                for _ in 0..<perRound { try bad.sendDatagram(garbage.datagram()) }
                try udp.sendDatagram(plainPacket)
                try await wait(until: "all is read, seed \(seed), round \(round)") {
                    try Int(proxy.ownSample(datagrams)) == round * (perRound + 1)
                }
                #expect(try proxy.scrape().has("plain_counter \(round)"), "seed \(seed), round \(round)")
                guard round.isMultiple(of: 80) else { continue }
                let page = try proxy.get("/metrics").body
                #expect(try await refusalOfPromtool(of: page) == nil, "seed \(seed), round \(round)")
            }
            #expect(try proxy.ownSample("exporter_proxy_events_kernel_drops_total") == 0)
            #expect(try proxy.eventCounts().count > 10)
            // One line for each reason.
            #expect(proxy.log.split(separator: "packet of events refused").count < 40)
        }
    }

    // MARK: Looking in

    @Test func apps_ShowTheEvents_WithTheirAddresses() async throws {
        try await withEvents { proxy, udp in
            let outcome = try await proxy.outcome { try udp.sendDatagram(plainPacket) }
            #expect(outcome == ["udp": 1])
            let row = try proxy.get("/apps").text.split(separator: "\n").first { $0.contains("| events ") } ?? ""
            for address in [
                "127.0.0.1:\(try proxy.eventPort())", "127.0.0.1:\(try proxy.eventPort(.tcp))", "/events.sock",
            ] { #expect(row.contains(address), "\(address) in\n\(row)") }
            let own = try proxy.get("/apps/events/metrics")
            #expect(own.status == 200 && own.text.contains("\nplain_counter 1\n"), "\(own.text)")
            // Nobody else is called so.
            try proxy.send(#"{"events": "stolen 1"}"#)
            try await proxy.expectSamples(["plain_counter 1"])
        }
    }
}
