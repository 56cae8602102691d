import NIOCore
import Testing

@testable import ExporterProxy

extension Bench {
    /// Pushed one after the other.
    fileprivate init(_ sources: [(name: String, text: String)], _ rules: ExpositionRules = .init()) throws {
        self.init(rules)
        for source in sources {
            push(source.name, source.text)
            _ = try page()
        }
    }

    fileprivate func conflicts(_ source: String) -> [String] {
        merged.report(of: source)?.conflicts.texts ?? ["unknown"]
    }
}

@Test func families_StandOnce_SharedOnesFirst_ThenThoseOfEachSource() throws {
    let bench = try Bench([
        ("b", "# HELP z_total Z.\n# TYPE z_total counter\nz_total{s=\"b\"} 1\nb_only 1\nm 1\nb_too 1\n"),
        ("a", "# HELP a_only A.\na_only 1\n# HELP z_total Z.\n# TYPE z_total counter\nz_total{s=\"a\"} 1\n"),
        ("c", "# TYPE m gauge\nm{s=\"c\"} 1\n# TYPE empty gauge\n"),
    ])
    #expect(
        try bench.page() == """
            # TYPE m gauge
            m 1
            m{s="c"} 1
            # HELP z_total Z.
            # TYPE z_total counter
            z_total{s="a"} 1
            z_total{s="b"} 1
            # HELP a_only A.
            a_only 1
            b_only 1
            b_too 1
            # TYPE empty gauge

            """)
}

@Test func familyOfAnotherType_IsHeldBack_AndBothAreNamed() throws {
    let bench = try Bench([
        ("b", "# TYPE m gauge\nm 1\n"), ("a", "# HELP m M.\n# TYPE m counter\nm 2\nn 1\n"),
        ("c", "# HELP m C.\nm{s=\"c\"} 1\n"),
        ("d", "# HELP m D.\nm{s=\"d\"} 1\n"),
    ])
    #expect(try bench.page() == "# HELP m C.\n# TYPE m gauge\nm 1\nm{s=\"c\"} 1\nm{s=\"d\"} 1\nn 1\n")
    #expect(bench.conflicts("a") == ["type m with b: 1"] && bench.conflicts("b") == [])
    #expect(bench.conflicts("c") == [] && bench.conflicts("d") == ["help m with c: 1"])
    let report = bench.merged.report(of: "a")
    #expect(report?.verdict.isValid == true && report?.series == 2 && report?.seriesHeld == 1)
    bench.push("b", "o 1\n")
    #expect(try bench.page() == "# HELP m M.\n# TYPE m counter\nm 2\nm{s=\"c\"} 1\nm{s=\"d\"} 1\nn 1\no 1\n")
    #expect(bench.conflicts("a") == [] && bench.conflicts("c") == ["help m with a: 1"])
    let totals = ["a", "b", "c", "d"].map { bench.merged.report(of: $0)?.totals.conflicts }
    #expect(totals == [["type": 1], [:], ["help": 1], ["help": 2]])
}

@Test func partsOfAHistogram_StandWithIt() throws {
    let histogram = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n"
    let bench = try Bench([
        ("a", "h_count{s=\"a\"} 1\nh_bucket{le=\"x\"} 1\nh_bucket{le=\"1\",s=\"a\"} 1\nother 1\n"), ("b", histogram),
        ("c", "# TYPE h_sum gauge\nh_sum{s=\"c\"} 1\n"), ("d", "h{s=\"d\"} 1\n"),
    ])
    // A bucket whose le is no number is well as long as there is no histogram.
    #expect(
        try bench.page() == """
            # TYPE h histogram
            h_count{s="a"} 1
            h_bucket{le="1",s="a"} 1
            h_bucket{le="+Inf"} 1
            h_sum 1
            h_count 1
            other 1

            """)
    #expect(bench.conflicts("c") == ["type h_sum with b: 1"] && bench.conflicts("d") == ["type h with b: 1"])
    bench.remove("b")
    #expect(
        try bench.page() == """
            h_count{s="a"} 1
            h_bucket{le="x"} 1
            h_bucket{le="1",s="a"} 1
            other 1
            # TYPE h_sum gauge
            h_sum{s="c"} 1
            h{s="d"} 1

            """)
}

