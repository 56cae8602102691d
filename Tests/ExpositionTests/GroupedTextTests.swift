import Exposition
import Testing

/// Samples with the labels of a group put in.
struct GroupedTextTests {
    static let group = GroupedText.Labels(
        group: [Label("job", "j"), Label("zone", "a\"b\\c\nd")], fallback: "instance", mark: "clearmode")

    static func read(_ text: String, _ labels: GroupedText.Labels = group) throws -> GroupedText {
        try Array(text.utf8).withUnsafeBytes { bytes in
            let index = try #require(CanonicalText.index(bytes, limits: .none), "not canonical: \(text)")
            return GroupedText(bytes, index, labels)
        }
    }

    static let zone = #"zone="a\"b\\c\nd""#

    @Test(arguments: [
        ("a 1\n", "a{instance=\"\",job=\"j\",\(zone)} 1\n"),
        ("a{} 1\n", "a{instance=\"\",job=\"j\",\(zone)} 1\n"),
        ("a{z=\"1\",b=\"2\"} 1\n", "a{b=\"2\",instance=\"\",job=\"j\",z=\"1\",\(zone)} 1\n"),
        ("a{job=\"mine\",instance=\"i\"} +5e3\n", "a{instance=\"i\",job=\"j\",\(zone)} +5e3\n"),
        ("a{ b = \"x\\n\\\"y\" , } NaN 17\n", "a{b=\"x\\n\\\"y\",instance=\"\",job=\"j\",\(zone)} NaN\n"),
        ("a\t-Inf\n", "a{instance=\"\",job=\"j\",\(zone)} -Inf\n"),
        ("a{ab=\"1\",a=\"2\",A=\"3\"} 1\n", "a{A=\"3\",a=\"2\",ab=\"1\",instance=\"\",job=\"j\",\(zone)} 1\n"),
        (
            "# HELP a x\n# TYPE a counter\na 1\nb 2\n",
            "a{instance=\"\",job=\"j\",\(zone)} 1\nb{instance=\"\",job=\"j\",\(zone)} 2\n"
        ),
    ])
    func labels_AreSortedAndThoseOfTheGroupHold(text: String, expected: String) throws {
        #expect(String(decoding: try Self.read(text).bytes, as: UTF8.self) == expected)
    }

    @Test func families_KnowTheirLinesAndSamples() throws {
        let text = try Self.read("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"2\"} 2\n# TYPE none gauge\nb 3\n")
        #expect(text.families.map(\.samples) == [0..<2, 2..<2, 2..<3])
        let lines = text.families.map { String(decoding: text.bytes[$0.lines], as: UTF8.self) }
        #expect(lines.map { $0.split(separator: "\n").count } == [2, 0, 1])
        #expect(lines[2].hasPrefix("b{"))
    }

    @Test func series_AreNumberedAsTheIndexDoesIt() throws {
        let source =
            "# TYPE h histogram\nh_bucket{le=\"1.0\",b=\"2\"} 1\nh_bucket{le=\"+Inf\",b=\"2\"} 1\nh_sum 1\nh_count 1\nu{c=\"\"} 1\n"
        let text = try Self.read(source)
        let again = try text.bytes.withUnsafeBytes { bytes in
            try #require(CanonicalText.index(UnsafeRawBufferPointer(bytes), limits: .none))
        }
        #expect(again.shape.series == text.series)
    }

    @Test(
        arguments: [
            ("a{job=\"x\"} 1\na{job=\"y\"} 2\n", 1), ("a{job=\"x\"} 1\na 2\n", 1),
            ("a{b=\"1\"} 1\na{b=\"2\"} 2\n", nil),
            ("b 1\na{clearmode=\"sum\"} 1\na{instance=\"\"} 2\n", nil), ("a 1 1\na 1 2\n", 1),
            ("a{zone=\"x\"} 1\nb{zone=\"x\"} 1\nb{zone=\"y\"} 1\n", 2),
        ] as [(String, Int?)])
    func seriesThatBecomeTheSame_AreTold(text: String, place: Int?) throws {
        #expect(try Self.read(text).repeated == place)
    }

    @Test(arguments: [("a 1\nb{__x=\"1\"} 1\n", 1), ("a{_x=\"1\",x__=\"__\"} 1\n", nil)] as [(String, Int?)])
    func reservedLabels_AreTold(text: String, place: Int?) throws {
        #expect(try Self.read(text).reserved == place)
    }

    @Test func markedFamilies_AreTold() throws {
        let text = try Self.read("a{clearmode=\"sum\"} 1\nb{clearmodes=\"sum\"} 1\nc 1\n")
        #expect(text.families.map(\.hasMark) == [true, false, false])
    }

    @Test(arguments: [
        ("h_bucket{le=\"1\"} 1\nh_count 1\n", true), ("h_bucket{le=\"+Inf\"} 1\nh_count 1\n", false),
        ("h_bucket{le=\"inf\"} 1\nh_count 1\n", false), ("h_sum 1\n", false), ("h_count 1\n", true),
        ("h_bucket{le=\"+Inf\",a=\"1\"} 1\nh_count{a=\"1\"} 1\nh_count{a=\"2\"} 1\n", true),
    ])
    func histogramsWithoutTheirLastBucket_AreTold(samples: String, lacks: Bool) throws {
        let text = try Self.read("# TYPE h histogram\n" + samples)
        #expect(text.families.map(\.lacksInfinity) == [lacks])
    }

    /// What was said of each sample, and nothing else, whatever the body.
    @Test func samplesOfBodiesByChance_AreTheSameButForTheGroup() throws {
        let labels = GroupedText.Labels(group: [Label("own", "g")], fallback: "instance", mark: "clearmode")
        for seed in 0..<300 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let text = generator.body()
            guard let index = indexed(text), !index.shape.hasRepeatedSeries else { continue }
            let grouped = text.withUnsafeBytes { GroupedText($0, index, labels) }
            #expect(grouped.series.count == index.shape.series.count)
            let before = text.withUnsafeBytes { TextParser.parse($0) }.families.flatMap(\.samples)
            let after = grouped.bytes.withUnsafeBytes { TextParser.parse($0) }
            #expect(grouped.repeated == nil)
            #expect(
                before.map { Self.line($0, isAdded: false) }.sorted()
                    == after.families.flatMap(\.samples).map { Self.line($0, isAdded: true) }.sorted())
        }
    }

    private static func line(_ sample: Sample, isAdded: Bool) -> String {
        var labels = sample.labels
        if !isAdded {
            labels = labels.filter { $0.name != "own" } + [Label("own", "g")]
            if !labels.contains(where: { $0.name == "instance" }) { labels.append(Label("instance", "")) }
            labels.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
        return sample.name + labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",") + " \(sample.value)"
    }
}
