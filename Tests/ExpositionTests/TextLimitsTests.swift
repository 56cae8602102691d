import Exposition
import Testing

/// Where a finding points, and what a source may say at most.
struct TextLimitsTests {
    @Test(arguments: [
        ("a 1\nb{c=\"d\",e-f=\"g\"} 1\n", 2, 10), ("a{b=\"c\"} x\n", 1, 10), ("a 1 2 3\n", 1, 7),
        ("a{b=\"\u{e9}\" 1\n", 1, 10),
        ("  x-y 1\n", 1, 4), ("# TYPE a-b gauge\n", 1, 9), ("# TYPE a banana\n", 1, 10), ("a 1\n\u{0}\n", 2, 1),
        ("a 1 x\u{0}\n", 1, 6), ("é 1\n", 1, 1), ("a{é=\"b\"} 1\n", 1, 3), ("a{b=\"c\",b=\"d\"} 1\n", 1, 9),
    ])
    func finding_PointsAtTheByte(text: String, line: Int, column: Int) {
        let finding = repair(text).findings.last { $0.reason.outcome == .dropped }
        #expect(finding?.line == line && finding?.column == column, "\(finding.debugDescription)")
    }

    @Test(
        arguments: [
            ([0x61, 0xFF, 0x1B, 0x09, 0x22], #"a\xff\x1b\t""#), (Array("é\u{202E}\u{85}x".utf8), "é\\u{202e}\\u{85}x"),
            (Array(repeating: 0x78, count: 201), String(repeating: "x", count: 200) + "…"),
            (Array(repeating: 0x78, count: 199) + Array("éé".utf8), String(repeating: "x", count: 199) + "…"),
            ([0xC3], "\\xc3"), ([0xF0, 0x9F, 0x98], "\\xf0\\x9f\\x98"),
        ] as [([UInt8], String)])
    func line_IsShownSafely(line: [UInt8], wanted: String) {
        #expect(repair(line).findings.first?.text == wanted)
    }

    @Test func findings_AreTheFirstOnesAndCountsAreAll() {
        let text = "# TYPE a counter\na_total 1\n" + String(repeating: "bad\n", count: 9)
        let result = repair(text, findingsMax: 3)
        #expect(result.findings.map(\.line) == [1, 3, 4])
        #expect(result.counts[.missingValue] == 9 && result.counts[.familyWithoutSuffix] == 1)
        #expect(repair(text, findingsMax: 0).findings.isEmpty && repair(text, findingsMax: -1).counts.count == 2)
    }

    @Test func linesOverALimit_AreDropped() {
        var limits = ExpositionLimits.none
        (limits.labels, limits.nameBytes, limits.valueBytes) = (2, 3, 4)
        let text =
            "abc{a=\"1234\",b=\"\\\"\\\"\"} 1\nabcd 1\na{b=\"12345\"} 1\na{b=\"\",c=\"\",d=\"\"} 1\na{abcd=\"\"} 1\n# TYPE abcd gauge\n"
        let result = repair(text, limits: limits)
        let codes = ["name_too_long", "value_too_long", "too_many_labels", "name_too_long", "name_too_long"]
        #expect(result.findings.map(\.reason.code) == codes)
        #expect(result.bytes == Array("abc{a=\"1234\",b=\"\\\"\\\"\"} 1\n".utf8))
    }

    @Test(
        arguments: [
            (\ExpositionLimits.bytes, 8, "a 1\nb 1\n", "a 1\nb 1\n\n", Reason.tooManyBytes),
            (\.series, 2, "a 1\na 2 5\nb 1\n", "a 1\nb 1\nc 1\n", .tooManySeries),
            (
                \.families, 2, "# TYPE a counter\na_total 1\n# TYPE b counter\nb_total 1\n", "a 1\nb 1\nc 1\n",
                .tooManyFamilies
            ),
        ] as [(WritableKeyPath<ExpositionLimits, Int> & Sendable, Int, String, String, Reason)])
    func textOverALimit_IsRefusedWhole(
        limit: WritableKeyPath<ExpositionLimits, Int> & Sendable, max: Int, within: String, over: String, reason: Reason
    ) {
        var limits = ExpositionLimits.none
        limits[keyPath: limit] = max
        #expect(repair(within, limits: limits).isOverLimit == nil)
        let result = repair(over, limits: limits)
        #expect(result.isOverLimit == reason && result.bytes.isEmpty && result.samples == 0)
    }

    /// Each would take minutes if it were quadratic.
    @Test(arguments: [
        String(repeating: "m{a=\"x\n", count: 20_000), "m{a=\"x\n" + String(repeating: "y\\\"\n", count: 20_000),
        "m{" + (0..<20_000).map { "a\($0 * 7919 % 20_000)=\"\"" }.joined(separator: ",") + "} 1\n",
        "# HELP a " + String(repeating: "x", count: 200_000) + "\n" + String(repeating: "# HELP a y\n", count: 20_000),
        "m{a=\"" + String(repeating: "\\q", count: 50_000) + "\"} 1\n", String(repeating: "\u{FEFF}", count: 50_000),
        (0..<20_000).map { "m\($0 % 5_000){a=\"\($0)\"} 1\n" }.joined(),
        (0..<2_000).map { "# TYPE a" + String(repeating: "_sum", count: $0 % 500) + " summary\n" }.joined(),
    ])
    func work_GrowsWithTheText(text: String) {
        let duration = ContinuousClock().measure { _ = repair(text, findingsMax: 10) }
        #expect(duration < .seconds(20))
    }
}
