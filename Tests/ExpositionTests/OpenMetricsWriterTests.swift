import Testing

@testable import Exposition

struct OpenMetricsWriterTests {
    @Test(arguments: 0..<200)
    func randomModel_IsValidAndReadAgain(seed: UInt64) {
        var models = OpenMetricsModels(seed: seed)
        let model = models.families()
        let bytes = OpenMetricsWriter.write(model)
        let (families, findings) = parseOpenMetrics(bytes)
        #expect(findings.isEmpty, "seed \(seed): \(findings.first.map { "\($0)" } ?? "")")
        #expect(families == model, "seed \(seed)")
        #expect(OpenMetricsWriter.write(families) == bytes, "seed \(seed)")
        let lenient = parseOpenMetrics(bytes, mode: .lenient)
        #expect(lenient.families == model && lenient.findings.isEmpty, "seed \(seed)")
    }

    @Test func wholeExample() {
        let samples = [
            Sample(name: "wait_seconds_bucket", labels: [Label("le", "1")], value: 2),
            Sample(
                name: "wait_seconds_bucket", labels: [Label("le", "inf")], value: 3,
                exemplar: Exemplar(labels: [], value: 7.5, timestamp: Timestamp(seconds: 12, nanoseconds: 30_000_000))),
        ]
        let families = [
            MetricFamily(
                name: "wait_seconds", type: .histogram, help: "a\\b\n\"c\"", unit: "seconds", samples: samples),
            MetricFamily(
                name: "old", type: .untyped, samples: [Sample(name: "old", labels: [Label("x", "\"\n\\")], value: -0.0)]
            ),
            MetricFamily(name: "empty"),
            MetricFamily(
                name: "a.b", type: .gauge, samples: [Sample(name: "a.b", labels: [Label("c d", "é")], value: 1)]),
        ]
        let text = """
            # TYPE wait_seconds histogram
            # UNIT wait_seconds seconds
            # HELP wait_seconds a\\\\b\\n\\"c\\"
            wait_seconds_bucket{le="1.0"} 2
            wait_seconds_bucket{le="+Inf"} 3 # {} 7.5 12.03
            # TYPE old unknown
            old{x="\\"\\n\\\\"} -0.0
            # TYPE "a.b" gauge
            {"a.b","c d"="é"} 1
            # EOF

            """
        #expect(String(decoding: OpenMetricsWriter.write(families), as: UTF8.self) == text)
    }

    @Test func exemplarWithNull_IsLeftOut() {
        var sample = Sample(name: "a_total", value: 1)
        sample.exemplar = Exemplar(labels: [Label("b", "\u{0}")], value: 1)
        let bytes = OpenMetricsWriter.write([MetricFamily(name: "a", type: .counter, samples: [sample])])
        #expect(String(decoding: bytes, as: UTF8.self) == "# TYPE a counter\na_total 1\n# EOF\n")
    }

    @Test func quotedNames_AreReadAgainByTheLenientMode() {
        let samples = [Sample(name: "a.\"b\"", labels: [Label("c\n", "d")], value: 1)]
        let families = [MetricFamily(name: "a.\"b\"", type: .gauge, help: "x", samples: samples)]
        let (found, findings) = parseOpenMetrics(OpenMetricsWriter.write(families), mode: .lenient)
        #expect(found == families && findings.isEmpty)
    }

    @Test(
        arguments: [
            (0, "0.0"), (-0.0, "-0.0"), (0.001, "0.001"), (0.01, "0.01"), (0.9, "0.9"), (0.999, "0.999"), (1, "1.0"),
            (1.7, "1.7"),
            (10, "10.0"), (1e-10, "1e-10"), (1e-09, "1e-09"), (1e-05, "1e-05"), (0.0001, "0.0001"),
            (100_000, "100000.0"),
            (1e+06, "1e+06"), (1e+10, "1e+10"), (1e+23, "1e+23"), (1.1e+23, "1.1e+23"), (123_456, "123456.0"),
            (123_456.5, "123456.5"), (1_234_567, "1.234567e+06"), (-2.5, "-2.5"), (-1e6, "-1e+06"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (.leastNonzeroMagnitude, "5e-324"), (1e300, "1e+300"),
        ] as [(Double, String)])
    func boundsAndQuantiles_AreWrittenAsGoWritesThem(value: Double, text: String) {
        #expect(OpenMetricsNumberText.canonical(value) == text)
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0.0"), (17, "17"), (-3, "-3"), (0.1, "0.1"), (.leastNonzeroMagnitude, "5e-324"),
            (.nan, "NaN"),
            (-.infinity, "-Inf"), (9_007_199_254_740_992, "9007199254740992.0"),
            (9_007_199_254_740_994, "9.007199254740994e+15"), (1e16, "1e+16"),
            (999_999_999_999_999, "999999999999999"),
        ] as [(Double, String)])
    func values_AreWrittenShortAndExact(value: Double, text: String) {
        #expect(OpenMetricsNumberText.value(value) == text)
        #expect(Double(text)?.bitPattern == value.bitPattern)
    }

    @Test(
        arguments: [
            (0, 0, "0"), (5, 0, "5"), (-5, 0, "-5"), (1, 500_000_000, "1.5"), (-2, 500_000_000, "-1.5"),
            (-1, 999_999_999, "-0.000000001"),
            (1_700_000_000, 1, "1700000000.000000001"), (.max, 0, "9223372036854775807"),
            (.min, 0, "-9223372036854775808"),
            (.min, 1, "-9223372036854775807.999999999"), (0, -7, "0"), (0, .max, "0.999999999"),
        ] as [(Int64, Int32, String)])
    func timestamps_AreWrittenToTheNanosecond(seconds: Int64, nanoseconds: Int32, text: String) {
        #expect(OpenMetricsNumberText.timestamp(Timestamp(seconds: seconds, nanoseconds: nanoseconds)) == text)
    }
}
