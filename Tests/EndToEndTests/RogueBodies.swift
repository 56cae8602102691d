/// Bodies that a scraper, promtool, or both refuse or misread, from trials with Prometheus 2.42; and odd ones that
/// both take.
enum RogueBody {
    struct Case: Sendable, CustomStringConvertible {
        var what: String
        var text: String
        /// The line that is to be named; `nil` where there is nothing to say.
        var line: Int?

        var description: String { what }

        init(_ what: String, _ text: String, _ line: Int? = nil) {
            self.what = what
            self.text = text
            self.line = line
        }
    }

    static let all = series + metadata + ends + timestamps + lines + bytes + forms + attacks

    /// Without the large ones.
    static let short = all.filter { $0.text.utf8.count < 1000 }

    private static let series = [
        Case("the same series twice", "d 1\nd 2\n", 2),
        Case("twice, labels in another order", "d{a=\"1\",b=\"2\"} 1\nd{b=\"2\",a=\"1\"} 2\n", 2),
        Case("twice at different times", "d 1 1795229735000\nd 2 1795229736000\n"),
        Case("twice at the same time", "d 1 1795229735000\nd 1 1795229735000\n", 2),
        Case("twice, with an empty label", "d 1\nd{x=\"\"} 2\n", 2),
        Case("a label twice", "ok 1\nd{x=\"1\",x=\"2\"} 1\n", 2),
        Case("the same border twice", "# TYPE d histogram\nd_bucket{le=\"1\"} 1\nd_bucket{le=\"1.0\"} 1\n", 3),
    ]

    private static let metadata = [
        Case("TYPE repeated", "# TYPE d gauge\n# TYPE d gauge\nd 1\n", 2),
        Case("HELP repeated", "# HELP d D.\n# HELP d D.\nd 1\n", 2),
        Case("TYPE in conflict", "# TYPE d gauge\n# TYPE d counter\nd 1\n", 2),
        Case("HELP in conflict", "# HELP d D.\n# HELP d E.\nd 1\n", 2),
        Case("TYPE after samples", "d 1\n# TYPE d gauge\n", 2),
        Case("a family in two places", "d{x=\"1\"} 1\ne 1\nd{x=\"2\"} 1\n", 3),
        Case("an unknown type", "# TYPE d banana\nd 1\n", 1), Case("no type", "# TYPE d \nd 1\n", 1),
        Case("a type in upper case", "# TYPE d GAUGE\nd 1\n", 1), Case("unknown", "# TYPE d unknown\nd 1\n", 1),
        Case("info", "# TYPE d info\nd 1\n", 1), Case("stateset", "# TYPE d stateset\nd 1\n", 1),
        Case("gaugehistogram", "# TYPE d gaugehistogram\nd 1\n", 1),
    ]

    private static let ends = [
        Case("no final newline", "d 1"), Case("two lines in one", "d 3first 1\ne 1\n", 1), Case("nothing", ""),
        Case("a newline", "\n"), Case("# EOF in the middle", "d 1\n# EOF\ne 1\n", 2),
        Case("# EOF without newline", "d 1\n# EOF", 2),
    ]

    private static let timestamps = [
        Case("from 2014", "d 1 1395066363000\n"), Case("in seconds", "d 1 1795229735\n"),
        Case("far ahead", "d 1 4102444800000\n"), Case("a fraction", "d 1 17.5\n", 1),
        Case("negative", "ok 1\nd 1 -5\n", 2), Case("too large", "d 1 99999999999999999999\n", 1),
    ]

    private static let lines = [
        Case("words at the start", "these are words\nd 1\n", 1), Case("words", "d 1\nthese are words\ne 1\n", 2),
        Case("words at the end", "d 1\ne 1\nthese are words\n", 3), Case("a bad value", "d x\n", 1),
        Case("no value", "d\n", 1), Case("a dash", "x-y 1\n", 1), Case("a dash in a label", "d{a-b=\"1\"} 1\n", 1),
        Case("no quotes", "d{a=b} 1\n", 1), Case("__name__", "d{__name__=\"e\"} 1\n", 1),
        Case("three numbers", "d 1 2 3\n", 1), Case("a quoted name", "{\"d e\"} 1\n", 1),
        Case("an HTML page", "<!DOCTYPE html>\n<html><body>404 not found</body></html>\n", 1),
        Case("JSON", "{\"status\": \"ok\"}\n", 1),
    ]

