import TestSupport
import Testing

/// What goes wrong in Gravel Gateway 1.7.1, by the numbers of a list of its defects, and what its users have reported.
@Suite(.sharesMachine)
struct PushGravelTests {
    /// Texts that every reader of Prometheus takes.
    static let reading: [PushSequence] = [
        .init("1 untyped", post("# TYPE x untyped\nx 1\n"), has: ["x 1", "# TYPE x untyped"]),
        .init("1 unknown", post("# TYPE x unknown\nx 1\n"), has: ["x 1"]),
        .init("2 families without a type", post("a 1\nb 2\n"), has: ["a 1", "b 2"]),
        .init("2 a family in two places", post("a{x=\"1\"} 1\nb 2\na{x=\"2\"} 3\n"), has: ["a{x=\"2\"} 3", "b 2"]),
        .init("3 a counter not called total", post("# TYPE c counter\nc 1\n"), has: ["c 1", "# TYPE c counter"]),
        .init("4 names", post("Upper 1\na:b 2\n_x 3\n"), has: ["Upper 1", "a:b 2", "_x 3"]),
        .init("5 space after a comma", post("m{a=\"1\", b=\"2\"} 1\n"), has: ["m{a=\"1\",b=\"2\"} 1"]),
        .init("5 spaces in braces", post("m { a = \"1\" , b = \"2\" } 1\n"), has: ["m{a=\"1\",b=\"2\"} 1"]),
        .init("5 quotes in HELP", post("# HELP m Say \"hi\".\nm 1\n"), has: ["# HELP m Say \"hi\".", "m 1"]),
        .init("5 no text in HELP", post("# HELP m\n# HELP n \nm 1\nn 2\n"), has: ["m 1", "n 2"]),
        .init("5 comments", post("#\n#x\n# HELPful 1\n# remark\nm 1\n"), has: ["m 1"], lacks: ["HELPful"]),
        .init("5 numbers", post("a Inf\nb .5\nc 1E3\nd nan\n"), has: ["a +Inf", "b 0.5", "c 1000", "d NaN"]),
        .init("5 hexadecimal, which nobody takes", post("ok 1\na 0x1p4\n", status: 400), lacks: ["\nok", "\na"]),
        .init("5 tabs", post("m\t1\nn{a=\"1\"}\t \t2\n"), has: ["m 1", "n{a=\"1\"} 2"]),
        .init("6 no body", post(""), lacks: ["\n\n"]),
        .init("6 blank lines", post("\n"), post("\n\n\nm 1\n\n\n"), has: ["m 1"]),
        .init(
            "7 label names", post("m{x=\"1\"} 1\nm{y=\"1\"} 2\nm 3\n"), has: ["m{x=\"1\"} 1", "m{y=\"1\"} 2", "m 3"]),
        .init(
            "8 names of histograms",
            post(["x_count", "y_sum", "z_bucket"].map { histogram($0, ["1": 1, "+Inf": 2], sum: 3) }.joined()),
            has: ["x_count_count 2", "y_sum_sum 3", "z_bucket_bucket{le=\"1\"} 1"]),
        .init(
            "9 no last bucket", post("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 3\nh_count 2\n"),
            has: ["h_bucket{le=\"+Inf\"} 2", "h_bucket{le=\"1\"} 1", "h_sum 3", "h_count 2"]),
        .init(
            "9 no sum", post("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_count 2\n"),
            has: ["h_bucket{le=\"+Inf\"} 2", "h_count 2"]),
        .init(
            "9 parts of counts", post(histogram("h", ["1": 0.5, "+Inf": 1.5], sum: 1)),
            post(histogram("h", ["1": 0.5, "+Inf": 1.5], sum: 1)),
            has: ["h_bucket{le=\"1\"} 1", "h_bucket{le=\"+Inf\"} 3", "h_count 3"]),
        .init("9 a counter of OpenMetrics", post("# TYPE foo counter\nfoo_total 1\n"), has: ["foo_total 1"]),
        .init(
            "20 an exemplar",
            post(
                "# TYPE h histogram\nh_bucket{le=\"1\"} 5 # {trace_id=\"abc\"} 0.5\nh_bucket{le=\"+Inf\"} 6\n"
                    + "h_sum 7\nh_count 6\n# EOF\n", "/metrics", openMetrics),
            has: ["h_bucket{le=\"1\"} 5", "h_bucket{le=\"+Inf\"} 6"], lacks: ["trace", "EOF"]),
        .init("issue 5, a comma at the end", post("m{a=\"1\",} 1\n"), has: ["m{a=\"1\"} 1"]),
        .init("issue 5, an exponent", post("m 1E3\nn 1.5e-3\n"), has: ["m 1000", "n 0.0015"]),
        .init(
            "issue 17, no samples",
            post("# HELP a_total A.\n# TYPE a_total counter\n# HELP b_total B.\n# TYPE b_total counter\nb_total 1\n"),
            has: ["b_total 1"], lacks: ["\na_total"]),
    ]

