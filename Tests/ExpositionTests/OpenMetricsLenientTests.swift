import Testing

@testable import Exposition

/// What Prometheus takes and OpenMetrics does not, and what neither takes.
struct OpenMetricsLenientTests {
    @Test(arguments: [
        "{\"a.b\"} 1\n",
        "{\"a.b\",c=\"d\"} 1\n",
        "{c=\"d\",\"a.b\"} 1 2\n",
        "{\"a\",\"b c\"=\"d\"} 1\n",
        "a{\"b.c\"=\"d\"} 1\n",
        "# TYPE \"a.b\" counter\n# HELP \"a.b\" x\n# UNIT \"a.b_s\" s\n{\"a.b_total\"} 1 # {\"x.y\"=\"z\"} 1\n",
        "a{b=\"c\",} 1\n",
        "a 1\na 1\n",
        "a 1 2\nb 1\na 1 1\n",
        "# TYPE a counter\na -1\na_total NaN\n",
        "# TYPE a gauge\n# TYPE a counter\n# HELP a x\n# HELP a y\n",
        "a 1\n# TYPE a gauge\n",
        "# TYPE a histogram\na_count 1 # {x=\"y\"} 1\na_bucket 1\n",
        "a_total 1 # {} 1\n",
    ])
    func bodyThatPrometheusTakes_IsTakenToo(body: String) {
        #expect(parseOpenMetrics((body + "# EOF\n").utf8, mode: .lenient).findings == [])
        #expect(parseOpenMetrics((body + "# EOF\n").utf8).findings != [])
    }

    @Test(arguments: [
        OpenMetricsCase("{} 1\n", "metric_name"),
        OpenMetricsCase("{a=\"b\"} 1\n", "metric_name"),
        OpenMetricsCase("{\"\"} 1\n", "label_name"),
        OpenMetricsCase("{\"a\",\"b\"} 1\n", "label_syntax"),
        OpenMetricsCase("a{\"b\"} 1\n", "label_syntax"),
        OpenMetricsCase("{\"a\"}\n", "value_missing"),
        OpenMetricsCase("{\"a} 1\n", "quoted_name"),
        OpenMetricsCase("a{b=\"c\",,} 1\n", "label_syntax"),
        OpenMetricsCase("a{b=\"c\",b=\"d\"} 1\n", "label_repeated"),
        OpenMetricsCase("\n", "blank_line"),
        OpenMetricsCase("# x\n", "comment"),
        OpenMetricsCase("a  1\n", "blanks"),
        OpenMetricsCase("a 0x1\n", "value"),
        OpenMetricsCase("# TYPE a untyped\n", "type"),
        OpenMetricsCase("# UNIT a s\n", "unit_not_suffix"),
        OpenMetricsCase("a_total 1 # {x=\"\u{0}\"} 1\n", "exemplar_null"),
    ])
    func bodyThatPrometheusRefuses_IsRefusedToo(example: OpenMetricsCase) {
        let findings = parseOpenMetrics((example.body + "# EOF\n").utf8, mode: .lenient).findings
        #expect(findings.map { String($0.reason.code.dropFirst("om_".count)) } == example.codes)
    }

    @Test func quotedNames_AreUnescaped() {
        let body = "# TYPE \"a\\n\\\"b\\\"\" gauge\n{\"a\\n\\\"b\\\"\",\"c\\\\d\"=\"e\"} 1\n# EOF\n"
        let families = parseOpenMetrics(body.utf8, mode: .lenient).families
        let sample = Sample(name: "a\n\"b\"", labels: [Label("c\\d", "e")], value: 1)
        #expect(families == [MetricFamily(name: "a\n\"b\"", type: .gauge, samples: [sample])])
    }

    @Test func familyOfASample_IsFoundByItsTypeWhereverItStands() {
        let body =
            "# TYPE a histogram\n# TYPE b counter\nb_total 1\na_bucket{le=\"+Inf\"} 1\nb_created 1\na_sum 1\n# EOF\n"
        let families = parseOpenMetrics(body.utf8, mode: .lenient).families
        #expect(families.map(\.name) == ["a", "b"])
        #expect(families.map(\.samples.count) == [2, 2])
    }
}
