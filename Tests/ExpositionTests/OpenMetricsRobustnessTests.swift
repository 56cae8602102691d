import Testing

@testable import Exposition

struct OpenMetricsRobustnessTests {
    /// Written bodies with a few bytes changed: never a trap, and what has no finding is read again the same.
    @Test(arguments: 0..<200)
    func damagedBody_IsReadOrRefused(seed: UInt64) {
        var random = SplitMix(state: seed &+ 1_000_000)
        var models = OpenMetricsModels(seed: seed)
        let body = OpenMetricsWriter.write(models.families())
        for _ in 0..<10 {
            let damaged = damage(body, &random)
            let (families, findings) = parseOpenMetrics(damaged)
            if findings.isEmpty {
                #expect(parseOpenMetrics(OpenMetricsWriter.write(families)).findings.isEmpty, "seed \(seed)")
            }
            _ = parseOpenMetrics(damaged, mode: .lenient)
            for finding in findings {
                #expect(finding.line >= 1 && finding.column >= 1 && finding.text.utf8.count <= 800, "seed \(seed)")
            }
        }
    }

    private func damage(_ body: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var body = body
        for _ in 0..<(1 + random.below(3)) {
            let position = random.below(body.count)
            switch random.below(4) {
            case 0: body[position] = UInt8(random.below(256))
            case 1: body[position] ^= 1 << UInt8(random.below(8))
            case 2: body.removeSubrange(position..<min(body.count, position + 1 + random.below(20)))
            default: body.insert(contentsOf: body.prefix(random.below(40)), at: position)
            }
            if body.isEmpty { body = [0x0A] }
        }
        return body
    }

    /// What could grow faster than the body: labels of one sample, metrics, families, buckets, digits.
    @Test(arguments: [
        "a{" + (0..<20_000).map { "l\($0)=\"\"" }.joined(separator: ",") + "} 1\n",
        "# TYPE a info\n" + (0..<20_000).map { "a_info{x=\"\($0)\"} 1\n" }.joined(),
        (0..<20_000).map { "# TYPE f\($0) counter\nf\($0)_total 1\n" }.joined(),
        "# TYPE h histogram\n" + (0..<20_000).map { "h_bucket{le=\"\($0)\"} \($0)\n" }.joined()
            + "h_bucket{le=\"+Inf\"} 20000\n",
        "a " + String(repeating: "1", count: 300) + "."
            + String(repeating: "3", count: 200_000) + "\n",
        "a 1 0." + String(repeating: "3", count: 200_000) + "\n",
    ])
    func largeBody_IsReadInOneGo(body: String) {
        #expect(parseOpenMetrics((body + "# EOF\n").utf8).findings.isEmpty)
    }
}
