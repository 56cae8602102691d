import Testing

@testable import Exposition

/// Where findings point, and what the model keeps.
struct OpenMetricsPositionTests {
    @Test(arguments: [
        ("a 1\nb{c=\"d\",c=\"e\"} 1\n# EOF\n", 2, 9, "b{c=\"d\",c=\"e\"} 1"),
        ("a 1 x\n# EOF\n", 1, 5, "a 1 x"),
        ("a{b=\"c\"} 1_0\n# EOF\n", 1, 10, "a{b=\"c\"} 1_0"),
        ("# TYPE a apple\n# EOF\n", 1, 10, "# TYPE a apple"),
        ("# UNIT a_b c\n# EOF\n", 1, 12, "# UNIT a_b c"),
        ("a 1\n", 1, 4, "a 1"),
        ("", 1, 1, ""),
        ("# TYPE a counter\na_total 1 # {} x\n# EOF\n", 2, 16, "a_total 1 # {} x"),
        ("# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\nb 1\n# EOF\n", 2, 1, "a_bucket{le=\"1\"} 1"),
        ("\u{9B}1 1\n# EOF\n", 1, 1, "\\xc2\\x9b1 1"),
        ("a{b=\"\u{1B}[1m\t\"} 1 \n# EOF\n", 1, 15, "a{b=\"\\x1b[1m\\x09\"} 1 "),
    ])
    func finding_PointsAtTheFault(body: String, line: Int, column: Int, text: String) {
        let found = parseOpenMetrics(body.utf8).findings
        #expect(found.count == 1)
        #expect(found.first?.line == line)
        #expect(found.first?.column == column)
        #expect(found.first?.text == text)
    }

    @Test(
        arguments: [
            ([0xFF], 6), ([0xC3], 6), ([0xC0, 0x80], 6), ([0xED, 0xA0, 0x80], 6), ([0xF4, 0x90, 0x80, 0x80], 6),
            ([0xE2, 0x82], 6), ([0x61, 0xF0, 0x9F, 0x98], 7), ([0xC3, 0xA9, 0x80], 8),
            ([0xF8, 0x88, 0x80, 0x80, 0x80], 6),
        ] as [([UInt8], Int)])
    func brokenUTF8_IsFoundAtItsFirstByte(bytes: [UInt8], column: Int) {
        let value = parseOpenMetrics(Array("a{b=\"".utf8) + bytes + Array("\"} 1\n# EOF\n".utf8)).findings
        #expect(value.map(\.reason) == [.OpenMetrics.invalidUTF8])
        #expect(value.first?.column == column)
    }

    @Test func everyBrokenLine_IsFoundAndTheOthersAreKept() {
        let body = "# TYPE a gauge\na{x=\"1\"} 1\na{x=2} 2\na{x=\"3\"} three\n\na{x=\"4\"} 4 \na{x=\"5\"} 5\n# end\n"
        let (families, findings) = parseOpenMetrics(body.utf8)
        #expect(findings.map(\.line) == [3, 4, 5, 6, 8, 8])
        #expect(families.map(\.name) == ["a"])
        #expect(families.first?.samples.map(\.value) == [1, 5])
    }

    @Test func lostLine_DoesNotMakeItsMetricIncomplete() {
        let body = "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} x\na_sum 1\na_count 1\n# EOF\n"
        #expect(parseOpenMetrics(body.utf8).findings.map(\.reason) == [.OpenMetrics.value])
    }

    @Test func splitFamily_IsOneFamilyInTheModel() {
        let body = "# TYPE a counter\na_total{x=\"1\"} 1\nb 1\na_total{x=\"2\"} 2\nb 2\n"
        #expect(parseOpenMetrics(body.utf8).families.map(\.samples.count) == [2, 2])
        #expect(parseOpenMetrics((body + "# EOF\n").utf8, mode: .lenient).families.map(\.samples.count) == [2, 2])
        #expect(parseOpenMetrics((body + "# EOF\n").utf8, mode: .lenient).findings.isEmpty)
    }

