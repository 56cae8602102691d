import Testing

@testable import Exposition

/// What the index says, and what limits do.
@Suite struct CanonicalIndexTests {
    private static let text = """
        # HELP a A \\n help
        # TYPE a histogram
        a_bucket{le="1"} 1
        a_sum 2
        b 3
        # TYPE c untyped
        # HELP d\u{20}
        d{e="f"} 4 5
        d 5

        """

    @Test func families_AreNamedTypedAndCounted() throws {
        let shape = try #require(indexed(Self.text)).shape
        typealias Family = ExpositionShape.Family
        #expect(
            shape.families == [
                Family(name: "a", type: .histogram, help: "A \\n help", lines: 0..<4, samples: 0..<2),
                Family(name: "b", lines: 4..<5, samples: 2..<3),
                Family(name: "c", type: .untyped, lines: 5..<6, samples: 3..<3),
                Family(name: "d", help: "", lines: 6..<9, samples: 3..<5),
            ])
        #expect(shape.series.count == 5 && Set(shape.series).count == 5)
        #expect(shape.hasTimestamps && !shape.hasRepeatedSeries)
    }

    @Test func extents_HoldTheLinesOfTheirFamilies() throws {
        let extents = try #require(indexed(Self.text)).extents
        let bytes = Array(Self.text.utf8)
        let parts = extents.map { extent in
            [bytes[extent.start..<extent.samples], bytes[extent.samples..<extent.end]].map {
                String(decoding: $0, as: UTF8.self)
            }
        }
        #expect(
            parts == [
                ["# HELP a A \\n help\n# TYPE a histogram\n", "a_bucket{le=\"1\"} 1\na_sum 2\n"], ["", "b 3\n"],
                ["# TYPE c untyped\n", ""], ["# HELP d \n", "d{e=\"f\"} 4 5\nd 5\n"],
            ])
        #expect(extents.first?.start == 0 && extents.last?.end == bytes.count)
        #expect(zip(extents, extents.dropFirst()).allSatisfy { $0.end == $1.start })
    }

    @Test func emptyBody_HasNothing() throws {
        let empty = try #require(indexed(""))
        #expect(empty.extents.isEmpty && empty.shape.families.isEmpty && empty.shape.series.isEmpty)
    }

    @Test func seriesHaveTheSameNumber_InWhateverOrderAndFormTheyAreWritten() throws {
        let one = try #require(indexed("a{b=\"c\",le=\"1\",d=\"\"} 1\n")).shape.series
        let other = try #require(indexed("# TYPE a gauge\na{ le=\"1.0\", b=\"c\"} 2 5\n")).shape.series
        #expect(one == other)
    }

    @Test(arguments: [
        ("a 1\n", false, false), ("a 1 5\n", true, false), ("a 1 5\na 1 6\n", true, true), ("a 1\na 1 5\n", true, true),
        ("a 1 5\na 1\n", true, true), ("a 1 5\nb 1 5\n", true, false), ("a 1 5\nb 1\n", true, false),
    ])
    func timesAndRepetitions_AreNoted(_ text: String, hasTimestamps: Bool, hasRepeatedSeries: Bool) throws {
        let shape = try #require(indexed(text)).shape
        #expect(shape.hasTimestamps == hasTimestamps && shape.hasRepeatedSeries == hasRepeatedSeries)
    }

    // MARK: Repetitions

    @Test(arguments: [
        ("a 1\nb 1\n", []), ("a 1\na 2\n", [1]), ("# TYPE a gauge\na 1\na{} 2\na{b=\"c\"} 2\na{b=\"\"} 3\n", [2, 4]),
        ("a 1 5\na 1 6\na 1 05\na 1\na 1\n", [2, 4]), ("a{le=\"1\"} 1\na{le=\"1.0\"} 1\nb 1\nb 1\n", [1, 3]),
    ])
    func repeatedSeries_AreToldByTheirLines(_ text: String, lines: [Int]) throws {
        var repeated: [Int] = []
        let index = withExactCopy(text.utf8) { CanonicalText.index($0, limits: .none) { repeated.append($0) } }
        #expect(repeated == lines)
        let shape = try #require(index).shape
        #expect(shape.series.count == shape.prefixes.filter { $0 & ExpositionShape.headerBit == 0 }.count)
        #expect(shape.hasRepeatedSeries || lines.isEmpty)
    }

    @Test func repeatedSeries_AreToldOnlyOfTextThatIsCanonicalOtherwise() {
        let index = withExactCopy("a 1\na 1\na x\n".utf8) { CanonicalText.index($0, limits: .none) { _ in } }
        #expect(index == nil)
    }

    // MARK: Limits

    @Test(arguments: [
        ("a 1\n", limits { $0.bytes = 4 }, true), ("a 1\n", limits { $0.bytes = 3 }, false),
        ("a 1\nb 1\n", limits { $0.series = 2 }, true), ("a 1\nb 1\n", limits { $0.series = 1 }, false),
        ("a 1 5\na 1 6\na 1\n", limits { $0.series = 1 }, true),
        ("a 1\na 1 5\nb 1\n", limits { $0.series = 1 }, false), ("a 1 5\na 1\nb 1 5\n", limits { $0.series = 2 }, true),
        ("# TYPE a gauge\n", limits { $0.series = 0 }, true),
        ("a 1\nb 1\n", limits { $0.families = 2 }, true), ("a 1\nb 1\n", limits { $0.families = 1 }, false),
        ("# HELP a b\n# TYPE a gauge\n# TYPE b gauge\n", limits { ($0.families, $0.series) = (2, 0) }, true),
        ("# HELP a b\n# TYPE a gauge\n# TYPE b gauge\n", limits { ($0.families, $0.series) = (1, 0) }, false),
        ("a{b=\"c\",d=\"e\"} 1\n", limits { $0.labels = 2 }, true),
        ("a{b=\"c\",d=\"e\"} 1\n", limits { $0.labels = 1 }, false),
        ("a 1\na{} 1 5\n", limits { $0.labels = 0 }, true), ("a{b=\"c\"} 1\n", limits { $0.labels = 0 }, false),
        ("a 1\n", limits { $0.labels = -1 }, true), ("a{b=\"c\"} 1\n", limits { $0.labels = -1 }, false),
        ("abc 1\n", limits { $0.nameBytes = 3 }, true), ("abc 1\n", limits { $0.nameBytes = 2 }, false),
        ("# TYPE a summary\na_sum 1\n", limits { $0.nameBytes = 5 }, true),
        ("# TYPE a summary\na_sum 1\n", limits { $0.nameBytes = 4 }, false),
        ("# HELP abc d\n", limits { $0.nameBytes = 2 }, false),
        ("a{bcd=\"e\"} 1\n", limits { $0.nameBytes = 3 }, true),
        ("a{bcd=\"e\"} 1\n", limits { $0.nameBytes = 2 }, false),
        ("a{b=\"\\n\"} 1\n", limits { $0.valueBytes = 2 }, true),
        ("a{b=\"\\n\"} 1\n", limits { $0.valueBytes = 1 }, false),
        ("a{b=\"\"} 1\n", limits { $0.valueBytes = 0 }, true), ("", limits { ($0.bytes, $0.series) = (0, 0) }, true),
    ])
    func limit_IsTheLastThatIsTaken(_ text: String, limits: ExpositionLimits, isTaken: Bool) {
        #expect((indexed(text, limits: limits) != nil) == isTaken)
    }

    @Test(arguments: [(CanonicalText.labelsMax, true), (CanonicalText.labelsMax + 1, false)])
    func labels_AreBoundedWithoutALimit(_ count: Int, isTaken: Bool) {
        let labels = (0..<count).map { "l\($0)=\"\"" }.joined(separator: ",")
        #expect((indexed("a{\(labels)} 1\n") != nil) == isTaken)
    }

    @Test func manyLineFeeds_AreRefusedBeforeThereIsRoomMadeForThem() {
        #expect(indexed([UInt8](repeating: 0x0A, count: 1 << 20)) == nil)
        #expect(indexed([UInt8](repeating: 0x0A, count: 1 << 20), limits: ExpositionLimits()) == nil)
    }

    // MARK: Parts of samples

    @Test(arguments: [
        ([], ["b 1\nb{c=\"d\"} 2 5\nb{c=\"e\"} 3\nb{c=\"d\"} 4 6\n"]),
        (["b"], ["b{c=\"d\"} 2 5\nb{c=\"e\"} 3\nb{c=\"d\"} 4 6\n"]),
        (["b{c=\"d\"}"], ["b 1\n", "b{c=\"e\"} 3\n"]), (["b{c=\"e\"}"], ["b 1\nb{c=\"d\"} 2 5\n", "b{c=\"d\"} 4 6\n"]),
        (["b{c=\"d\"}", "b{c=\"e\"}"], ["b 1\n"]), (["b", "b{c=\"d\"}", "b{c=\"e\"}"], []),
        (["a"], ["b 1\nb{c=\"d\"} 2 5\nb{c=\"e\"} 3\nb{c=\"d\"} 4 6\n"]),
    ])
    func samples_AreGivenWithoutThoseLeftOut(_ left: [String], parts: [String]) throws {
        let text = "a 1\n# HELP b c\nb 1\nb{c=\"d\"} 2 5\nb{c=\"e\"} 3\nb{c=\"d\"} 4 6\nd 1\n"
        let whole = try #require(indexed(text))
        let numbers = try left.map { try #require(indexed("\($0) 0\n")).shape.series[0] }
        let bytes = Array(text.utf8)
        let ranges = withExactCopy(bytes) { whole.samples(of: 1, in: $0, without: Set(numbers)) }
        #expect(ranges.map { String(decoding: bytes[$0], as: UTF8.self) } == parts)
    }

}
