import Testing

@testable import Exposition

struct OpenMetricsFormTests {
    private func convert(_ text: some Sequence<UInt8>) -> OpenMetricsForm.Conversion {
        Array(text).withUnsafeBytes { OpenMetricsForm.convert($0) }
    }

    @Test(arguments: [
        ("", ""),
        ("a 1\n", "# TYPE a unknown\na 1\n"),
        ("# HELP a x\n", "# TYPE a unknown\n# HELP a x\n"),
        (
            "# HELP a_total x \"y\" \\\\ \\n\n# TYPE a_total counter\na_total 1\n",
            "# TYPE a counter\n# HELP a x \\\"y\\\" \\\\ \\n\na_total 1\n"
        ),
        ("# TYPE a gauge\n# HELP a \na 1\n", "# TYPE a gauge\n# HELP a \na 1\n"),
        (
            "# TYPE a untyped\na{ b = \"c\\\\\" , d=\"\" , } \t 1  1700000000123\n",
            "# TYPE a unknown\na{b=\"c\\\\\",d=\"\"} 1 1700000000.123\n"
        ),
        (
            "a{} 1 0\na{b=\"c\"}2 5\na{b=\"d\"} 3 1500\na{b=\"e\"} 4 1050\n",
            "# TYPE a unknown\na 1 0\na{b=\"c\"} 2 0.005\na{b=\"d\"} 3 1.5\na{b=\"e\"} 4 1.05\n"
        ),
        (
            "# TYPE a gauge\na +Inf\n# TYPE b gauge\nb Nan\nc -.5E+7\n",
            "# TYPE a gauge\na +Inf\n# TYPE b gauge\nb Nan\n# TYPE c unknown\nc -.5E+7\n"
        ),
        (
            "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 2\na_count 3\n",
            "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 2\na_count 3\n"
        ),
        (
            "# TYPE a histogram\na_sum 2\na_count 3\na_bucket{le=\"inf\"} 3\na_bucket{le=\"1\"} 1\n",
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 3\na_sum 2\na_count 3\n"
        ),
        (
            "# TYPE a histogram\n"
                + "a_bucket{x=\"\",y=\"1\",le=\"+Inf\"} 3\na_bucket{le=\"+Inf\"} 4\na_bucket{y=\"1\",le=\"1\"} 1\n",
            "# TYPE a histogram\n"
                + "a_bucket{y=\"1\",le=\"1\"} 1\na_bucket{x=\"\",y=\"1\",le=\"+Inf\"} 3\na_bucket{le=\"+Inf\"} 4\n"
        ),
        (
            "# TYPE a gauge\na{x=\"1\"} 1 2000\na{x=\"2\"} 1 1000\na{x=\"1\"} 1 1000\n",
            "# TYPE a gauge\na{x=\"1\"} 1 1\na{x=\"1\"} 1 2\na{x=\"2\"} 1 1\n"
        ),
    ])
    func text_IsSaidInOpenMetrics(text: String, wanted: String) throws {
        guard case .form(let form) = convert(text.utf8) else {
            Issue.record("impossible: \(convert(text.utf8))")
            return
        }
        #expect(String(decoding: form.bytes, as: UTF8.self) == wanted)
        #expect(parseOpenMetrics(form.bytes + Array("# EOF\n".utf8)).findings.isEmpty)
    }

