import Exposition
import Testing

struct TextModelTests {
    @Test(
        arguments: [
            (0.0, "0"), (-0.0, "-0.0"), (1, "1"), (-1.5, "-1.5"), (.leastNonzeroMagnitude, "5e-324"),
            (0x1p53, "9007199254740992"),
            (0x1p53 - 1, "9007199254740991"), (0x1p53 + 2, "9007199254740994"), (.nan, "NaN"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (1e300, "1e+300"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
            (0.1, "0.1"),
        ] as [(Double, String)])
    func number_IsWrittenSoThatItIsReadAgain(value: Double, wanted: String) {
        let family = MetricFamily(name: "a", samples: [Sample(name: "a", value: value)])
        let text = TextWriter.write([family])
        #expect(parse(text).families == [family])
        #expect(Double(wanted)?.bitPattern == value.bitPattern || value.isNaN || value.isInfinite)
        #expect(repair(text).findings.isEmpty)
    }

    /// 2^53 + 1 is no 64-bit float: both readers round it to even.
    @Test(
        arguments: [
            ("9007199254740991", 0x1p53 - 1), ("9007199254740993", 0x1p53), ("9007199254740995", 0x1p53 + 4), ("08", 8),
            ("2e-324", 0), ("1e-99999999999999999999", 0), ("179769313486231570e291", .greatestFiniteMagnitude),
            ("0.30000000000000004", 0.1 + 0.2), ("123456789012345678901234567890", 1.2345678901234568e29),
            ("+.5e+3", 500),
        ] as [(String, Double)])
    func number_IsReadExactly(text: String, value: Double) {
        #expect(parse(Array("a \(text)\n".utf8)).families.first?.samples.first?.value == value)
    }

    @Test func textBecomesModelAndTextAgain() {
        let text = """
            # HELP a two\\nlines \\\\ "q"
            # TYPE a summary
            a{quantile="0.5",b="c\\nd\\"\\\\"} 1.5 1234
            a_count 3
            # TYPE b counter
            # HELP c\u{20}
            c 1

            """
        let families = parse(Array(text.utf8)).families
        #expect(families.map(\.name) == ["a", "b", "c"])
        #expect(families[0].help == "two\nlines \\ \"q\"")
        #expect(families[0].samples[0].labels == [Label("quantile", "0.5"), Label("b", "c\nd\"\\")])
        #expect(families[0].samples[0].timestamp == Timestamp(seconds: 1, nanoseconds: 234_000_000))
        #expect(families[2].help == "" && families[2].type == nil && families[1].type == .counter)
        #expect(String(decoding: TextWriter.write(families), as: UTF8.self) == text)
    }

    @Test func lenientReading_KeepsWhatOneReaderTakes() {
        let text = "# TYPE \"a.b\" info\n{\"a.b\",\"c d\"=\"e\"} 1 -1500\n# TYPE h histogram\nh_bucket{le=\"x\"} -1\n"
        let families = parse(Array(text.utf8)).families
        #expect(families.map(\.name) == ["a.b", "h"] && families[0].type == .info)
        #expect(families[0].samples[0].labels == [Label("c d", "e")])
        #expect(families[0].samples[0].timestamp == Timestamp(seconds: -2, nanoseconds: 500_000_000))
        #expect(families[1].samples.count == 1)
        let written = String(decoding: TextWriter.write([families[0]]), as: UTF8.self)
        #expect(written == "# TYPE a_b gauge\na_b{c_d=\"e\"} 1\n")
    }
}