// MARK: The same series

@Test func theSameSeries_IsThatOfWhoHadItFirst() throws {
    let bench = try Bench([
        ("b", "# TYPE m gauge\nm{x=\"1\"} 1\nm{x=\"2\"} 1\n"), ("a", "m{x=\"2\"} 2\nm{x=\"3\"} 2\nm{x=\"1\"} 2\n"),
    ])
    #expect(try bench.page() == "# TYPE m gauge\nm{x=\"3\"} 2\nm{x=\"1\"} 1\nm{x=\"2\"} 1\n")
    let report = try #require(bench.merged.report(of: "a"))
    #expect(report.conflicts.texts == ["series with b: 2"] && report.seriesHeld == 2 && report.series == 3)
    #expect(report.totals.conflicts == ["series": 1])
    bench.push("b", "# TYPE m gauge\nm{x=\"1\"} 3\n")
    #expect(try bench.page() == "# TYPE m gauge\nm{x=\"2\"} 2\nm{x=\"3\"} 2\nm{x=\"1\"} 3\n")
    bench.remove("b")
    #expect(try bench.page() == "m{x=\"2\"} 2\nm{x=\"3\"} 2\nm{x=\"1\"} 2\n")
    #expect(bench.conflicts("a") == [])
    bench.push("b", "m{x=\"1\"} 4\n")
    #expect(try bench.page() == "m{x=\"2\"} 2\nm{x=\"3\"} 2\nm{x=\"1\"} 2\n")
    #expect(bench.conflicts("b") == ["series with a: 1"])
}

@Test func whoWaitsForASeries_IsToldWhoHasItNow() throws {
    let bench = try Bench(["a", "b", "c"].map { ($0, "m 1\n") })
    #expect(bench.conflicts("c") == ["series with a: 1"])
    bench.remove("a")
    #expect(bench.conflicts("c") == ["series with b: 1"] && bench.conflicts("b") == [])
}

@Test func theSameSeries_IsServedForAll_WhereThatIsAskedFor() throws {
    var rules = ExpositionRules()
    rules.duplicates = .expose
    let bench = try Bench([("b", "# TYPE m gauge\nm 1\n"), ("a", "# TYPE m gauge\nm 2\n")], rules)
    #expect(try bench.page() == "# TYPE m gauge\nm 2\nm 1\n")
    #expect(bench.conflicts("a") == [] && bench.conflicts("b") == [])
}

@Test func aLabelWithTheSourcesName_EndsDuplicates() throws {
    var rules = ExpositionRules()
    rules.appLabel = "app"
    let bench = try Bench([("b\"", "# TYPE m gauge\nm 1\n"), ("a", "m 2\nn{app=\"x\"} 1\n")], rules)
    #expect(
        try bench.page() == """
            # TYPE m gauge
            m{app="a"} 2
            m{app="b\\""} 1
            n{app="a",exported_app="x"} 1

            """)
    #expect(bench.conflicts("a") == [] && bench.conflicts("b\"") == [])
}

@Test func labelsOfATarget_AreOnItsPage() throws {
    let bench = Bench()
    bench.push("a", "m 1\n", labels: ["site": "north"])
    bench.push("b", "m 1\n")
    #expect(try bench.page() == "m{site=\"north\"} 1\nm 1\n")
}

// MARK: Owners

