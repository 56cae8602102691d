import Testing

@testable import Exposition

@Suite struct SampleRewriteTests {
    private static let ours: LabelSet = [Label("app", "x"), Label("job", "y")]

    @Test(arguments: [
        ("a 1\n", "a{app=\"x\",job=\"y\"} 1\n"), ("a\t1\n", "a{app=\"x\",job=\"y\"}\t1\n"),
        ("a{} 1\n", "a{app=\"x\",job=\"y\"} 1\n"),
        ("a{ } 1 5\n", "a{app=\"x\",job=\"y\" } 1 5\n"), ("a{}1\n", "a{app=\"x\",job=\"y\"}1\n"),
        ("a \t{b=\"c\"} 1\n", "a{app=\"x\",job=\"y\",b=\"c\"} 1\n"), ("a {}\t1\n", "a{app=\"x\",job=\"y\"}\t1\n"),
        ("a{b=\"c\"} 1\n", "a{app=\"x\",job=\"y\",b=\"c\"} 1\n"),
        ("a{b=\"c\",} 1\n", "a{app=\"x\",job=\"y\",b=\"c\",} 1\n"),
        ("a{ b = \"c\" , } 1\n", "a{app=\"x\",job=\"y\", b = \"c\" , } 1\n"),
        ("a{b=\"}\\\",job=\\\\\"} 1\n", "a{app=\"x\",job=\"y\",b=\"}\\\",job=\\\\\"} 1\n"),
        (
            "# HELP a job\n# TYPE a gauge\na 1\nb 2\n",
            "# HELP a job\n# TYPE a gauge\na{app=\"x\",job=\"y\"} 1\nb{app=\"x\",job=\"y\"} 2\n"
        ),
        // A sample's own labels of the same names.
        ("a{job=\"c\"} 1\n", "a{app=\"x\",job=\"y\",exported_job=\"c\"} 1\n"),
        ("a{job=\"\"} 1\n", "a{app=\"x\",job=\"y\",exported_job=\"\"} 1\n"),
        ("a{jo=\"c\",jobs=\"d\"} 1\n", "a{app=\"x\",job=\"y\",jo=\"c\",jobs=\"d\"} 1\n"),
        ("a{b=\"job\", job = \"c\"} 1\n", "a{app=\"x\",job=\"y\",b=\"job\", exported_job = \"c\"} 1\n"),
        (
            "a{job=\"c\",app=\"d\",b=\"e\"} 1\n",
            "a{app=\"x\",job=\"y\",exported_job=\"c\",exported_app=\"d\",b=\"e\"} 1\n"
        ),
        ("a{exported_job=\"c\"} 1\n", "a{app=\"x\",job=\"y\",exported_job=\"c\"} 1\n"),
        (
            "a{exported_job=\"c\",job=\"d\"} 1\n",
            "a{app=\"x\",job=\"y\",exported_job=\"c\",exported_exported_job=\"d\"} 1\n"
        ),
        (
            "a{job=\"d\",exported_job=\"c\",exported_exported_job=\"e\"} 1\n",
            "a{app=\"x\",job=\"y\",exported_exported_exported_job=\"d\",exported_job=\"c\",exported_exported_job=\"e\"} 1\n"
        ),
        // Two series that become one.
        (
            "a{job=\"c\"} 1\na{exported_job=\"c\"} 2\nb 1\n",
            "a{app=\"x\",job=\"y\",exported_job=\"c\"} 1\nb{app=\"x\",job=\"y\"} 1\n"
        ),
        ("a{exported_job=\"c\"} 2\na{job=\"c\"} 1\n", "a{app=\"x\",job=\"y\",exported_job=\"c\"} 2\n"),
        (
            "a{exported_job=\"d\"} 2\na{job=\"c\"} 1\n",
            "a{app=\"x\",job=\"y\",exported_job=\"d\"} 2\na{app=\"x\",job=\"y\",exported_job=\"c\"} 1\n"
        ),
        ("", ""),
    ])
    func labels_ArePutInFront(_ text: String, result: String) throws {
        #expect(try rewritten(text, SampleRewrite(labels: Self.ours)).text == result)
    }

