import Exposition
import TestSupport
import Testing

/// What must hold for all bytes.
struct TextPropertyTests {
    private let canonical: CanonicalCheck

    init() throws { canonical = try CanonicalCheck() }

    /// Small ones of our own, so that there is something to change where the cases are missing.
    private static let own = [
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2 5\na_sum 1.5\na_count 2\n",
        "# TYPE b summary\nb{quantile=\"0.5\",c=\"d\\n\\\\\"} NaN\nb_count{c=\"d\"} 3\nb_sum 1\n# EOF\n",
        "a 1\r\nb{c=\"d\"} -2.5e-3 7\r\n# TYPE a gauge\r\n# TYPE c counter\r\nc_total 1\r\n",
        "{\"a.b\",c=\"d\"} 1 # {t=\"1\"} 2\nx{y=\"z\" w=\"\\q\"}1\nv{u=\"1\n2\"} 3\n",
    ]

    private static func texts() throws -> [[UInt8]] {
        let cases = [("expfmt-text-parse.json", ["accept", "reject"]), ("expfmt-fuzz-corpus.json", ["cases"])]
        var texts = own.map { Array($0.utf8) }
        for (file, keys) in cases + [("prometheus-promparse.json", ["documents", "malformed"])] {
            let content = try ConformanceCases.load(file)
            texts += keys.flatMap { content[$0].array.map { $0["in"].bytes } }
        }
        return texts
    }

    @Test(.needsConformanceCases) func repairedText_IsCanonicalAndStays() throws {
        let texts = try Self.texts()
        for text in texts { try check(text, "as it is") }
        for file in try ConformanceCases.files(in: "corpus") { try check(try ConformanceCases.bytes(file), file) }
        for seed in 1...3000 as ClosedRange<UInt64> {
            var mutation = Mutation(generator: SeededGenerator(seed: seed), texts: texts)
            try check(mutation.next(), "seed \(seed)")
        }
    }

    @Test func ownTextsChanged_AreRepairedToCanonicalText() throws {
        for seed in 1...1000 as ClosedRange<UInt64> {
            var mutation = Mutation(generator: SeededGenerator(seed: seed), texts: Self.own.map { Array($0.utf8) })
            try check(mutation.next(), "seed \(seed)")
        }
    }

    private func check(_ text: [UInt8], _ origin: String) throws {
        let first = repair(text)
        let second = repair(first.bytes)
        #expect(second.bytes == first.bytes, "\(origin): repaired twice is another text")
        #expect(second.counts.isEmpty, "\(origin): \(second.findings.map { "\($0.reason.code) \($0.text)" })")
        #expect(second.samples == first.samples, "\(origin)")
        #expect(try canonical.problem(first.bytes) == nil, "\(origin)")
        #expect(first.findings == first.findings.sorted { $0.line < $1.line }, "\(origin)")
        checkModel(first.bytes, text, origin)
    }

    /// Of canonical text the model says all; of other text, what is written and read again is the same from then on.
    private func checkModel(_ canonical: [UInt8], _ text: [UInt8], _ origin: String) {
        let model = parse(canonical).families
        #expect(parse(TextWriter.write(model)).families == model, "\(origin): written and read is another model")
        let lenient = parse(TextWriter.write(parse(text).families)).families
        #expect(parse(TextWriter.write(lenient)).families == lenient, "\(origin): of any text")
    }
}