    static let openMetrics = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"

    static func histogram(_ name: String, _ buckets: KeyValuePairs<String, Double>, sum: Double) -> String {
        let lines = buckets.map { "\(name)_bucket{le=\"\($0.key)\"} \($0.value)\n" }.joined()
        return "# TYPE \(name) histogram\n\(lines)\(name)_sum \(sum)\n\(name)_count \(buckets.last?.value ?? 0)\n"
    }

    /// What is done with them.
    static let merging: [PushSequence] = [
        .init(
            "10 other bounds", post(histogram("h", ["1": 1, "+Inf": 2], sum: 3)),
            post(histogram("h", ["2": 4, "+Inf": 5], sum: 6)),
            has: ["h_bucket{le=\"2\"} 4", "h_bucket{le=\"+Inf\"} 5", "h_count 5", "h_sum 6"], lacks: ["le=\"1"]),
        .init(
            "10 the same bounds", post(histogram("h", ["1": 1, "+Inf": 2], sum: 3)),
            post(histogram("h", ["1.0": 4, "Inf": 5], sum: 6)),
            has: ["h_bucket{le=\"1\"} 5", "h_bucket{le=\"+Inf\"} 7", "h_count 7", "h_sum 9"]),
        .init(
            "11 large numbers", post(counter("9223372036854775807")), post(counter("9223372036854775807")),
            has: ["c 18446744073709551614"]),
        .init(
            "12 two label sets of a window", post("m{clearmode=\"mean5m\",x=\"1\"} 10\n"),
            post("m{clearmode=\"mean5m\",x=\"2\"} 20\n"), post("m{clearmode=\"mean5m\",x=\"1\"} 20\n"),
            has: ["m{x=\"1\"} 15", "m{x=\"2\"} 20"]),
        .init(
            "12 a gauge, then a window", post("# TYPE m gauge\nm 1\n"), post("m{clearmode=\"mean5m\"} 10\n"),
            post("m{clearmode=\"mean5m\"} 20\n"), has: ["m 15"]),
        .init(
            "12 an empty family, then a window", post("# TYPE m gauge\n"),
            post("# TYPE m gauge\nm{clearmode=\"mean5m\"} 10\n"), post("# TYPE m gauge\nm{clearmode=\"mean5m\"} 20\n"),
            has: ["m 15"]),
        .init("12 a window of nothing", post("m{clearmode=\"mean0s\"} 1\n", status: 400), lacks: ["\nm"]),
        .init(
            "13 a mean of histograms",
            post(
                "# TYPE h histogram\nh_bucket{le=\"+Inf\",clearmode=\"mean5m\"} 1\nh_count{clearmode=\"mean5m\"} 1\n",
                status: 400),
            lacks: ["\nh"]),
        .init(
            "13 a mean of untyped", post("m{clearmode=\"mean5m\"} 10\n"), post("m{clearmode=\"mean5m\"} 20\n"),
            has: ["m 15"]),
        .init(
            "13 a window, then replace", post("m{clearmode=\"mean5m\"} 10\n"), post("m{clearmode=\"replace\"} 3\n"),
            has: ["m 3"]),
        .init(
            "15 family, within its job", post(info("1"), "/metrics/job/a"), post(info("2"), "/metrics/job/b"),
            post(info("3"), "/metrics/job/a"),
            has: ["build_info{job=\"a\",v=\"3\"} 1", "build_info{job=\"b\",v=\"2\"} 1"], lacks: ["v=\"1\""]),
        .init(
            "16 only the mode differs",
            PushStep(
                HTTPRequest("POST /metrics", "m{clearmode=\"sum\"} 1\nm{clearmode=\"replace\"} 2\n"),
                statuses: [200, 400])),
        .init(
            "17 a push that contradicts", put("# TYPE t counter\nt 1\n", "/metrics/job/a"),
            put("ok 1\n# TYPE t gauge\nt 2\n", "/metrics/job/b", status: 400), has: ["t{job=\"a\"} 1"], lacks: ["\nok"]),
        .init("17 a push that breaks", post("ok 1\n!\n", status: 400), lacks: ["ok"]),
        .init(
            "17 summaries", post("# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n"),
            post("# TYPE s summary\ns{quantile=\"0.5\"} 5\ns_sum 6\ns_count 7\n"),
            has: ["s{quantile=\"0.5\"} 5", "s_sum 8", "s_count 10"]),
        .init("17 timestamps", post("ok 1\nm 1 1000\n", status: 400), lacks: ["\nok", "\nm"]),
        .init(
            "17 timestamps, taken away", post("m 1 1000\n"), post("m 1 2000\n"), has: ["m 2"],
            settings: ["push.timestamps": "\"strip\""]),
        .init("18 base64", post("m 1\n", "/metrics/job@base64/YS9i"), has: ["m{job=\"a/b\"} 1"], lacks: ["base64"]),
        .init("18 a name that is none", post("m 1\n", "/metrics/job/a/bad-name/x", status: 400), lacks: ["bad-name"]),
        .init(
            "19 a quote in the path", post("m 1\n", "/metrics/job/a%22%7D%201%0Aforged%201%0Ax%7By%3D%22"),
            has: [#"m{job="a\"} 1\nforged 1\nx{y=\""} 1"#], lacks: ["\nforged", "\nx{"]),
        .init(
            "21 the path makes them equal", post("m{job=\"x\"} 1\nm{job=\"y\"} 2\n", "/metrics/job/j", status: 400),
            lacks: ["\nm"]),
        .init("issue 9", post("m{a=\"1\"} 1\n"), post("m{b=\"1\"} 2\n"), has: ["m{a=\"1\"} 1", "m{b=\"1\"} 2"]),
        .init("issue 14", post(window("10")), post(window("20")), has: ["m 15"]),
        .init("issue 27", post("m 1\n", "/metrics/job/a%20b/c/%C3%A9"), has: ["m{c=\"é\",job=\"a b\"} 1"]),
        .init("issue 29", post(counter("1")), post("# TYPE c counter\n"), post(counter("1")), has: ["c 2"]),
        .init("issue 29, in reverse", post("# TYPE c counter\n"), post(counter("1")), has: ["c 1"]),
        .init("a fraction after a whole number", post(counter("0")), post(counter("0.01")), has: ["c 0.01"]),
        .init(
            "another value of a label", post("m{x=\"1\"} 1\n"), post("m{x=\"2\"} 2\n"),
            has: ["m{x=\"1\"} 1", "m{x=\"2\"} 2"]),
        .init("the second push of a window", post(window("1")), post(window("1")), post(window("4")), has: ["m 2"]),
        .init(
            "PUT begins anew", put("a 1\n", "/metrics/job/j"), put("b 1\n", "/metrics/job/j"), has: ["b{job=\"j\"} 1"],
            lacks: ["\na{"]),
        .init("DELETE", post(counter("5"), "/metrics/job/j"), delete("/metrics/job/j"), lacks: ["job"]),
        .init("health", PushStep(HTTPRequest("GET /-/healthy"), statuses: [200])),
    ]

    static func counter(_ value: String) -> String { "# TYPE c counter\nc \(value)\n" }

    private static func window(_ value: String) -> String { "# TYPE m gauge\nm{clearmode=\"mean5m\"} \(value)\n" }

    private static func info(_ version: String) -> String {
        "# TYPE build_info gauge\nbuild_info{clearmode=\"family\",v=\"\(version)\"} 1\n"
    }

    @Test(.needs(.promtool), arguments: reading) func textThatGravelRefuses_IsRead(sequence: PushSequence) async throws
    {
        try await sequence.play()
    }

    @Test(.needs(.promtool), arguments: merging) func defectOfGravel_IsNotOurs(sequence: PushSequence) async throws {
        try await sequence.play()
    }
}