    @Test func findings_AreBounded() {
        let body = Array(String(repeating: "?\n", count: 1000).utf8)
        let findings = body.withUnsafeBytes { OpenMetricsParser.parse($0, findingsMax: 10).findings }
        #expect(findings.count == 10)
    }

    @Test func excerpt_IsCutAt200Bytes() {
        let body = "a{b=\"" + String(repeating: "é", count: 300) + "\"} x\n# EOF\n"
        let text = parseOpenMetrics(body.utf8).findings.first?.text
        #expect(text == "a{b=\"" + String(repeating: "é", count: 97))
    }

    @Test func model_HasWhatTheBodySays() throws {
        let body = """
            # TYPE wait_seconds histogram
            # UNIT wait_seconds seconds
            # HELP wait_seconds How \\"long\\"\\nit takes.
            wait_seconds_bucket{q="a\\\\b",le="0.5"} 1 -0.25 # {id="7"} 0.25 1700000000.000000001
            wait_seconds_bucket{q="a\\\\b",le="+Inf"} 2 -0.25
            # EOF

            """
        let (families, findings) = parseOpenMetrics(body.utf8)
        #expect(findings.isEmpty)
        let labels = [Label("q", "a\\b"), Label("le", "0.5")]
        let time = Timestamp(seconds: -1, nanoseconds: 750_000_000)
        let exemplar = Exemplar(
            labels: [Label("id", "7")], value: 0.25, timestamp: Timestamp(seconds: 1_700_000_000, nanoseconds: 1))
        let samples = [
            Sample(name: "wait_seconds_bucket", labels: labels, value: 1, timestamp: time, exemplar: exemplar),
            Sample(
                name: "wait_seconds_bucket", labels: [Label("q", "a\\b"), Label("le", "+Inf")], value: 2,
                timestamp: time),
        ]
        let family = MetricFamily(
            name: "wait_seconds", type: .histogram, help: "How \"long\"\nit takes.", unit: "seconds", samples: samples)
        #expect(families == [family])
    }

    @Test(
        arguments: [
            ("0", 0, 0), ("-0", 0, 0), ("000", 0, 0), ("1.5", 1, 500_000_000), ("-1.5", -2, 500_000_000), ("-1", -1, 0),
            ("1.000000001", 1, 1), ("-0.000000001", -1, 999_999_999), ("1.0000000019", 1, 1), ("1.5e3", 1500, 0),
            ("15e-1", 1, 500_000_000), ("1e-9", 0, 1), ("1e-10", 0, 0), ("1e-999999999999", 0, 0),
            ("0e999999999999", 0, 0),
            ("1234567890123456789e-9", 1_234_567_890, 123_456_789), ("9223372036854775807", .max, 0),
            ("9223372036854775808", .max, 0), ("1e300", .max, 0), ("-1e300", -.max, 0), (".5", 0, 500_000_000),
            ("7.", 7, 0),
            ("999999999999999999.999999999", 999_999_999_999_999_999, 999_999_999),
            ("1000000000000000000", 1_000_000_000_000_000_000, 0),
        ] as [(String, Int64, Int32)])
    func timestamp_IsReadToTheNanosecond(text: String, seconds: Int64, nanoseconds: Int32) {
        let sample = parseOpenMetrics("a 1 \(text)\n# EOF\n".utf8).families.first?.samples.first
        #expect(sample?.timestamp == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(arguments: [
        "0", "-0", "1", "1e22", "1e23", "123456789012345", "1234567890123456", "9007199254740993", "0.1", "5e-324",
        "2e-324",
        "1.7976931348623157e308", "2.2250738585072011e-308", "1e-22", "1e-23", "123456.789e3", "000000000000000000001",
        "1e-400",
    ])
    func value_IsTheNearestDouble(text: String) {
        let value = parseOpenMetrics("a \(text)\n# EOF\n".utf8).families.first?.samples.first?.value
        #expect(value?.bitPattern == Double(text)?.bitPattern)
    }
}