    @Test(arguments: [
        ("", #"a{b=""} 1"#), (#"\"#, #"a{b="\\"} 1"#), ("\"", #"a{b="\""} 1"#), ("\n", #"a{b="\n"} 1"#),
        (#"\n"#, #"a{b="\\n"} 1"#),
        ("é€😀\0\r", "a{b=\"é€😀\0\r\"} 1"),
    ])
    func values_AreEscaped(_ value: String, line: String) throws {
        #expect(try rewritten("a 1\n", SampleRewrite(labels: [Label("b", value)])).text == line + "\n")
    }

    @Test(arguments: [
        (#"a{b="3"} 1"#, #"a{b="1",exported_b="2",exported_exported_b="3"} 1"#),
        (#"a{exported_b="3"} 1"#, #"a{b="1",exported_b="2",exported_exported_b="3"} 1"#),
        (
            #"a{b="3",exported_b="4"} 1"#,
            #"a{b="1",exported_b="2",exported_exported_b="3",exported_exported_exported_b="4"} 1"#
        ),
    ])
    func nameOfOurs_IsNotTakenByARenamedOne(_ line: String, result: String) throws {
        let rewrite = SampleRewrite(labels: [Label("b", "1"), Label("exported_b", "2")])
        #expect(try rewritten(line + "\n", rewrite).text == result + "\n")
    }

    @Test(
        arguments: [
            ("a 1\n", "a 1\n", 0, 0), ("a 1 5\n", "a 1\n", 1, 0),
            ("a{b=\"c\"}1\t \t05\nd NaN 6\n", "a{b=\"c\"}1\nd NaN\n", 2, 0),
            ("# TYPE a gauge\na 1 5\na{b=\"c\"} 1\n", "# TYPE a gauge\na 1\na{b=\"c\"} 1\n", 1, 0),
            // Of several times the newest.
            ("a 1 5\na 2 6\n", "a 2\n", 1, 1), ("a 1 6\na 2 5\n", "a 1\n", 1, 1),
            ("a 1 10\na 2 9\nb 1\na{b=\"\"} 3 0\n", nil, 0, 0),
            ("a 1 10\na 2 9\na{b=\"\"} 3 011\na{c=\"d\"} 4 1\n", "a{b=\"\"} 3\na{c=\"d\"} 4\n", 2, 2),
            ("a 1 5\na 2\na 3 6\n", "a 2\n", 0, 2), ("a 1\na 2 9223372036854775806\n", "a 1\n", 0, 1),
        ] as [(String, String?, Int, Int)])
    func timestamps_AreStripped(_ text: String, result: String?, stripped: Int, repeated: Int) throws {
        guard let result else {
            #expect(indexed(text) == nil)
            return
        }
        let (bytes, tally) = try rewritten(text, SampleRewrite(timestamps: .strip))
        #expect(bytes == result)
        #expect(tally.timestampsStripped == stripped && tally.samplesRepeated == repeated && tally.samplesDropped == 0)
    }

    @Test(
        arguments: [
            ("a 1\nb 1 5\n", 5, "a 1\nb 1 5\n", 0), ("a 1\nb 1 5\n", 6, "a 1\n", 1),
            ("a 1 5\na 1 6\n", 6, "a 1 6\n", 1),
            ("# TYPE a gauge\na 1 5\n", .max, "# TYPE a gauge\n", 1), ("a 1 5\n", .max, "", 1),
            ("a 1 9223372036854775807\n", .max, nil, 0),
            ("a 1 0\n", .min, "a 1 0\n", 0), ("a 1\t0005\n", 6, "", 1),
        ] as [(String, Int64, String?, Int)])
    func oldSamples_AreDropped(_ text: String, limit: Int64, result: String?, dropped: Int) throws {
        let (bytes, tally) = try rewritten(text, SampleRewrite(timestamps: .dropBefore(limit)))
        #expect(bytes == result ?? text)
        #expect(tally == SampleRewrite.Tally(samplesDropped: dropped))
    }

    @Test func everything_IsDoneAtOnce() throws {
        let rewrite = SampleRewrite(labels: [Label("b", "\"")], timestamps: .strip)
        let (text, tally) = try rewritten("a{b=\"c\"} 1 5\na{exported_b=\"c\"} 2 6\na{b=\"c\"} 3 7\n", rewrite)
        #expect(text == "a{b=\"\\\"\",exported_b=\"c\"} 2\n")
        #expect(tally == SampleRewrite.Tally(timestampsStripped: 2, samplesRepeated: 2))
    }

    @Test(arguments: [
        ("a 1\n", SampleRewrite(), true), ("a 1 5\n", SampleRewrite(), true),
        ("a 1\n", SampleRewrite(timestamps: .strip), true),
        ("a 1 5\n", SampleRewrite(timestamps: .strip), false),
        ("a 1 5\n", SampleRewrite(timestamps: .dropBefore(0)), false),
        ("a 1\n", SampleRewrite(labels: [Label("b", "c")]), false),
    ])
    func rewriteThatChangesNothing_IsKnown(_ text: String, rewrite: SampleRewrite, isIdle: Bool) throws {
        let index = try #require(indexed(text))
        #expect(rewrite.isIdle(for: index.shape) == isIdle)
        if isIdle { #expect(try rewritten(text, rewrite).text == text) }
    }

    @Test func result_IsCanonicalAgain() throws {
        let rewrites = [
            SampleRewrite(labels: [Label("job", "a\"\\\n")]),
            SampleRewrite(labels: [Label("job", ""), Label("l", "é")]),
            SampleRewrite(timestamps: .strip), SampleRewrite(timestamps: .dropBefore(6)),
            SampleRewrite(labels: [Label("job", "1"), Label("exported_job", "2")], timestamps: .strip),
        ]
        var count = 0
        for seed in 0..<3000 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let body = generator.body()
            guard let index = indexed(body) else { continue }
            let rewrite = generator.random.pick(rewrites)
            let (bytes, tally) = withExactCopy(body) { rewrite.apply(to: $0, index) }
            let text = String(decoding: body, as: UTF8.self).debugDescription
            let again = try #require(indexed(bytes), "seed \(seed): \(text)")
            #expect(again.shape.series.count == index.shape.series.count - tally.samplesDropped - tally.samplesRepeated)
            count += 1
        }
        #expect(count > 1000)
    }

    private func rewritten(_ text: String, _ rewrite: SampleRewrite) throws -> (
        text: String, tally: SampleRewrite.Tally
    ) {
        let index = try #require(indexed(text), "the case itself")
        let (bytes, tally) = withExactCopy(text.utf8) { rewrite.apply(to: $0, index) }
        #expect(indexed(bytes) != nil, "the result")
        return (String(decoding: bytes, as: UTF8.self), tally)
    }
}
