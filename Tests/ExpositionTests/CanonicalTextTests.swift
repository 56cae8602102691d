import Testing

@testable import Exposition

/// What is canonical, and what is not, rule by rule.
@Suite struct CanonicalTextTests {
    @Test(arguments: [
        // Bodies and lines.
        "",
        "a 1\n",
        "a 1\nb 1\n",
        // Names.
        "A_z:9 1\n", ":a 1\n", "_ 1\n", "a{_b9=\"c\"} 1\n",
        // HELP and TYPE.
        "# HELP a b\n", "# TYPE a gauge\n", "# HELP a \na 1\n", "# HELP a b\n# TYPE a gauge\na 1\n",
        "# TYPE a gauge\n# HELP a b\na 1\n", "# TYPE a counter\n", "# TYPE a histogram\n", "# TYPE a summary\n",
        "# TYPE a untyped\n", "# TYPE a gauge\n# TYPE b gauge\nb 1\n",
        "# HELP a  b \n", "# HELP a \t\n", "# HELP a \"\0\u{1}\u{7F}é€😀\n", "# HELP a b\rc\n",
        #"# HELP a \\ \n \\n"# + "\n", "# HELP a # TYPE a gauge\n",
        // Families and their samples.
        "# TYPE a histogram\na 1\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 1\na 2\n",
        "# TYPE a summary\na_sum 1\na_bucket 1\n", "# TYPE a gauge\na 1\na_sum 1\na_count 1\na_bucket 1\n",
        "# TYPE a histogram\na_count 1\n# TYPE a_counts gauge\na_counts 1\n", "a_sum 1\na_count 1\n# TYPE a gauge\n",
        "a_sum 1\n# HELP a b\na 1\n", "a_bucket 1\n# TYPE a summary\na_sum 1\n", "_sum 1\n_count 1\n",
        // Labels.
        "a{} 1\n", "a{ } 1\n", "a{b=\"c\",} 1\n", "a{\tb = \"c\" , d\t=\t\"e\"\t}\t1\n", "a{b=\"c\"}1\n", "a{}1\n",
        "a {b=\"c\"} 1\n", "a \t{}1\n",
        #"a{b="\\\"\n"} 1"# + "\n", "a{b=\"\0\u{1}\r\u{7F}é€😀 },=#\"} 1\n", "a{b=\"\"} 1\n", "a{b=\"c\",B=\"c\"} 1\n",
        "a{__name=\"c\",__name___=\"c\"} 1\n", "a{le=\"x\",quantile=\"x\"} 1\n",
        // Borders of buckets and quantiles.
        "# TYPE a histogram\na_bucket{le=\"+Inf\",quantile=\"x\"} 1\n", "# TYPE a histogram\na_bucket 1\n",
        "# TYPE a summary\na{quantile=\"NaN\",le=\"x\"} 1\n", "# TYPE a summary\na{quantile=\"-1e-9\"} 1\n",
        "# TYPE a histogram\na_sum -1\na -1\n", "# TYPE a histogram\na_count -0\na_bucket{le=\"1\"} -1e-400\n",
        "# TYPE a summary\na_count -1\n",
        // Blanks in front of the value.
        "a\t1\n", "a \t 1\n", "a{} \t1\n",
        // Timestamps.
        "a 1 0\n", "a 1 9223372036854775807\n", "a 1 0000000000000000000000001\n", "a 1\t \t5\n",
        // One series at several times.
        "a 1 5\na 1 6\n", "a 1\na 1 5\n", "a 1 5\na 1\n", "a 1 5\na 1\na 1 6\n", "a 1 0\na 1 50\na 1 500\n",
        // Different series.
        "a 1\na{b=\"c\"} 1\na{b=\"d\"} 1\na{c=\"c\"} 1\n", "a{le=\"1\"} 1\na{le=\"1.1\"} 1\na{quantile=\"1\"} 1\n",
        "a{b=\"1\"} 1\na{b=\"1.0\"} 1\n", "a{le=\"1\"} 1\na{le=\"-1\"} 1\na{le=\"1x\"} 1\na{le=\"1\\n\"} 1\n",
        "a{b=\"c\",d=\"e\"} 1\na{b=\"e\",d=\"c\"} 1\n", "a{bc=\"d\"} 1\na{b=\"cd\"} 1\n",
    ])
    func text_IsCanonical(_ text: String) {
        #expect(indexed(text) != nil)
        #expect(CanonicalReference(Array(text.utf8)) != nil, "the reference")
    }

