import Dispatch
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

private let good = "# TYPE m gauge\nm 1\n"
private let bad = "# TYPE m gauge\nm 2\nno sample\n"

@Test(arguments: [
    // At once, after stale_after, and a day later.
    (SourceRules.InvalidPolicy.dropLine, ["# TYPE m gauge\nm 2\n", "# TYPE m gauge\nm 2\n", "# TYPE m gauge\nm 2\n"]),
    (.keepLastGood, [good, "", ""]), (.dropApp, ["", "", ""]), (.reject, [good, good, good]), (.raw, [bad, bad, bad]),
])
func aBodyWithBadLines_IsServedAsThePolicySays(policy: SourceRules.InvalidPolicy, served: [String]) throws {
    let bench = Bench(policy)
    bench.push("a", good)
    #expect(try bench.page() == good)
    bench.time.advance(by: .seconds(10))
    bench.push("a", bad)
    for (place, text) in served.enumerated() {
        #expect(try bench.page() == text, "\(place)")
        bench.time.advance(by: place == 0 ? .seconds(291) : .seconds(86_400))
    }
    bench.push("a", good)
    #expect(try bench.page() == good)
}

@Test(arguments: SourceRules.InvalidPolicy.allCases)
func aBodyThatCanBeRepaired_IsValid(policy: SourceRules.InvalidPolicy) throws {
    let bench = Bench(policy)
    bench.push("a", "m 1\r\n")
    #expect(try bench.page() == (policy == .raw ? "m 1\r\n" : "m 1\n"))
    #expect(bench.merged.report(of: "a")?.verdict.isValid == true)
}

@Test(arguments: [
    (SourceRules.InvalidPolicy.dropLine, SourceReport.Served.latest), (.keepLastGood, .lastGood(since: .example)),
    (.dropApp, .nothing), (.reject, .lastGood(since: .example)), (.raw, .latest),
])
func theReport_SaysWhatIsServed(policy: SourceRules.InvalidPolicy, served: SourceReport.Served) throws {
    let bench = Bench(policy)
    bench.push("a", good)
    _ = try bench.page()
    bench.time.advance(by: .seconds(10))
    bench.push("a", bad)
    let report = try #require(bench.merged.report(of: "a"))
    #expect(report.served == served && report.verdict.isValid == (policy == .raw))
    #expect(report.totals.linesDropped.values.reduce(0, +) == (policy == .raw ? 0 : 1))
    #expect(report.servedBytes == (try bench.page().utf8.count))
    #expect(bench.merged.report(of: "b") == nil)
}

/// The last version that was good, and not the last one that anybody scraped.
@Test func aGoodVersion_IsFound_AlsoWhereNobodyScrapesBetweenTwoPushes() async throws {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    var rules = ExpositionRules()
    rules.exceptions = [.init(pattern: NamePattern("kept*"), rules: rules.standard)]
    rules.exceptions[0].rules.onInvalid = .keepLastGood
    let bench = Bench(rules, threads: threads)
    for name in ["kept", "other"] { bench.push(name, good) }
    // Behind the check, as the pool has one thread.
    try await threads.runIfActive {}
    for name in ["kept", "other"] { bench.push(name, bad) }
    #expect(bench.merged.report(of: "kept")?.served == .lastGood(since: .example))
    #expect(bench.merged.report(of: "other")?.served == .latest)
    #expect(try bench.page() == "# TYPE m gauge\nm 1\n", "the series of both is the same, and kept had it first")
    try await threads.shutdownGracefully()
}

@Test func manyPushes_AskForOneCheck() async throws {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    var rules = ExpositionRules()
    rules.standard.onInvalid = .keepLastGood
    let bench = Bench(rules, threads: threads)
    let gate = DispatchSemaphore(value: 0)
    threads.submit { _ in gate.wait() }
    // Each is valid, so a check of each would be a repair in the count.
    for index in 0..<100 { bench.push("a", "m \(index)\r\n") }
    gate.signal()
    try await threads.runIfActive {}
    #expect(bench.merged.report(of: "a")?.totals.repairs == ["crlf": 1])
    try await threads.shutdownGracefully()
}

@Test(arguments: SourceRules.InvalidPolicy.allCases)
func aPageStands_HoweverOldItGets_WhereNothingEndsWithTime(policy: SourceRules.InvalidPolicy) throws {
    let bench = Bench(policy)
    bench.push("a", good)
    _ = try bench.page()
    bench.push("a", bad)
    _ = try bench.page()
    bench.time.advance(by: .seconds(100))
    #expect(bench.merged.readyPage(.identity) != nil)
    bench.time.advance(by: .seconds(86_400))
    #expect((bench.merged.readyPage(.identity) == nil) == (policy == .keepLastGood))
    _ = try bench.page()
    #expect(bench.merged.readyPage(.identity) != nil)
}

// MARK: Limits

