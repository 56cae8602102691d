import Testing

@testable import ExporterProxy

struct ExpositionVerdictTests {
    private static func verdict(_ text: String, _ format: ExpositionVerdict.Format) -> ExpositionVerdict {
        ExpositionVerdict(Array(text.utf8), format)
    }

    @Test(arguments: [
        ("", ExpositionVerdict.Format.text, "valid text 0.0.4: 0 families, 0 samples"),
        ("a 1\n", .text, "valid text 0.0.4: 1 family, 1 sample"),
        ("# TYPE a gauge\na{b=\"1\"} 1\na{b=\"2\"} 2\nc 1\n# free\n", .text, "valid text 0.0.4: 2 families, 3 samples"),
        ("# TYPE a gauge\na 1\n# EOF\n", .openmetrics, "valid OpenMetrics 1.0: 1 family, 1 sample"),
        ("# EOF\n", .openmetrics, "valid OpenMetrics 1.0: 0 families, 0 samples"),
    ])
    func validBody_IsCounted(text: String, format: ExpositionVerdict.Format, sentence: String) {
        let verdict = Self.verdict(text, format)
        #expect(verdict.isValid && verdict.findings == [])
        #expect(verdict.sentence == sentence)
    }

    @Test(arguments: [
        ("a 1\nb\nc 1\nd x\n", ExpositionVerdict.Format.text, ["missing_value 2", "bad_value 4"]),
        // What only promtool refuses, and what only Prometheus refuses.
        ("a 1", .text, ["missing_newline 1"]),
        ("# TYPE a GAUGE\na 1\n", .text, ["type_case 1"]),
        ("", .openmetrics, ["om_end_missing 1"]),
        ("a 1\n\nb 1\n", .openmetrics, ["om_blank_line 2", "om_end_missing 3"]),
    ])
    func everyError_IsNamedWithItsLine(text: String, format: ExpositionVerdict.Format, errors: [String]) {
        let verdict = Self.verdict(text, format)
        #expect(verdict.findings.map { "\($0.reason.code) \($0.line)" } == errors)
        #expect(!verdict.isValid && verdict.families == 0 && verdict.samples == 0)
    }

    @Test func sentence_CountsErrors() {
        #expect(Self.verdict("a\n", .text).sentence == "not valid text 0.0.4: 1 error")
        #expect(Self.verdict("a\nb\n", .text).sentence == "not valid text 0.0.4: 2 errors")
    }
}