    private static let bytes = [
        Case("NUL in a label", "d{x=\"a\u{0}b\"} 1\n"), Case("NUL in HELP", "# HELP d a\u{0}b\nd 1\n"),
        Case("NUL in a comment", "# a\u{0}b\nd 1\n"), Case("NUL first in a comment", "#\u{0}\nd 1\n", 1),
        Case("NUL at the start of a line", "d 1\n\u{0}\ne 1\n", 2), Case("NUL before a name", "\u{0}d 1\ne 1\n", 1),
        Case("NUL after a value", "d 1\u{0}\n", 1), Case("NUL in a name", "d\u{0} 1\n", 1),
        Case("CRLF", "# TYPE d gauge\r\nd 1\r\n", 1), Case("CRLF on TYPE", "# TYPE d gauge\r\nd 1\n", 1),
        Case("a BOM", "\u{feff}d 1\n", 1), Case("a BOM between", "d 1\n\u{feff}e 1\n", 2),
        Case("a raw newline in a label", "d{x=\"a\nb\"} 1\ne 1\n", 1), Case("an unknown escape", "d{x=\"\\q\"} 1\n", 1),
        Case("a form feed", "d 1\u{c}\n", 1),
    ]

    private static let forms = [
        Case("a trailing comma", "d{x=\"1\",} 1\n"), Case("an upper-case exponent", "d 1E3\n"),
        Case("blank lines", "\n\nd 1\n\n\ne 1\n\n"), Case("no labels", "d{} 1\n"), Case("no blank", "d{x=\"1\"}1\n"),
        Case("values", "d 1\ne +1\nf .5\ng 5.\nh +Inf\ni -Inf\nj NaN\nk inf\nl nan\n"),
        Case("TYPE without samples", "# TYPE d gauge\n"), Case("leading blanks", "  d 1\n", 1),
        Case("a leading tab", "\td 1\n", 1), Case("only a comma", "d{,} 1\n", 1),
        Case("two commas", "d{x=\"1\",,y=\"2\"} 1\n", 1), Case("a leading comma", "d{,x=\"1\"} 1\n", 1),
        Case("no label name", "d{=\"1\"} 1\n", 1), Case("hexadecimal", "d 0x1\n", 1), Case("1_000", "d 1_000\n", 1),
        Case("1p-3", "d 1p-3\n", 1), Case("1e400", "d 1e400\n", 1),
        Case("an exemplar", "# TYPE d_total counter\nd_total 1 # {x=\"1\"} 1\n", 2),
        Case("a long label value", "d{x=\"\(String(repeating: "v", count: 1 << 20))\"} 1\n", 1),
        Case("500 labels", "d{\((0..<500).map { "l\($0)=\"1\"" }.joined(separator: ","))} 1\n", 1),
        Case("too many series", (0..<1001).map { "d{x=\"\($0)\"} 1\n" }.joined()),
    ]

    /// On the good apps of the test, which have `good_<n>_total`, a counter, and `good_<n>_seconds_count`, undeclared.
    private static let attacks = [
        Case("another type", "# TYPE good_0_total gauge\ngood_0_total 9\n"),
        Case("the same type and series", "# TYPE good_0_total counter\ngood_0_total{n=\"0\"} 9\n"),
        Case("another help", "# HELP good_0_total No.\ngood_0_total 9\n"),
        Case("no type", "good_0_total{n=\"0\"} 9\n"),
        Case("a histogram around it", "# TYPE good_0_seconds histogram\ngood_0_seconds_count{n=\"0\"} 9\n"),
        Case("a summary around it", "# TYPE good_0_seconds summary\ngood_0_seconds{quantile=\"1\"} 9\n"),
        Case("a histogram of its name", "# TYPE good_0_seconds_count histogram\ngood_0_seconds_count_sum 9\n"),
    ]
}
