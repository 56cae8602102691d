import Testing

@testable import Exposition

/// The repair beside the scan: what the one writes the other takes.
@Suite struct RepairedTextTests {
    @Test func repairedText_IsCanonical_AndNeedsNoRepair() throws {
        var (changed, same) = (0, 0)
        for seed in 0..<1500 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            var body = generator.body()
            for round in 0..<6 {
                let result = repair(body)
                let text = String(decoding: body, as: UTF8.self).debugDescription
                let index = try #require(indexed(result.bytes), "seed \(seed), round \(round): \(text)")
                #expect(index.shape.series.count == result.samples, "seed \(seed), round \(round): \(text)")
                let again = repair(result.bytes)
                #expect(again.bytes == result.bytes && again.findings.isEmpty, "seed \(seed), round \(round): \(text)")
                if result.bytes == body { same += 1 } else { changed += 1 }
                body = generator.changed(round.isMultiple(of: 2) ? result.bytes : body)
            }
        }
        #expect(changed > 1000 && same > 1000, "\(changed) changed, \(same) the same")
    }

    @Test func canonicalText_KeepsItsSamples() {
        for seed in 0..<1500 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let body = generator.body()
            guard let index = indexed(body) else { continue }
            let result = repair(body)
            #expect(result.samples == index.shape.series.count, "seed \(seed)")
            #expect(result.counts.keys.allSatisfy { $0.code == "odd_blanks" }, "seed \(seed): \(result.counts)")
        }
    }

    /// Blanks at the ends of HELP are the one thing that the scan takes and the repair leaves out.
    @Test(arguments: ["# HELP a  b\n", "# HELP a b \n"]) func blanksOfHELP_AreTakenAndLeftOut(_ text: String) {
        #expect(indexed(text) != nil)
        #expect(repair(text).bytes == Array("# HELP a b\n".utf8))
    }
}
