import Testing

@testable import ExporterProxy

struct EventPacketTests {
    /// A datagram, what is counted, and one line of the page; `-` where there is none.
    typealias Case = (datagram: String, tally: String, line: String)

    private static let counter = #""metric_name":"sample_counter""#
    private static let gauge = #""metric_name":"sample_gauge""#
    private static let histogram = #""metric_name":"sample_histogram""#
    private static let summary = #""metric_name":"sample_summary""#
    private static let a = #""labels":{"label_1":"a"}"#
    private static let ab = #""labels":{"label_1":"a","label_2":"b"}"#

    private static func check(_ item: Case) throws {
        var bench = EventBench.hermes
        let tally = bench.take(item.datagram)
        #expect(tally.text == item.tally)
        #expect((tally.first == nil) == (tally.refusals == 0))
        let samples = try bench.samples()
        if item.line == "-" {
            #expect(samples.isEmpty)
        } else {
            #expect(samples.contains(item.line), "\(samples)")
        }
        // Nothing is different where the same has come before.
        let again = bench.take(item.datagram)
        #expect(again.text == tally.text && again.first == tally.first)
    }

    private static let one = "1 accepted"
    private static func refused(_ reason: String) -> String { "0 accepted, \(reason): 1" }

    static let counters: [Case] = [
        ("{\(counter),\"payload\":{\(a)}}", one, #"sample_counter{label_1="a"} 1"#),
        ("{\(counter),\"payload\":{\(a),\"value\":5}}", one, #"sample_counter{label_1="a"} 5"#),
        ("{\(counter),\"payload\":{\(a),\"value\":0}}", one, #"sample_counter{label_1="a"} 0"#),
        ("{\(counter),\"payload\":{\(a),\"value\":2.5e-1}}", one, #"sample_counter{label_1="a"} 0.25"#),
        ("{\(counter),\"payload\":{\(a),\"value\":null}}", one, #"sample_counter{label_1="a"} 1"#),
        ("{\(counter),\"payload\":{\(a),\"value\":-1}}", refused("negative_value"), "-"),
        ("{\(counter),\"payload\":{\(a),\"value\":\"5\"}}", refused("not_number"), "-"),
        ("{\(counter),\"payload\":{\(a),\"value\":true}}", refused("not_number"), "-"),
        ("{\(counter),\"payload\":{\(a),\"value\":NaN}}", refused("not_finite"), "-"),
        ("{\(counter),\"payload\":{\(a),\"value\":Infinity}}", refused("not_finite"), "-"),
        // What a counter has no use for.
        (
            "{\(counter),\"payload\":{\(a),\"observation\":\"x\",\"operation\":7}}", one,
            #"sample_counter{label_1="a"} 1"#
        ),
        (#"{"metric_name":"plain_total"}"#, one, "plain_total 1"),
        (#"{"metric_name":"plain_total","payload":null}"#, one, "plain_total 1"),
        (#"{"metric_name":"plain_total","payload":{"labels":null}}"#, one, "plain_total 1"),
        (#"{"metric_name":"plain_total","payload":{"labels":{}}}"#, one, "plain_total 1"),
    ]

    static let gauges: [Case] = [
        (
            "{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":65.4}}", one,
            #"sample_gauge{label_1="a",label_2="b"} 65.4"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":-1.5e-07}}", one,
            #"sample_gauge{label_1="a",label_2="b"} -1.5e-07"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":NaN}}", one,
            #"sample_gauge{label_1="a",label_2="b"} NaN"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":-Infinity}}", one,
            #"sample_gauge{label_1="a",label_2="b"} -Inf"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":Infinity}}", one,
            #"sample_gauge{label_1="a",label_2="b"} +Inf"#
        ),
        ("{\(gauge),\"payload\":{\"operation\":\"set\",\(ab)}}", refused("missing_value"), "-"),
        ("{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":null}}", refused("missing_value"), "-"),
        ("{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":\"5\"}}", refused("not_number"), "-"),
        ("{\(gauge),\"payload\":{\"operation\":\"set\",\(ab),\"value\":1e309}}", refused("malformed"), "-"),
        (
            "{\(gauge),\"payload\":{\"operation\":\"increment\",\(ab),\"value\":null}}", one,
            #"sample_gauge{label_1="a",label_2="b"} 1"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"increment\",\(ab)}}", one,
            #"sample_gauge{label_1="a",label_2="b"} 1"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"increment\",\(ab),\"value\":10}}", one,
            #"sample_gauge{label_1="a",label_2="b"} 10"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"decrement\",\(ab),\"value\":null}}", one,
            #"sample_gauge{label_1="a",label_2="b"} -1"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"decrement\",\(ab),\"value\":2}}", one,
            #"sample_gauge{label_1="a",label_2="b"} -2"#
        ),
        (
            "{\(gauge),\"payload\":{\"operation\":\"\\u0073et\",\(ab),\"value\":2}}", one,
            #"sample_gauge{label_1="a",label_2="b"} 2"#
        ),
        ("{\(gauge),\"payload\":{\"operation\":\"increment\",\(ab),\"value\":NaN}}", refused("not_finite"), "-"),
        ("{\(gauge),\"payload\":{\"operation\":\"decrement\",\(ab),\"value\":Infinity}}", refused("not_finite"), "-"),
        ("{\(gauge),\"payload\":{\(ab),\"value\":67.4}}", refused("missing_operation"), "-"),
        ("{\(gauge),\"payload\":{\(ab),\"operation\":null}}", refused("missing_operation"), "-"),
        ("{\(gauge),\"payload\":{\(ab),\"operation\":\"reset\"}}", refused("unknown_operation"), "-"),
        ("{\(gauge),\"payload\":{\(ab),\"operation\":\"Increment\"}}", refused("unknown_operation"), "-"),
        ("{\(gauge),\"payload\":{\(ab),\"operation\":1}}", refused("wrong_type"), "-"),
    ]

    static let observations: [Case] = [
        (
            "{\(histogram),\"payload\":{\(a),\"observation\":6.54}}", one,
            #"sample_histogram_bucket{label_1="a",le="10"} 1"#
        ),
        (
            "{\(histogram),\"payload\":{\(a),\"observation\":0.005}}", one,
            #"sample_histogram_bucket{label_1="a",le="0.005"} 1"#
        ),
        (
            "{\(histogram),\"payload\":{\(a),\"observation\":11}}", one,
            #"sample_histogram_bucket{label_1="a",le="10"} 0"#
        ),
        (
            "{\(histogram),\"payload\":{\(a),\"observation\":11}}", one,
            #"sample_histogram_bucket{label_1="a",le="+Inf"} 1"#
        ),
        ("{\(histogram),\"payload\":{\(a),\"observation\":-2}}", one, #"sample_histogram_sum{label_1="a"} -2"#),
        ("{\(histogram),\"payload\":{\(a)}}", refused("missing_observation"), "-"),
        ("{\(histogram),\"payload\":{\(a),\"observation\":null}}", refused("missing_observation"), "-"),
        ("{\(histogram),\"payload\":{\(a),\"value\":1}}", refused("missing_observation"), "-"),
        ("{\(histogram),\"payload\":{\(a),\"observation\":\"1\"}}", refused("not_number"), "-"),
        ("{\(histogram),\"payload\":{\(a),\"observation\":NaN}}", refused("not_finite"), "-"),
        ("{\(summary),\"payload\":{\(a),\"observation\":20.84}}", one, #"sample_summary_sum{label_1="a"} 20.84"#),
        ("{\(summary),\"payload\":{\(a),\"observation\":5}}", one, #"sample_summary_count{label_1="a"} 1"#),
        ("{\(summary),\"payload\":{\(a)}}", refused("missing_observation"), "-"),
        ("{\(summary),\"payload\":{\(a),\"observation\":Infinity}}", refused("not_finite"), "-"),
        (#"{"metric_name":"plain_seconds","payload":{"observation":1}}"#, one, #"plain_seconds_bucket{le="1"} 1"#),
        (#"{"metric_name":"plain_seconds","payload":{"observation":1}}"#, one, #"plain_seconds_bucket{le="0.5"} 0"#),
    ]

    static let labels: [Case] = [
        ("{\(counter)}", refused("missing_label"), "-"),
        ("{\(counter),\"payload\":{}}", refused("missing_label"), "-"),
        ("{\(counter),\"payload\":{\"labels\":null}}", refused("missing_label"), "-"),
        ("{\(counter),\"payload\":{\"labels\":{}}}", refused("missing_label"), "-"),
        ("{\(gauge),\"payload\":{\(a),\"operation\":\"increment\"}}", refused("missing_label"), "-"),
        ("{\(counter),\"payload\":{\(ab)}}", refused("unknown_label"), "-"),
        ("{\(counter),\"payload\":{\"labels\":{\"Label_1\":\"a\"}}}", refused("unknown_label"), "-"),
        (#"{"metric_name":"plain_total","payload":{"labels":{"a":"b"}}}"#, refused("unknown_label"), "-"),
        ("{\(counter),\"payload\":{\"labels\":{\"label_1\":5}}}", refused("label_value"), "-"),
        ("{\(counter),\"payload\":{\"labels\":{\"label_1\":[\"a\"]}}}", refused("label_value"), "-"),
        ("{\(counter),\"payload\":{\"labels\":{\"label_1\":null}}}", one, #"sample_counter{label_1=""} 1"#),
        ("{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\"}}}", one, #"sample_counter{label_1=""} 1"#),
        ("{\(counter),\"payload\":{\"labels\":[]}}", refused("wrong_type"), "-"),
        ("{\(counter),\"payload\":{\"labels\":\"a\"}}", refused("wrong_type"), "-"),
        ("{\(counter),\"payload\":[]}", refused("wrong_type"), "-"),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\\"\\\\\\n\"}}}", one,
            #"sample_counter{label_1="\"\\\n"} 1"#
        ),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\u00e9\\u2603\"}}}", one,
            "sample_counter{label_1=\"é☃\"} 1"
        ),
        ("{\(counter),\"payload\":{\"labels\":{\"label_1\":\"é☃\"}}}", one, "sample_counter{label_1=\"é☃\"} 1"),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\ud83d\\ude80\"}}}", one,
            "sample_counter{label_1=\"🚀\"} 1"
        ),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\ud800\"}}}", one,
            "sample_counter{label_1=\"\u{FFFD}\"} 1"
        ),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\ud800\\u0041\"}}}", one,
            "sample_counter{label_1=\"\u{FFFD}A\"} 1"
        ),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\ud800\\ud800\"}}}", one,
            "sample_counter{label_1=\"\u{FFFD}\u{FFFD}\"} 1"
        ),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":\"\\udc00x\"}}}", one,
            "sample_counter{label_1=\"\u{FFFD}x\"} 1"
        ),
        ("{\(counter),\"payload\":{\"labels\":{\"\\u006cabel_1\":\"a\"}}}", one, #"sample_counter{label_1="a"} 1"#),
        (
            "{\(counter),\"payload\":{\"labels\":{\"label_1\":5,\"label_1\":\"y\"}}}", one,
            #"sample_counter{label_1="y"} 1"#
        ),
        // The order of the labels is the page's.
        (
            "{\(gauge),\"payload\":{\"operation\":\"increment\",\"labels\":{\"label_2\":\"b\",\"label_1\":\"a\"}}}",
            one, #"sample_gauge{label_1="a",label_2="b"} 1"#
        ),
    ]

    static let forms: [Case] = [
        ("", refused("empty"), "-"), (" \n ", refused("empty"), "-"), ("[]", refused("empty"), "-"),
        ("{}", refused("missing_metric_name"), "-"), (#"{"metric_name":null}"#, refused("missing_metric_name"), "-"),
        (#"{"metric_name":5}"#, refused("wrong_type"), "-"),
        (#"{"metric_name":"nope"}"#, refused("unknown_metric"), "-"),
        (#"{"metric_name":""}"#, refused("unknown_metric"), "-"),
        (#"{"METRIC_NAME":"plain_total","PayLoad":{"LABELS":{}}}"#, one, "plain_total 1"),
        (#"{"metric\u005fname":"plain_total"}"#, one, "plain_total 1"),
        (#"{"metric_name":"pl\u0061in_total"}"#, one, "plain_total 1"),
        (#"{"payload":{"value":2},"metric_name":"plain_total"}"#, one, "plain_total 2"),
        (#"{"metric_name":"nope","metric_name":"plain_total"}"#, one, "plain_total 1"),
        (#"{"metric_name":"plain_total","payload":{"value":7},"payload":{}}"#, one, "plain_total 1"),
        (#"{"metric_name":"plain_total","payload":7,"payload":{"value":2,"VALUE":3}}"#, one, "plain_total 3"),
        (#"{"metric_name":"plain_total","x":{"y":[1,{"z":null}],"w":-0.5E+3},"v":false}"#, one, "plain_total 1"),
        ("\t{ \"metric_name\" :\r\n \"plain_total\" }\n", one, "plain_total 1"),
        (#"{"metric_name": "sample_counter", "payload""#, refused("malformed"), "-"),
        ("{\"metric_name\":\"plain_total\"}\0", refused("malformed"), "-"),
        ("\u{FEFF}{\"metric_name\":\"plain_total\"}", refused("malformed"), "-"),
        (#"{"metric_name":"plain_total"} {"metric_name":"plain_total"}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total",}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","payload":{"value":01}}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","payload":{"value":1.}}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","payload":{"value":+1}}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","payload":{"value":-NaN}}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","x":"\q"}"#, refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","x":"\u12g4"}"#, refused("malformed"), "-"),
        ("{\"metric_name\":\"plain_total\",\"x\":\"\t\"}", refused("malformed"), "-"),
        (#"{"metric_name":"plain_total","x":nul}"#, refused("malformed"), "-"),
        (#"{'metric_name':"plain_total"}"#, refused("malformed"), "-"),
        ("5", refused("malformed"), "-"), ("\"plain_total\"", refused("malformed"), "-"),
        (
            "{\"metric_name\":\"plain_total\",\"x\":\(String(repeating: "[", count: 40))1\(String(repeating: "]", count: 40))}",
            refused("too_deep"), "-"
        ),
        (
            "{\"metric_name\":\"plain_total\",\"x\":\(String(repeating: "[", count: 31))1\(String(repeating: "]", count: 31))}",
            one, "plain_total 1"
        ),
    ]

    private static let p = #"{"metric_name":"plain_total"}"#
    static let batches: [Case] = [
        ("\(p)\n\(p)\r\n\n\(p)\n", "3 accepted", "plain_total 3"), ("[\(p),\(p)]", "2 accepted", "plain_total 2"),
        (" [ \(p) , \(p) ] \n\(p)", "3 accepted", "plain_total 3"), ("[\(p)]\n[\(p)]", "2 accepted", "plain_total 2"),
        ("\(p)\nnope\n\(p)", "2 accepted, malformed: 1", "plain_total 2"),
        ("{\n\n\(p)", "1 accepted, malformed: 1", "plain_total 1"),
        ("[\(p),5,[],\(p)]", "2 accepted, not_object: 2", "plain_total 2"),
        ("[\(p),{\"metric_name\":\"x\"},{}]", "1 accepted, missing_metric_name: 1, unknown_metric: 1", "plain_total 1"),
        // Of what is not JSON nothing counts.
        ("[\(p),\(p)", refused("malformed"), "-"), ("[\(p) \(p)]", refused("malformed"), "-"),
        ("[\(p)] x", refused("malformed"), "-"), ("[\(p),]", refused("malformed"), "-"),
        ("[]\n\(p)", "1 accepted, empty: 1", "plain_total 1"),
    ]

    @Test(arguments: counters) func counter_CountsOrRefuses(item: Case) throws { try Self.check(item) }
    @Test(arguments: gauges) func gauge_MovesOrRefuses(item: Case) throws { try Self.check(item) }
    @Test(arguments: observations) func observation_IsTakenOrRefused(item: Case) throws { try Self.check(item) }
    @Test(arguments: labels) func labels_AreExactlyThoseOfTheMetric(item: Case) throws { try Self.check(item) }
    @Test(arguments: forms) func form_IsJSONAndNoMore(item: Case) throws { try Self.check(item) }
    @Test(arguments: batches) func batch_CountsPacketByPacket(item: Case) throws { try Self.check(item) }

    @Test(
        arguments: [
            ([0xFF], "\u{FFFD}"), ([0xC3], "\u{FFFD}"), ([0xE2, 0x98], "\u{FFFD}\u{FFFD}"),
            ([0xC3, 0xA9, 0x80], "é\u{FFFD}"), ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xF0, 0x9F, 0x9A, 0x80], "🚀"), ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)])
    func bytesThatAreNotUTF8_AreReplaced(bytes: [UInt8], text: String) throws {
        var bench = EventBench.hermes
        let head = Array(#"{"metric_name":"sample_counter","payload":{"labels":{"label_1":"x"#.utf8)
        #expect(bench.take(head + bytes + Array("y\"}}}".utf8)).text == Self.one)
        #expect(try bench.samples() == ["sample_counter{label_1=\"x\(text)y\"} 1"])
    }

    @Test func labels_MayBeLongButNotEndless() throws {
        var bench = EventBench.hermes
        let packet = { (count: Int) in
            "{\(Self.counter),\"payload\":{\"labels\":{\"label_1\":\"\(String(repeating: "x", count: count))\"}}}"
        }
        #expect(bench.take(packet(8000)).text == Self.one)
        #expect(bench.take(packet(8192)).text == Self.refused("labels_too_long"))
        let many = (0..<300).map { _ in #""label_1":"a""# }.joined(separator: ",")
        #expect(bench.take("{\(Self.counter),\"payload\":{\"labels\":{\(many)}}}").text == Self.refused("wrong_type"))
        // As a whole, whatever stands in its lines.
        let lines = "{\(Self.counter),\"payload\":{\"labels\":{\(many)},\"x\":[\n\(Self.p)\n]}}"
        #expect(bench.take(lines).text == Self.refused("wrong_type"))
    }

    @Test func brokenLines_AreReadAgainWithinBounds() throws {
        var bench = EventBench.hermes
        // Each begins an array that goes on to the end.
        #expect(bench.take(String(repeating: "[\n", count: 32_000)).refusals < 5000)
        let other = (0..<60).map { "app.requests.\($0):1|c\n\(Self.p)\n" }.joined()
        #expect(bench.take(other).text == "60 accepted, malformed: 60")
    }

    @Test(arguments: [
        (#"{"metric_name":"plain_total","payload":{"value":1.7e308}}"#, "plain_total 1.7e+308"),
        (
            #"{"metric_name":"plain_gauge","payload":{"operation":"increment","value":1.7e308}}"#, "plain_gauge +Inf"
        ),
        (#"{"metric_name":"plain_seconds","payload":{"observation":-1.7e308}}"#, "plain_seconds_sum -1.7e+308"),
        (#"{"metric_name":"plain_seconds","payload":{"observation":1.7e308}}"#, "plain_seconds_count 1"),
    ])
    func sum_NeverIsInfinity(packet: String, line: String) throws {
        var bench = EventBench.hermes
        let isGauge = packet.contains("gauge")
        #expect((0..<3).map { _ in bench.take(packet).text }.last == (isGauge ? Self.one : Self.refused("not_finite")))
        let samples = try bench.samples()
        #expect(samples.contains(line), "\(samples)")
    }

    @Test func series_AreAtMostAsManyAsAllowed() throws {
        var settings = EventSettings(EventDefinitions(EventDefinition.examples))
        settings.seriesMax = 3
        var bench = EventBench(settings)
        var refused = 0
        for value in [0, 1, 2, 3, 4, 2, 0] {
            refused += bench.take("{\(Self.counter),\"payload\":{\"labels\":{\"label_1\":\"\(value)\"}}}").refusals
        }
        #expect(refused == 2)
        #expect(
            try bench.samples() == (0..<3).map { "sample_counter{label_1=\"\($0)\"} \($0 == 1 ? 1 : 2)" })
    }

    @Test func seriesOfAllMetrics_AreAtMostAsManyAsAllowed() throws {
        var definitions = EventDefinition.examples
        for place in definitions.indices { definitions[place].expireAfter = .seconds(5) }
        var settings = EventSettings(EventDefinitions(definitions))
        settings.totalSeriesMax = 2
        var bench = EventBench(settings)
        let others = ["plain_total", "sample_counter"].map {
            #"{"metric_name":"\#($0)","payload":{"labels":{\#($0 == "plain_total" ? "" : #""label_1":"a""#)}}}"#
        }
        let third = #"{"metric_name":"plain_seconds","payload":{"observation":1}}"#
        #expect((others + others).map { bench.take($0).accepted } == [1, 1, 1, 1])
        #expect(bench.take(third).text == Self.refused("total_series_max"))
        let parts = bench.parts()
        bench.advance(by: .seconds(5))
        #expect(bench.metrics.expire(at: bench.now.monotonic) == 2 && bench.metrics.seriesCount == 0)
        #expect(bench.take(third).text == Self.one)
        for part in parts { try bench.metrics.restore(part, at: bench.now) }
        #expect(bench.metrics.seriesCount == 2)
        bench.metrics.adopt(EventSettings(EventDefinitions([EventDefinition(.counter, "plain_total")])))
        let left = try bench.samples().count
        #expect(bench.metrics.seriesCount == left)
    }

    @Test func refusals_AllHaveASentence() {
        let refusals: [EventRefusal] = [
            .empty, .tooLong, .malformed(offset: 3, "x"), .tooDeep(offset: 3), .notObject,
            .wrongType("labels", expected: "x"),
            .missingMetricName, .unknownMetric("m"), .missingLabel(metric: "m", label: "l"),
            .unknownLabel(metric: "m", label: "l"), .labelValue(metric: "m", label: "l"),
            .labelsTooLong(metric: "m", bytesMax: 5), .missingOperation(metric: "m"),
            .unknownOperation(metric: "m", "o"), .missingValue(metric: "m"), .missingObservation(metric: "m"),
            .notNumber(metric: "m", key: "value"), .negativeValue(metric: "m"), .notFinite(metric: "m"),
            .seriesMax(metric: "m", 5), .totalSeriesMax(metric: "m", 5), .unknownType(metric: "m"),
            .otherType(metric: "m", .counter),
            .badDeclaration(metric: "m", "x"), .metricsMax(5),
        ]
        #expect(Set(refusals.map(\.reason)) == Set(EventRefusal.Reason.allCases))
        #expect(Set(refusals.map(\.description)).count == refusals.count)
    }

    @Test func page_HasOnlyWhatPacketsHaveNamed() throws {
        var bench = EventBench.hermes
        #expect(try bench.page().isEmpty)
        bench.take("{\(Self.summary),\"payload\":{\(Self.a),\"observation\":1.5}}")
        bench.take("{\(Self.gauge),\"payload\":{\"operation\":\"set\",\(Self.ab),\"value\":65.4}}")
        let lines = [
            "# HELP sample_gauge gauges are awesome", "# TYPE sample_gauge gauge",
            #"sample_gauge{label_1="a",label_2="b"} 65.4"#, "# HELP sample_summary summaries work",
            "# TYPE sample_summary summary", #"sample_summary_sum{label_1="a"} 1.5"#,
            #"sample_summary_count{label_1="a"} 1"#,
        ]
        #expect(try bench.page() == lines.joined(separator: "\n") + "\n")
    }
}