@Test func anOwnerThatTurnsStale_StandsBehind() throws {
    let bench = try Bench([("a", "# TYPE m gauge\nm 1\n")])
    bench.time.advance(by: .seconds(200))
    bench.push("b", "# TYPE m counter\nm 2\n")
    #expect(try bench.page() == "# TYPE m gauge\nm 1\n")
    bench.time.advance(by: .seconds(101))
    #expect(bench.merged.readyPage(.identity) == nil)
    #expect(try bench.page() == "# TYPE m counter\nm 2\n")
    #expect(bench.conflicts("a") == ["type m with b: 1"] && bench.conflicts("b") == [])
    bench.push("a", "# TYPE m gauge\nm 3\n")
    #expect(try bench.page() == "# TYPE m counter\nm 2\n", "its time has gone")
    bench.time.advance(by: .seconds(200))
    #expect(try bench.page() == "# TYPE m gauge\nm 3\n")
}

@Test func anOwnerOfASeriesThatFails_StandsBehind() throws {
    let bench = try Bench([("a", "m 1\n"), ("b", "m 2\n"), ("c", "c 1\n")])
    #expect(try bench.page() == "m 1\nc 1\n")
    bench.store.noteFailure(of: "a", .init(origin: .init(.poll, "x"), at: bench.now, reason: "refused"))
    #expect(try bench.page() == "m 2\nc 1\n")
    bench.store.noteFailure(of: "c", .init(origin: .init(.poll, "x"), at: bench.now, reason: "refused"))
    #expect(try bench.page() == "m 2\nc 1\n", "nobody waits for what it has")
}

@Test func anOwnerWhoseBodyIsNotServed_HasNothing() throws {
    var rules = ExpositionRules()
    rules.standard.onInvalid = .dropApp
    let bench = try Bench([("a", "# TYPE m gauge\nm 1\n"), ("b", "# TYPE m counter\nm 2\n")], rules)
    bench.push("a", "# TYPE m gauge\nm 1\nbroken\n")
    #expect(try bench.page() == "# TYPE m counter\nm 2\n")
    bench.push("a", "# TYPE m gauge\nm 1\n")
    #expect(try bench.page() == "# TYPE m counter\nm 2\n")
}

@Test func rawSources_StandLast_AndAreInNobodysWay() throws {
    var rules = ExpositionRules()
    rules.exceptions = [.init(pattern: NamePattern("a*"), rules: rules.standard)]
    rules.exceptions[0].rules.onInvalid = .raw
    let bench = try Bench([("a1", "# TYPE m gauge\nm 1\n"), ("a0", "x"), ("b", "# TYPE m counter\nm 2\n")], rules)
    #expect(try bench.page() == "# TYPE m counter\nm 2\nx# TYPE m gauge\nm 1\n")
    #expect(bench.conflicts("b") == [])
}

// MARK: Blocks

@Test func blocksInWhichNothingHasChanged_AreUsedAgain() throws {
    let text = { (name: String, value: Int) in
        (0..<500).map { "shared_\($0)_total{s=\"\(name)\",text=\"some more text\"} \(value)\n" }.joined()
            + "\(name) \(value)\n"
    }
    let shared = (0..<1000).map { "shared_0_total{s=\"c\($0)\",text=\"some more text\"} 1\n" }.joined()
    let bench = try Bench([("a", text("a", 1)), ("b", text("b", 1)), ("c", shared + "c 1\n")])
    let before = bench.merged.composition().blocks
    #expect(before.count > 4)
    bench.push("c", shared + "c 2\n")
    let after = bench.merged.composition().blocks
    // The block of shared_0_total, in which c is, and that of its own families.
    let renewed = zip(before, after).filter { $0.0 !== $0.1 }.map { $0.1.pieces.map(\.text).joined() }
    #expect(after.count == before.count && (1...3).contains(renewed.count) && renewed.last == "c 2\n")
    #expect(renewed.dropLast().allSatisfy { $0.contains("shared_0_total{s=\"c") })
    // A source more: its own block is new, and no other.
    bench.push("aa", "aa 1\n")
    let more = bench.merged.composition().blocks
    #expect(
        more.filter { block in !after.contains { $0 === block } }.map { $0.pieces.map(\.text).joined() } == ["aa 1\n"])
    bench.remove("aa")
    let fewer = bench.merged.composition().blocks
    #expect(zip(fewer, after).allSatisfy { $0 === $1 } && fewer.count == after.count)
}