    @Test(arguments: [
        ("# TYPE a counter\na 1\n", "om_counter_without_total", 1),
        ("# TYPE _total counter\n_total 1\n", "om_counter_without_total", 1),
        ("b 1\n# TYPE a_total counter\na_total -1\n", "om_value_negative", 3),
        ("# TYPE a_total counter\na_total NaN\n", "om_value_nan", 2),
        ("# TYPE a_total counter\na_total 1\n# TYPE a_created gauge\na_created 1\n", "om_name_clash", 3),
        ("# TYPE a_total counter\na_total 1\na_created 1\n", "om_name_clash", 3),
        ("# HELP a x\n# TYPE a histogram\na_sum 1\na_count 1\na_bucket{le=\"1\"} 1\n", "om_infinity_missing", 5),
        ("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 1\n", "om_count_without_sum", 3),
        ("# TYPE a histogram\na_count 2\na_sum 2\na_bucket{le=\"+Inf\"} 1\n", "om_count_mismatch", 2),
        (
            "# TYPE a histogram\na_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 2\n",
            "om_bucket_decreases", 2
        ),
        ("# TYPE a histogram\na 1\n", "om_sample_name", 2),
        ("# TYPE a summary\na 1\n", "om_quantile_missing", 2),
        ("# TYPE a summary\na{quantile=\"0.5\"} -1\n", "om_value_negative", 2),
        ("a{x=\"1\"} 1\na{x=\"1\"} 1 5\n", "om_timestamp_mixed", 2),
        ("a 1", "om_not_canonical", 0),
        ("a 1\n\nb 2\n", "om_not_canonical", 2),
        ("a\n", "om_not_canonical", 1),
        ("a 1 2 3\n", "om_not_canonical", 1),
        ("a 1 99999999999999999999\n", "om_not_canonical", 1),
        ("# TYPE a info\na 1\n", "om_not_canonical", 1),
        ("# UNIT a s\na 1\n", "om_not_canonical", 1),
        ("a 1\n# EOF\n", "om_comment", 2),
    ])
    func textWithoutAnOpenMetricsForm_IsRefusedWithTheReason(text: String, code: String, line: Int) {
        guard case .impossible(let finding) = convert(text.utf8) else {
            Issue.record("possible")
            return
        }
        #expect(finding.reason.code == code)
        #expect(finding.line == line)
    }

    @Test func families_CoverTheBytesWithoutAGap() {
        let text = "# HELP a x\na 1\n# TYPE b_total counter\nb_total 2\nc 3\n# TYPE d gauge\n"
        guard case .form(let form) = convert(text.utf8) else {
            Issue.record("impossible")
            return
        }
        let parts = form.families.map { family in
            [family.header, family.samples].map { String(decoding: form.bytes[$0], as: UTF8.self) }
        }
        #expect(
            parts == [
                ["# TYPE a unknown\n# HELP a x\n", "a 1\n"], ["# TYPE b counter\n", "b_total 2\n"],
                ["# TYPE c unknown\n", "c 3\n"], ["# TYPE d gauge\n", ""],
            ])
        #expect(parts.flatMap { $0 }.joined() == String(decoding: form.bytes, as: UTF8.self))
    }

    /// Bytes of every kind, of which many are no canonical text.
    @Test(arguments: 0..<300)
    func anyBytes_AreRefusedOrBecomeValid(seed: UInt64) {
        var random = SplitMix(state: seed)
        let parts = [
            "# TYPE a_total counter\n", "a_total 1\n", "a_total{x=\"1\"} 2 1000\n", "# TYPE h histogram\n",
            "h_bucket{le=\"+Inf\"} 3\n", "h_bucket{le=\"1\"} 2\n", "h_sum 1\n", "h_count 3\n", "# TYPE s summary\n",
            "s{quantile=\"0.5\"} 1\n", "s_sum 1\n", "# HELP a_total x\n", "g 1\n", "g{x=\"\\\\\"} 1 5\n", "\n", " ",
            "\"", "{", "\u{0}", "é",
        ]
        for _ in 0..<20 {
            var text = (0..<random.below(9)).flatMap { _ in Array(parts[random.below(parts.count)].utf8) }
            if random.below(4) == 0, !text.isEmpty { text[random.below(text.count)] = UInt8(random.below(256)) }
            guard case .form(let form) = convert(text) else { continue }
            #expect(parseOpenMetrics(form.bytes + Array("# EOF\n".utf8)).findings.isEmpty, "seed \(seed)")
        }
    }

    /// A text and its form have the same values at the same times.
    @Test func form_HasEverySampleOfTheText() {
        let text =
            "# TYPE h histogram\n" + (0..<50).map { "h_bucket{i=\"\($0 % 7)\",le=\"\($0)\"} \($0)\n" }.joined()
            + (0..<7).map { "h_bucket{i=\"\($0)\",le=\"+Inf\"} 60\n" }.joined()
        guard case .form(let form) = convert(text.utf8) else {
            Issue.record("impossible: \(convert(text.utf8))")
            return
        }
        let lines = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self).split(separator: "\n").sorted() }
        #expect(lines(form.bytes) == lines(Array(text.utf8)))
    }
}