@Test(arguments: [
    (SourceRules.InvalidPolicy.dropLine, ""), (.keepLastGood, ""), (.dropApp, ""), (.reject, "# TYPE m gauge\nm 1\n"),
])
func aBodyOverALimit_LeavesTheLastGoodOne_AndTheNeighboursAlone(
    policy: SourceRules.InvalidPolicy, later: String
) throws {
    var rules = ExpositionRules()
    rules.standard.onInvalid = policy
    rules.standard.limits.series = 2
    let bench = Bench(rules)
    bench.push("a", good)
    bench.push("b", "n{x=\"1\"} 1\nn{x=\"2\"} 1\n")
    #expect(try bench.page() == good + "n{x=\"1\"} 1\nn{x=\"2\"} 1\n")
    bench.time.advance(by: .seconds(10))
    bench.push("a", "m 1\no 1\np 1\n")
    #expect(try bench.page() == good + "n{x=\"1\"} 1\nn{x=\"2\"} 1\n")
    let report = try #require(bench.merged.report(of: "a"))
    #expect(report.verdict.limit?.code == "too_many_series" && report.totals.limitHits == ["too_many_series": 1])
    #expect(report.served == .lastGood(since: .example))
    bench.time.advance(by: .seconds(291))
    #expect(try bench.page() == later + "n{x=\"1\"} 1\nn{x=\"2\"} 1\n")
}

@Test func seriesOfAll_HaveALimit_AndWhoGrowsBeyondItKeepsWhatHeHad() throws {
    var rules = ExpositionRules()
    rules.seriesMax = 4
    let bench = Bench(rules)
    bench.push("a", "a 1\naa 1\n")
    bench.push("b", "b 1\n")
    #expect(try bench.page() == "a 1\naa 1\nb 1\n")
    bench.push("b", "b 2\nbb 2\nbbb 2\n")
    bench.push("c", "c 1\n")
    #expect(try bench.page() == "a 1\naa 1\nb 1\nc 1\n")
    let report = try #require(bench.merged.report(of: "b"))
    #expect(report.verdict.limit?.code == "total_series" && report.totals.limitHits == ["total_series": 1])
    #expect(report.served == .lastGood(since: .example))
    // It stands, however long.
    bench.time.advance(by: .seconds(86_400))
    #expect(try bench.page() == "a 1\naa 1\nb 1\nc 1\n")
    #expect(bench.merged.readyPage(.identity) != nil)
    bench.push("b", "b 3\n")
    #expect(try bench.page() == "a 1\naa 1\nb 3\nc 1\n")
    #expect(bench.merged.report(of: "b")?.verdict.isValid == true)
    bench.push("b", "b 4\nbb 4\nbbb 4\n")
    #expect(try bench.page() == "a 1\naa 1\nb 3\nc 1\n")
    bench.remove("a")
    #expect(try bench.page() == "b 4\nbb 4\nbbb 4\nc 1\n")
    #expect(bench.merged.report(of: "b")?.totals.limitHits == ["total_series": 2])
}

// MARK: Other rules

@Test func theFirstPatternThatFits_Holds() throws {
    var rules = ExpositionRules()
    rules.exceptions = [("x-?", SourceRules.InvalidPolicy.dropApp), ("x-*", .raw), ("*", .dropLine)].map {
        name, policy in
        var exception = ExpositionRules.Exception(pattern: NamePattern(name), rules: rules.standard)
        exception.rules.onInvalid = policy
        return exception
    }
    let bench = Bench(rules)
    for name in ["x-1", "x-12", "y"] { bench.push(name, "m{x=\"\(name)\"} 1\nno sample\n") }
    #expect(try bench.page() == "m{x=\"y\"} 1\nm{x=\"x-12\"} 1\nno sample\n")
}

@Test func otherRules_HoldAtOnce_ForWhatIsThere() throws {
    let bench = Bench(.dropApp)
    bench.push("a", bad)
    #expect(try bench.page().isEmpty)
    var rules = ExpositionRules()
    bench.merged.update(rules)
    #expect(bench.merged.readyPage(.identity) == nil)
    #expect(try bench.page() == "# TYPE m gauge\nm 2\n")
    rules.appLabel = "app"
    bench.merged.update(rules)
    #expect(try bench.page() == "# TYPE m gauge\nm{app=\"a\"} 2\n")
}

@Test func otherRules_DoNotLoseTheLastGoodVersion() throws {
    let bench = Bench(.keepLastGood)
    bench.push("a", good)
    bench.push("b", "b 1\n")
    _ = try bench.page()
    bench.push("a", bad)
    #expect(try bench.page() == good + "b 1\n")
    var rules = ExpositionRules()
    rules.standard.onInvalid = .keepLastGood
    rules.standard.timestamps = .strip
    for _ in 0..<2 { bench.merged.update(rules) }
    #expect(bench.merged.report(of: "a")?.served == .lastGood(since: .example))
    #expect(bench.merged.report(of: "a")?.verdict.linesDropped == 1)
    // And what is gone does not come back with its name.
    bench.remove("a")
    bench.merged.update(rules)
    _ = try bench.page()
    bench.push("a", bad)
    #expect(bench.merged.report(of: "a")?.served == .nothing)
}

@Test func aSnapshotThatIsRemoved_TakesItsFindingsWithIt() throws {
    let bench = Bench(.dropApp)
    let snapshot = bench.push("a", bad)
    #expect(bench.merged.report(of: "a")?.verdict.linesDropped == 1)
    bench.store.noteFailure(of: "a", .init(origin: snapshot.origin, at: .example, reason: "refused"))
    bench.store.removeSnapshot(of: "a", ifStill: snapshot)
    let report = try #require(bench.merged.report(of: "a"))
    #expect(report.verdict.linesDropped == 0 && report.served == .nothing && report.totals.linesDropped != [:])
}