    @Test(arguments: [
        // Bodies and lines.
        "\n", "a 1", "a 1\n\n", "\na 1\n", "a 1\nb", " a 1\n", "\ta 1\n", "a 1 \n", "a 1\t\n", "a 1\r\n", "a 1 5 \n",
        "\u{FEFF}a 1\n", "\0\n", "\0a 1\n", "a 1\n\0\n", "<html>\n", "a\n", "a \n", "a", " ", "{\n", "}\n", "#\n",
        "# \n",
        "# c\n", "# EOF\n", "# UNIT a b\n", "#HELP a b\n", "# a HELP b\n", "a 1 # {} 1\n",
        // Names.
        "1a 1\n", "a-b 1\n", "a.b 1\n", "é 1\n", "a\0 1\n", "{a=\"b\"} 1\n", "\"a\" 1\n", "{\"a\"} 1\n",
        "a{1b=\"c\"} 1\n", "a{b:c=\"d\"} 1\n", "a{b-c=\"d\"} 1\n", "a{=\"c\"} 1\n", "a{\"b\"=\"c\"} 1\n",
        "a{__name__=\"c\"} 1\n",
        // HELP and TYPE.
        "# HELP\n", "# HELP \n", "# HELP a\n", "# TYPE\n", "# TYPE a\n", "# TYPE a \n", "#  HELP a b\n",
        "#\tHELP a b\n",
        "# HELP\ta b\n", "# HELP  a b\n", "# HELP a\tb\n", "# TYPE  a gauge\n", "# TYPE a  gauge\n",
        "# TYPE a\tgauge\n",
        "# TYPE a gauge \n", "# TYPE a gauge\r\n", "# HELP a b\r\n", "# HELP a \r\n", "# TYPE a GAUGE\n",
        "# TYPE a gauges\n",
        "# TYPE a gaug\n", "# TYPE a unknown\n", "# TYPE a info\n", "# TYPE a stateset\n", "# TYPE a gaugehistogram\n",
        "# TYPE 1a gauge\n", "# HELP 1a b\n", "# HELP a-b c\n", "# help a b\n", "# Type a gauge\n", " # HELP a b\n",
        #"# HELP a \q"# + "\n", #"# HELP a \""# + "\n", "# HELP a \\\n", "# HELP a b\\\n", "# HELP\n HELP a b\n",
        "# T\nPE a gauge\n",
        "# HELP a b\n# HELP a b\n", "# TYPE a gauge\n# TYPE a gauge\n", "# HELP a b\n# TYPE a gauge\n# HELP a b\n",
        "a 1\n# TYPE a gauge\n", "a 1\n# HELP a b\n", "# TYPE a gauge\na 1\n# HELP a b\n",
        // Families in two places.
        "a 1\nb 1\na{c=\"d\"} 1\n", "# TYPE a gauge\n# TYPE b gauge\n# HELP a b\n", "# HELP a b\nb 1\na 1\n",
        // Names that belong to a histogram or summary.
        "# TYPE a summary\na_sum 1\n# TYPE a_sum gauge\n", "# TYPE a summary\n# HELP a_count b\n",
        "# TYPE a histogram\nb 1\na_bucket 1\n", "# TYPE a histogram\na 1\nb 1\na_count 1\n",
        "a_count 1\n# TYPE a summary\n",
        "a_sum 1\n# HELP a b\n# TYPE a histogram\n", "a_bucket 1\n# TYPE a histogram\n",
        "# TYPE a_sum summary\n# TYPE a summary\n",
        "# TYPE a summary\nb 1\na_sum 1\n",
        // Labels.
        "a{,} 1\n", "a{,b=\"c\"} 1\n", "a{b=\"c\",,} 1\n", "a{b=\"c\" d=\"e\"} 1\n", "a{b=\"c\"d=\"e\"} 1\n",
        "a{b} 1\n", "a{b=} 1\n",
        "a{b=c} 1\n", "a{b=\"c\n", "a{b=\"c\"\n", "a{b=\"c\",\n", "a{b=\n", "a{b\n", "a{\n", "a{b=\"c\" 1\n",
        "a{b=\"c} 1\n",
        "a{b='c'} 1\n", "a{b=\"c\"\0} 1\n", "a{b=\"c\",b=\"c\"} 1\n", "a{b=\"c\",d=\"e\",b=\"f\"} 1\n",
        "a{b=\"\",b=\"c\"} 1\n",
        #"a{b="\q"} 1"# + "\n", #"a{b="\t"} 1"# + "\n", "a{b=\"\\\n\"} 1\n", "a{b=\"\\\n", "a{b=\"c\nd\"} 1\n",
        #"a{b="\"} 1"# + "\n",
        // Borders of buckets and quantiles, also where the line before had them in another family.
        "# TYPE a histogram\na_bucket{le=\"x\"} 1\n", "# TYPE a histogram\na_bucket{le=\"\"} 1\n",
        "# TYPE a histogram\na{le=\"x\"} 1\n",
        "# TYPE a summary\na{quantile=\"x\"} 1\n", "# TYPE a summary\na_sum{quantile=\"\"} 1\n",
        "# TYPE a summary\na{quantile=\"1e400\"} 1\n",
        "b{le=\"x\"} 1\n# TYPE a histogram\na{le=\"x\"} 1\n",
        "# TYPE a histogram\na{quantile=\"x\"} 1\n# TYPE b summary\nb{quantile=\"x\"} 1\n",
        "# TYPE a histogram\na_count -1\n", "# TYPE a histogram\na_bucket{le=\"1\"} -Inf\n",
        "# TYPE a histogram\na_bucket -1e-9\n",
        // Values; more of them in the tests of FloatText.
        "a 1.2.3\n", "a 0x1\n", "a 1_0\n", "a 1e400\n", "a --1\n", "a +NaN\n", "a 1e\n", "a .\n", "a +\n", "a one\n",
        "a 1\0\n", "a 1\u{B}\n",
        "a1\n", "a{b=\"c\"}\n", "a 1,0\n", "a 1 5 6\n",
        // Timestamps.
        "a 1 -1\n", "a 1 +1\n", "a 1 1.0\n", "a 1 1e3\n", "a 1 9223372036854775808\n", "a 1 18446744073709551617\n",
        "a 1 x\n",
        "a 1 99999999999999999999999999\n", "a 1 5\r\n", "a 1 5x\n",
        // The same series twice.
        "a 1\na 2\n", "a 1\na{} 2\n", "a 1\na{b=\"\"} 2\n", "a{b=\"c\",d=\"e\"} 1\na{d=\"e\",b=\"c\"} 1\n",
        "a{b=\"c\"} 1\na{b = \"c\", } 1\n",
        "a{b=\"c\"} 1\na{b=\"c\",d=\"\"} 1\n", "a 1 5\na 2 5\n", "a 1 5\na 1 05\n", "a 1 0\na 1 00\n",
        "a 1\na 1 5\na 1\n", "a 1 5\na 1\na 1\n",
        "a 1 5\na 1\na 1 5\n", "a 1 5\na 1 6\na 1 5\n",
        "a{le=\"1\"} 1\na{le=\"1.0\"} 1\n", "a{le=\"100\"} 1\na{le=\"1e+02\"} 1\n",
        "a{le=\"+Inf\"} 1\na{le=\"inf\"} 1\n",
        "a{le=\"-1\"} 1\na{le=\"-1.0\"} 1\n", "a{le=\"+1\"} 1\na{le=\"1\"} 1\n", "a{le=\"-0\"} 1\na{le=\"0\"} 1\n",
        "a{quantile=\"0.5\"} 1\na{quantile=\".50\"} 1\n", "a{le=\"0.1\"} 1\na{le=\"0.1000000000000000055511\"} 1\n",
        "a{quantile=\"NaN\"} 1\na{quantile=\"nan\"} 1\n",
    ])
    func text_IsNotCanonical(_ text: String) {
        #expect(indexed(text) == nil)
        #expect(CanonicalReference(Array(text.utf8)) == nil, "the reference")
    }

