import Testing

@testable import Exposition

@Suite struct LockstepTests {
    private static let old = """
        # HELP a b
        # TYPE a histogram
        a_bucket{le="1"} 1
        a_sum -2.5
        b{c="d"} NaN
        # TYPE e gauge
        e 1 5
        f 1

        """

    @Test(arguments: [
        ("b{c=\"d\"} NaN", "b{c=\"d\"} 1"), ("b{c=\"d\"} NaN", "b{c=\"d\"} -1e-9"),
        ("b{c=\"d\"} NaN", "b{c=\"d\"} +Infinity"),
        ("a_bucket{le=\"1\"} 1", "a_bucket{le=\"1\"} 1234567"), ("a_sum -2.5", "a_sum -1e6"), ("e 1 5", "e 2 50"),
        ("e 1 5", "e 1 0"), ("e 1 5", "e 1"), ("e 1 5", "e 1 \t 9223372036854775807"), ("f 1", "f 1 5"),
    ])
    func movedValue_IsTaken(_ old: String, new: String) throws {
        let (body, oldBody, oldIndex) = try replaced(old, new)
        let index = try #require(lockstep(body, like: oldBody, oldIndex))
        #expect(index.shape === oldIndex.shape)
        #expect(index.extents == indexed(body)?.extents)
    }

    @Test(arguments: [
        ("# HELP a b", "# HELP a c"), ("# HELP a b", "# HELP a bb"), ("# HELP a b", "# HELP a "), ("# HELP a b\n", ""),
        ("# TYPE a histogram", "# TYPE a summary"), ("# TYPE e gauge\n", ""),
        ("# TYPE e gauge\n", "# TYPE e gauge\n# HELP e f\n"),
        ("a_sum", "a_sun"), ("a_sum", "a_sum_"), ("f 1", "g 1"), ("f 1", "f{} 1"), ("f 1", "f  1"), ("f 1", "f\t1"),
        ("c=\"d\"", "c=\"e\""), ("c=\"d\"", "c=\"\""), ("c=\"d\"", "c=\"d\","), ("c=\"d\"} ", "c=\"d\"}"),
        ("le=\"1\"", "le=\"1.0\""),
        ("f 1\n", ""), ("f 1\n", "f 1\ng 1\n"), ("f 1\n", "f 1\n\n"), ("f 1\n", "f 1"), ("f 1\n", "f\n"),
        ("f 1\n", "f \n"),
        ("NaN", "x"), ("NaN", ""), ("NaN", "1e400"), ("NaN", "1 "), ("NaN", "1\r"), ("NaN", "1 5 6"), ("NaN", "1 -5"),
        ("NaN", "+NaN"),
        ("e 1 5", "e 1 9223372036854775808"), ("e 1 5", "e 1 5 "), ("e 1 5", "e 1 5.0"),
        ("a_bucket{le=\"1\"} 1", "a_bucket{le=\"1\"} -1"),
        ("# HELP a b\n# TYPE a histogram\n", "# TYPE a histogram\n# HELP a b\n"),
        ("a_sum -2.5\n", "a_sum -2.5\na_sum -2.5\n"),
    ])
    func otherChange_IsRefused(_ old: String, new: String) throws {
        let (body, oldBody, oldIndex) = try replaced(old, new)
        #expect(lockstep(body, like: oldBody, oldIndex) == nil)
    }

    private func replaced(_ part: String, _ new: String) throws -> ([UInt8], [UInt8], IndexedExposition) {
        let place = try #require(Self.old.firstRange(of: part))
        var text = Self.old
        text.replaceSubrange(place, with: new)
        return (Array(text.utf8), Array(Self.old.utf8), try #require(indexed(Self.old)))
    }

    @Test(arguments: [
        ("a 1\n", "a 2 5\n", false), ("a 1 5\n", "a 2\n", true), ("a 1 5\nb 1\n", "a 2\nb 1 6\n", true),
        ("a 1 5\na 1 6\n", "a 1 5\na 1 7\n", false), ("a 1\na 1 6\n", "a 1\na 1 6\n", false),
        ("", "", true), ("", "a 1\n", false), ("a 1\n", "", false), ("# TYPE a gauge\n", "# TYPE a gauge\n", true),
        ("# TYPE a gauge\n", "# TYPE a gauge", false), ("# TYPE a gauge\n", "# TYPE a gauge\na 1\n", false),
        ("# TYPE a histogram\na_count 1\n", "# TYPE a histogram\na_count -0\n", false),
        ("# TYPE a histogram\na 1\n", "# TYPE a histogram\na -1\n", true),
        ("# TYPE a summary\na_count 1\n", "# TYPE a summary\na_count -1\n", true),
    ])
    func body_IsTakenOrNot(_ old: String, new: String, isTaken: Bool) throws {
        let oldIndex = try #require(indexed(old))
        #expect((lockstep(Array(new.utf8), like: Array(old.utf8), oldIndex) != nil) == isTaken)
    }

    @Test func whateverItTakes_TheFullCheckTakesToo_AndFindsTheSame() throws {
        var (moved, kept) = (0, 0)
        for seed in 0..<3000 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let old = generator.body()
            guard let oldIndex = indexed(old) else { continue }
            for round in 0..<6 {
                let new = round < 3 ? generator.moved(old) : generator.changed(generator.moved(old))
                guard let index = lockstep(new, like: old, oldIndex) else { continue }
                if new == old { kept += 1 } else { moved += 1 }
                let text = String(decoding: new, as: UTF8.self).debugDescription
                let full = try #require(indexed(new), "seed \(seed), round \(round): \(text)")
                #expect(index.extents == full.extents, "seed \(seed), round \(round): \(text)")
                #expect(index.shape.families == full.shape.families, "seed \(seed), round \(round): \(text)")
                #expect(index.shape.series == full.shape.series, "seed \(seed), round \(round): \(text)")
                #expect(index.shape.prefixes == full.shape.prefixes, "seed \(seed), round \(round): \(text)")
                #expect(!full.shape.hasRepeatedSeries, "seed \(seed), round \(round): \(text)")
                #expect(index.shape.hasTimestamps || !full.shape.hasTimestamps, "seed \(seed), round \(round): \(text)")
            }
        }
        #expect(moved > 2000, "\(moved) moved, \(kept) the same")
    }

    @Test func movedValues_AreAlwaysTaken() throws {
        for seed in 0..<500 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let old = generator.body()
            guard let oldIndex = indexed(old), !oldIndex.shape.hasRepeatedSeries else { continue }
            let new = generator.moved(old)
            // Counts of histograms below 0 are for the full check.
            guard indexed(new) != nil, !oldIndex.shape.families.contains(where: { $0.type == .histogram }) else {
                continue
            }
            #expect(lockstep(new, like: old, oldIndex) != nil, "seed \(seed)")
        }
    }
}
