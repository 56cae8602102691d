import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

/// Texts that sources send, good and bad.
private struct Texts {
    private static let broken = [
        "no sample\n", "m\n", "m x\n", "m 1 2 3\n", "m{x=\"1\" 1\n", "m{x=\"1\",x=\"1\"} 1\n", "m{__name__=\"n\"} 1\n",
        "# TYPE m banana\n", "# TYPE  \n", "# EOF\n", "# comment\n", "\n", "\u{0}\n", "\u{0}m 1\n", "\u{feff}m 1\n",
        "  m 1\n", "m 1 \n", "m 1\r\n", "# TYPE m gauge\r\n", "m{x=\"\u{0}\"} 1\n", "m{x=\"a\\q\"} 1\n", "m{} 0x1\n",
        "m{,} 1\n", "x-y 1\n", "<html>\n", "{\"m\"} 1\n", "m 1e999\n", "m 1 -5\n", "m 1 99999999999999999999\n",
        "é 1\n",
    ]

    private static let names = ["m", "n", "m_sum", "m_count", "m_bucket", "n_total", "o"]

    private static func family(_ name: String, _ random: inout SeededGenerator) -> String {
        let type = ["gauge", "counter", "histogram", "summary", "untyped", "", ""].randomElement(using: &random) ?? ""
        var text = Bool.random(using: &random) ? "# HELP \(name) Text \(Int.random(in: 0..<3, using: &random)).\n" : ""
        if !type.isEmpty { text += "# TYPE \(name) \(type)\n" }
        let border = ["1", "0.5", "+Inf", "x"].randomElement(using: &random) ?? "1"
        let count = ["1", "2", "-1"].randomElement(using: &random) ?? "1"
        switch type {
        case "histogram": text += "\(name)_bucket{le=\"\(border)\"} \(count)\n\(name)_sum 1\n\(name)_count \(count)\n"
        case "summary": text += "\(name){quantile=\"\(border)\"} 1\n\(name)_sum 1\n\(name)_count 1\n"
        default: text += samples(name, &random)
        }
        return text
    }

    private static func samples(_ name: String, _ random: inout SeededGenerator) -> String {
        let labels = [
            "", "{}", "{x=\"1\"}", "{x=\"1\",y=\"\"}", "{y=\"2\",x=\"1\"}", "{le=\"x\"}", "{quantile=\"y\"}",
            "{le=\"1.0\"}",
        ]
        let values = ["1", "-1", "NaN", "1e3", "1 1795229735156", "2 5"]
        return labels.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)).map { labels in
            "\(name)\(labels) \(values.randomElement(using: &random) ?? "1")\n"
        }.joined()
    }

    static func rogue(_ random: inout SeededGenerator) -> String {
        var parts = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            family(names.randomElement(using: &random) ?? "m", &random)
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            parts.insert(
                broken.randomElement(using: &random) ?? "", at: Int.random(in: 0...parts.count, using: &random))
        }
        let text = parts.joined()
        return Bool.random(using: &random) ? text : String(text.dropLast())
    }
}

extension Bench {
    /// Sources come, speak, grow old and go; some of them say nothing right.
    fileprivate func step(_ random: inout SeededGenerator, _ good: inout [String: [String]]) {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: remove("rogue \(Int.random(in: 0..<8, using: &random))")
        case 1: time.advance(by: .seconds([1, 100, 400].randomElement(using: &random) ?? 1))
        case 2:
            let name = "good\(Int.random(in: 0..<4, using: &random))"
            remove(name)
            good[name] = nil
        case 3, 4, 5:
            let name = "good\(Int.random(in: 0..<4, using: &random))"
            let value = Int.random(in: 0..<1000, using: &random)
            let own = (0..<Int.random(in: 0..<3, using: &random)).map { "\(name)_own{x=\"\($0)\"} \(value)" }
            let all = "all_total{source=\"\(name)\"} \(value)"
            push(name, "# TYPE all_total counter\n\(all)\n" + own.map { $0 + "\n" }.joined())
            good[name] = [all] + own
        default: push("rogue \(Int.random(in: 0..<8, using: &random))", Texts.rogue(&random))
        }
    }
}