    /// Unicode 16, table 3-7: each row's first and last, and what lies next to them.
    @Test(
        arguments: [
            ([0xC2, 0x80], true), ([0xDF, 0xBF], true), ([0xE0, 0xA0, 0x80], true), ([0xED, 0x9F, 0xBF], true),
            ([0xEE, 0x80, 0x80], true), ([0xEF, 0xBF, 0xBF], true), ([0xF0, 0x90, 0x80, 0x80], true),
            ([0xF3, 0xBF, 0xBF, 0xBF], true), ([0xF4, 0x8F, 0xBF, 0xBF], true),
            ([0x80], false), ([0xBF], false), ([0xC1, 0xBF], false), ([0xC0, 0x80], false),
            ([0xE0, 0x9F, 0xBF], false),
            ([0xED, 0xA0, 0x80], false), ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF4, 0x90, 0x80, 0x80], false),
            ([0xF5, 0x80, 0x80, 0x80], false), ([0xFF], false), ([0xC2], false), ([0xC2, 0xC2], false),
            ([0xE1, 0x80], false),
            ([0xE1, 0x41, 0x80], false), ([0xF1, 0x80, 0x80], false), ([0xF1, 0x80, 0x41, 0x80], false),
            ([0xF1], false),
        ] as [([UInt8], Bool)])
    func utf8_IsChecked(_ bytes: [UInt8], isValid: Bool) {
        #expect((indexed("a{b=\"".utf8 + bytes + "\"} 1\n".utf8) != nil) == isValid, "in a label")
        #expect((indexed("# HELP a ".utf8 + bytes + "\n".utf8) != nil) == isValid, "in HELP")
        #expect(indexed("a{b=\"".utf8 + bytes + "\n".utf8) == nil, "cut in a label")
        for cut in 1..<max(1, bytes.count) {
            #expect(indexed("a{b=\"".utf8 + bytes.prefix(cut) + "\n".utf8) == nil, "cut in a character")
            #expect(indexed("# HELP a ".utf8 + bytes.prefix(cut) + "\n".utf8) == nil, "cut in a character of HELP")
        }
    }

    /// Every byte where it is not looked for.
    @Test(arguments: 0...255 as ClosedRange<UInt8>)
    func strayByte_IsTakenWhereTheReferenceTakesIt(_ byte: UInt8) {
        for (before, after) in [
            ("", " 1\n"), ("a", " 1\n"), ("a{", "=\"c\"} 1\n"), ("a{b", "=\"c\"} 1\n"), ("a{b=", "\"c\"} 1\n"),
            ("a{b=\"", "\"} 1\n"),
            ("a{b=\"c", "\"} 1\n"), ("a{b=\"\\", "\"} 1\n"), ("a{b=\"c\"", "} 1\n"), ("a{b=\"c\"}", " 1\n"),
            ("a ", "\n"), ("a 1", "\n"),
            ("a 1 ", "\n"), ("a 1 5", "\n"), ("#", "HELP a b\n"), ("# HELP", "a b\n"), ("# HELP a", "b\n"),
            ("# HELP a b", "\n"),
            ("# HELP a \\", "\n"), ("# TYPE a gauge", "\n"), ("# HEL", " a b\n"), ("# ", "YPE a gauge\n"),
            ("a 1\n", ""), ("", ""),
        ] {
            let body = Array(before.utf8) + [byte] + Array(after.utf8)
            #expect((indexed(body) != nil) == (CanonicalReference(body) != nil), "\(before)[]\(after)")
        }
    }

    @Test func everyPrefix_IsTakenWhereTheReferenceTakesIt() {
        let body = Array(
            """
            # HELP a é\\n€😀
            # TYPE a histogram
            a_bucket{b="é\\"€\\\\😀",le="1"} 1 5
            a_bucket{b="é\\"€\\\\😀",le="+Inf"} 1e3 5
            a_sum 1.5
            # TYPE b gauge
            b{ c = "d" , } NaN

            """.utf8)
        for count in 0...body.count {
            let cut = Array(body.prefix(count))
            #expect((indexed(cut) != nil) == (CanonicalReference(cut) != nil), "\(count) bytes")
            #expect(
                (indexed(cut + [0x0A]) != nil) == (CanonicalReference(cut + [0x0A]) != nil),
                "\(count) bytes and a line feed")
        }
    }
}
