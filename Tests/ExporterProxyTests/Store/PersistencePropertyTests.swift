import NIOCore
import Testing

@testable import ExporterProxy

/// Random lives, each ended in order or by a kill; the next one begins with what that left.
struct PersistencePropertyTests {
    @Test(arguments: 0..<8)
    func whatWasAnswered_IsThere_HoweverTheLifeEnds(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var folder = try TemporaryFolder()
        var notes: [String: String] = [:]
        for life in 0..<6 {
            let bench = DiskBench(folder.path)
            let copy = try TemporaryFolder()
            let script = (0..<Int.random(in: 0..<8, using: &random)).map { _ in Self.batch(&random) }
            let expected = notes
            try await bench.run { [bench] persistence in
                #expect(bench.keeper.notes == expected, "seed \(seed), life \(life)")
                for batch in script {
                    #expect(await bench.push(batch, to: persistence.journal).successes == batch.count)
                }
                // Whatever came of the last one is on disk when this is.
                await bench.push(["quiet=1"], to: persistence.journal)
                _ = try bench.image(in: copy)
            }
            notes = bench.keeper.notes
            let isKilled = Bool.random(using: &random)
            if isKilled { folder = copy }
        }
    }

    private static func batch(_ random: inout SeededGenerator) -> [String] {
        (0..<Int.random(in: 1..<20, using: &random)).map { _ in
            let length = [0, 10, 10, 100, 1000, 1000, 20_000, 1_500_000].randomElement(using: &random) ?? 0
            let value = String(repeating: "\(Int.random(in: 0..<10, using: &random))", count: length)
            return "key \(Int.random(in: 0..<12, using: &random))=\(value)"
        }
    }
}
