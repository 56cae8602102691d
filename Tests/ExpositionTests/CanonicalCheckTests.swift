import Testing

struct CanonicalCheckTests {
    @Test(arguments: [
        "a 1", " a 1\n", "a 1 \n", "a 1\r\n", "\na 1\n", "# x\n", "# TYPE a GAUGE\n", "# TYPE  a gauge\n", "# HELP a\n",
        "# HELP a  x\n", "# HELP a x \n", "# HELP a \\q\n", "# HELP a \\\n", "a{b=\"\\q\"} 1\n", "a{,} 1\n", "a 0x1\n",
        "a 1\n# TYPE a gauge\n", "a 1\nb 1\na 2\n", "a{b=\"1\"c=\"2\"} 1\n", "a 1 -1\n", "# TYPE a info\n", "a-1\n",
        "# TYPE a gauge\na_sum 1\n# HELP a x\n",
    ])
    func otherText_IsNotCanonical(text: String) throws {
        #expect(try CanonicalCheck().problem(Array(text.utf8)) != nil)
    }

    @Test(arguments: [
        "", "a 1\n", "a{}1 2\n", "# HELP a \n# TYPE a summary\na{b=\"\\\\\\\"\\n\",} NaN\na_sum -Inf\n",
        "# TYPE a gauge\n",
    ])
    func canonicalText_Is(text: String) throws {
        #expect(try CanonicalCheck().problem(Array(text.utf8)) == nil)
    }
}
