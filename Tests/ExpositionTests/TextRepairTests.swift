import Exposition
import Testing

/// One line for each kind of badness: what comes in, what is found (codes in order), what goes out.
struct TextRepairTests {
    @Test(
        arguments: [
            // Canonical text.
            ("", [], ""),
            ("a 1\n", [], "a 1\n"),
            ("# HELP a x\n# TYPE a gauge\na{b=\"c\",} 1 5\na{ b = \"d\" }1\n", [], nil),
            ("# HELP a \na 1\n", [], nil),
            ("# TYPE a counter\n", [], nil),
            ("a{b=\"\\\\\\\"\\n\"} 1\n", [], nil),
            ("x{} 1E3\ny +1\nz .5\nu 5.\nv infinity\nw nAn\n", [], nil),
            ("a{b=\"x\u{0}y\"} 1\n# HELP c x\u{0}y\n", [], nil),
            ("a 1 5\na 1 6\na 1\n", [], nil),
            // Lines as such.
            ("a 1", ["missing_newline"], "a 1\n"),
            ("\u{FEFF}a 1\n\u{FEFF}b 2\n", ["bom", "bom"], "a 1\nb 2\n"),
            ("a 1\r\n\r\n# TYPE b gauge\r\n", ["crlf", "crlf", "crlf"], "a 1\n# TYPE b gauge\n"),
            ("\n\na 1\n\n", [], "a 1\n"),
            ("# a comment\na 1\n#\n", [], "a 1\n"),
            ("a 1\n# EOF\nb 2\n", ["eof_marker"], "a 1\nb 2\n"),
            ("a 1\n# EOF", ["eof_marker", "missing_newline"], "a 1\n"),
            ("\ta 1\n", ["leading_blanks"], "a 1\n"),
            ("a 1 \n", ["trailing_blanks"], "a 1\n"),
            ("#  HELP  a \t x \n  #TYPE\ta\tgauge\n", ["odd_blanks", "odd_blanks"], "# HELP a x\n# TYPE a gauge\n"),
            ("# TYPE a  gauge \n", ["blanks_after_type", "blanks_before_type"], "# TYPE a gauge\n"),
            ("\u{0}a 1\nb 1\n", ["nul_byte"], "b 1\n"),
            (
                "a\u{0} 1\na 1\u{0}\na 1 5\u{0}\na{b\u{0}=\"c\"} 1\nb 1\n", Array(repeating: "nul_byte", count: 4),
                "b 1\n"
            ),
            ("# \u{0}c\na 1\n", ["nul_in_comment"], "a 1\n"),
            ("<html>\n<p>no</p>\na 1\n", ["html", "html"], "a 1\n"),
            // HELP and TYPE.
            ("# HELP \na 1\n", ["metadata_without_name"], "a 1\n"),
            ("# TYPE met-ric gauge\n# HELP 9 x\n", ["bad_metadata_name", "bad_metadata_name"], ""),
            ("# HELP met-ric x\n", ["bad_help_name"], ""),
            ("# TYPE a GAUGE\n", ["type_case"], "# TYPE a gauge\n"),
            ("# TYPE a\na 1\n", ["empty_type"], "# TYPE a untyped\na 1\n"),
            ("# TYPE a \n# TYPE a gauge\na 1\n", ["empty_type"], "# TYPE a gauge\na 1\n"),
            ("# TYPE a unknown\na 1\n", ["openmetrics_type"], "# TYPE a untyped\na 1\n"),
            ("# TYPE a stateset\na{a=\"x\"} 1\n", ["openmetrics_type"], "# TYPE a gauge\na{a=\"x\"} 1\n"),
            (
                "# TYPE a info\na_info{b=\"c\"} 1\n", ["openmetrics_type", "family_without_suffix"],
                "# TYPE a_info gauge\na_info{b=\"c\"} 1\n"
            ),
            (
                "# TYPE a gaugehistogram\na_bucket{le=\"1\"} 1\na_gcount 1\n", ["openmetrics_type"],
                "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_gcount 1\n"
            ),
            ("# TYPE a banana\na 1\n", ["unknown_type"], "a 1\n"),
            ("# TYPE a gauge b\na 1\n", ["unknown_type"], "a 1\n"),
            ("# UNIT a seconds\na 1\n", ["unit_line"], "a 1\n"),
            ("# TYPE a gauge\n# TYPE a gauge\n", ["repeated_type"], "# TYPE a gauge\n"),
            ("# HELP a x\n# HELP a x\n", ["repeated_help"], "# HELP a x\n"),
            ("# TYPE a gauge\n# TYPE a counter\na 1\n", ["type_conflict"], "# TYPE a gauge\na 1\n"),
            ("# HELP a x\n# HELP a y\na 1\n", ["help_conflict"], "# HELP a x\na 1\n"),
            ("a 1\n# TYPE a gauge\n", ["type_after_samples"], "# TYPE a gauge\na 1\n"),
            ("a 1\n# HELP a x\n", ["help_after_samples"], "# HELP a x\na 1\n"),
            ("a{b=\"1\"} 1\nc 1\na{b=\"2\"} 2\n", ["split_family"], "a{b=\"1\"} 1\na{b=\"2\"} 2\nc 1\n"),
            ("# HELP a\na 1\n", ["help_without_text"], "# HELP a \na 1\n"),
            ("# HELP a\n# HELP a x\n", ["help_without_text"], "# HELP a x\n"),
            (#"# HELP a \q \"b\" \"# + "\n", ["help_escape"], #"# HELP a \\q "b" \\"# + "\n"),
            (
                "# TYPE a histogram\na_count 1\n# TYPE a_count counter\na_sum 1\n", ["suffix_taken"],
                "# TYPE a histogram\na_count 1\na_sum 1\n"
            ),
            (
                "# HELP a x\n# TYPE a counter\na_total 1\n", ["family_without_suffix"],
                "# HELP a_total x\n# TYPE a_total counter\na_total 1\n"
            ),
            ("# TYPE a counter\na 2\na_total 1\n", [], nil),
            // Samples.
            ("x-1\ny.5 7\n", ["missing_blank", "missing_blank"], "x -1\ny .5 7\n"),
            ("x-y 1\n9a 1\n@a 1\n", ["bad_name", "bad_name", "bad_name"], ""),
            ("{} 1\n{a=\"b\"} 1\n", ["missing_name", "missing_name"], ""),
            ("a\na{}\n", ["missing_value", "missing_value"], ""),
            ("words of no use\na 0x1\na 1_0\na 1p-3\na +NaN\n", Array(repeating: "bad_value", count: 5), ""),
            ("a 1e400\na -1e400\n", ["value_too_large", "value_too_large"], ""),
            ("a 1 1.5\na 1 9223372036854775808\na 1 x\n", Array(repeating: "bad_timestamp", count: 3), ""),
            ("a 1 -1\n", ["negative_timestamp"], ""),
            ("a 1 +5\nb 1 -0\n", ["timestamp_sign", "timestamp_sign"], "a 1 5\nb 1 0\n"),
            ("a 1 2 3\na 1 # x\n", ["text_after_sample", "text_after_sample"], ""),
            ("a 1 # {t=\"x\"} 0.5 7\na 2 7 # {} 1\n", ["exemplar", "exemplar"], "a 1\na 2 7\n"),
            ("a 1\na 2\n", ["duplicate_series"], "a 1\n"),
            ("a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\",} 1\n", ["duplicate_series"], "a{b=\"1\",c=\"2\"} 1\n"),
            ("a 1\na{x=\"\"} 2\n", ["duplicate_series"], "a 1\n"),
            ("a 1 5\na 2 05\n", ["duplicate_series"], "a 1 5\n"),
            ("a{le=\"1\"} 1\na{le=\"1.0\"} 2\n", ["duplicate_series"], "a{le=\"1\"} 1\n"),
            ("# TYPE a histogram\na_bucket{le=\"x\"} 1\n", ["bad_le"], "# TYPE a histogram\n"),
            ("# TYPE a summary\na{quantile=\"x\"} 1\n", ["bad_quantile"], "# TYPE a summary\n"),
            ("# TYPE a histogram\na_count -1\n", ["negative_count"], "# TYPE a histogram\n"),
            // Labels.
            (
                "a{,} 1\na{b=\"c\",,} 1\na{,b=\"c\"} 1\na{=\"c\"} 1\na{9=\"\"} 1\n",
                Array(repeating: "bad_label_name", count: 5), ""
            ),
            ("a{__name__=\"b\"} 1\n", ["reserved_label"], ""),
            ("a{b=\"c\",d=\"\",b=\"e\"} 1\n", ["duplicate_label"], ""),
            ("a{b-c=\"d\"} 1\na{b:c=\"d\"} 1\na{b} 1\n", Array(repeating: "missing_equals", count: 3), ""),
            ("a{b=c} 1\na{b='c'} 1\n", ["missing_quote", "missing_quote"], ""),
            ("a{b=\"c} 1\n", ["unterminated_label_value"], ""),
            ("a{b=\"c\"\na{\n", ["unterminated_labels", "unterminated_labels"], ""),
            ("a{b=\"c\"+} 1\n", ["bad_label_separator"], ""),
            ("a{b=\"c\" d=\"e\"f=\"g\"} 1\n", ["missing_comma"], "a{b=\"c\",d=\"e\",f=\"g\"} 1\n"),
            (#"a{b="\q\t\\"} 1"# + "\n", ["label_escape"], #"a{b="\\q\\t\\"} 1"# + "\n"),
            ("a{b=\"c\nd\"} 1\ne 1\n", ["raw_newline"], "a{b=\"c\\nd\"} 1\ne 1\n"),
            ("a{b=\"c\ne 1\n", ["unterminated_label_value"], "e 1\n"),
            (
                "a{b=\"c\n\nd\\\"\ne\",f=\"g\"} 1", ["raw_newline", "missing_newline"],
                "a{b=\"c\\n\\nd\\\"\\ne\",f=\"g\"} 1\n"
            ),
            ("a{b=\"c\n# x\nd\"} 1\n", ["unterminated_label_value", "bad_name"], ""),
            // Quoted names.
            (#"{"http.status",q="0.9"} 1"# + "\n", ["quoted_name"], "http_status{q=\"0.9\"} 1\n"),
            (#"{"a"} 1"# + "\n" + #"b{"c"="d"} 1"# + "\n", ["quoted_name", "quoted_name"], "a 1\nb{c=\"d\"} 1\n"),
            ("# TYPE \"a.b\" gauge\n{\"a.b\"} 1\n", ["quoted_name", "quoted_name"], "# TYPE a_b gauge\na_b 1\n"),
            (#"a{"b.c"="1","b-c"="2"} 1"# + "\n", ["quoted_name", "duplicate_label"], ""),
            (#"{"a","b"} 1"# + "\n", ["two_names"], ""),
            (#"{"9é:"} 1"# + "\n", ["quoted_name"], "__: 1\n"),
        ] as [(String, [String], String?)])
    func text_IsRepaired(text: String, codes: [String], wanted: String?) {
        let result = repair(text)
        #expect(result.findings.map(\.reason.code) == codes)
        #expect(String(decoding: result.bytes, as: UTF8.self) == wanted ?? text)
        #expect(result.isOverLimit == nil)
    }
}