/// Whatever comes in, what goes out is well; who does it right finds all of it there; and both codings say the same.
@Test(arguments: 0..<40)
func thePage_IsAlwaysWhatEveryReaderTakes(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var rules = ExpositionRules()
    rules.standard.onInvalid =
        [.dropLine, .dropLine, .keepLastGood, .dropApp, .reject].randomElement(using: &random) ?? .dropLine
    rules.standard.timestamps = SourceRules.TimestampPolicy.allCases.randomElement(using: &random) ?? .pass
    rules.duplicates = seed % 4 == 0 ? .expose : .first
    rules.appLabel = seed % 5 == 0 ? "label" : nil
    rules.openMetrics = .auto
    let bench = Bench(rules)
    var good: [String: [String]] = [:]
    for step in 0..<60 {
        bench.step(&random, &good)
        if Bool.random(using: &random) { continue }
        let place: Comment = "seed \(seed), step \(step)"
        let page = try bench.page()
        let isExposing = rules.duplicates == .expose && rules.appLabel == nil
        let index = IndexedExposition.of(page, repeats: isExposing ? { _ in } : nil)
        try #require(index != nil, "\(place): \(page)")
        #expect(findings(in: page, besides: isExposing ? ["duplicate_series"] : []) == [], place)
        #expect(try bench.merged.page(.gzip).inflated == page, place)
        try bench.checkOpenMetrics(place)
        let lines = Set(page.split(separator: "\n"))
        for (source, samples) in good {
            for sample in samples {
                let labelled = sample.replacing("{", with: "{label=\"\(source)\",")
                let expected = rules.appLabel == nil ? sample : labelled
                #expect(lines.contains(Substring(expected)), place)
            }
        }
    }
}

extension Bench {
    /// What is said in OpenMetrics is well, too; what cannot be said in it is text.
    fileprivate func checkOpenMetrics(_ place: Comment) throws {
        let page = try merged.page(.init(.openMetrics, .identity))
        #expect(try merged.page(.init(.openMetrics, .gzip)).inflated == page.text, place)
        guard page.format == .openMetrics else { return #expect(try page.text == self.page(), place) }
        var text = page.text
        let findings = text.withUTF8 { OpenMetricsParser.parse(UnsafeRawBufferPointer($0), mode: .lenient).findings }
        #expect(findings.isEmpty && page.text.hasSuffix("# EOF\n"), "\(place): \(findings) \(page.text)")
    }
}

/// What a reader of text would refuse.
private func findings(in page: String, besides: Set<String>) -> [String] {
    var page = page
    let result = page.withUTF8 { TextRepair.run(UnsafeRawBufferPointer($0), limits: .none, findingsMax: 5) }
    let refused = result.counts.keys.filter { !$0.refusedBy.isEmpty && !besides.contains($0.code) }
    return refused.isEmpty ? [] : result.findings.map { "\($0.reason.code): \($0.text)" } + [page]
}

/// The page depends on what the sources say and in which order they came, not on how often somebody looked.
@Test(arguments: 0..<20)
func thePage_IsTheSame_HoweverOftenOneOfThemIsMadeAnew(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let bench = Bench()
    for source in 0..<12 {
        bench.push("rogue \(source)", Texts.rogue(&random))
        _ = try bench.page()
    }
    for _ in 0..<30 {
        // The values move, the shapes do not.
        let source = "rogue \(Int.random(in: 0..<12, using: &random))"
        let text = bench.store.entry(of: source)?.snapshot?.body.text ?? ""
        bench.push(source, text.replacing(" 1\n", with: " 7\n"))
        _ = try bench.page()
    }
    let fresh = MergedExposition(store: bench.store, threads: .singleton, time: bench.time.source)
    #expect(try fresh.page(.identity).text == bench.page(), "seed \(seed)")
}
