import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

/// What is to be done, in a few words.
private func read(
    _ body: String, _ manner: PushRequest.Manner = .replacing(.families), mode: String? = nil,
    _ change: (inout PushRules) -> Void = { _ in }
) -> [String] {
    var rules = PushRules()
    change(&rules)
    let group = GroupingKey([Label("job", "j")])
    let request = PushRequest(group: group, manner: manner, clearMode: mode.flatMap(ClearWord.init))
    do throws(PushRefusal) {
        let reader = PushParser(rules: rules, limits: ExpositionLimits())
        return try reader.read(ByteBuffer(string: body), request, at: .example).families.map(said)
    } catch {
        return [error.reason] + error.text.split(separator: "\n").prefix(1).map(String.init)
    }
}

private func said(_ family: PushedFamily) -> String {
    let head = "\(family.name) \(family.type) clears \(family.clears): "
    switch family.content {
    case .block(let block): return head + String(buffer: block.lines).replacing("\n", with: ";")
    case .metrics(let metrics):
        return head + metrics.map { "{\($0.labels)} \(said($0.mode)) \(said($0.point))" }.joined(separator: "; ")
    }
}

private func said(_ mode: ClearMode) -> String {
    "\(mode.operation)" + (mode.window.map { " \(DurationText.format($0))" } ?? "")
}

private func said(_ point: PushedMetric.Point) -> String {
    switch point {
    case .value(let value, let text): "\(value) as \(text)"
    case .histogram(let point):
        point.buckets.map { "\($0.bound):\($0.count)" }.joined(separator: " ")
            + " sum \(point.sum.map { "\($0)" } ?? "none") count \(point.count)"
    case .summary(let point):
        point.quantiles.map { "\($0.quantile):\($0.value)" }.joined(separator: " ")
            + " sum \(point.sum.map { "\($0)" } ?? "none") count \(point.count.map { "\($0)" } ?? "none")"
    }
}

private let job = #"instance="",job="j""#

@Test(arguments: [
    ("a 1\n", ["a untyped clears replaced: a{\(job)} 1;"]), ("", []),
    ("# TYPE e gauge\n", ["e gauge clears replaced: "]),
    ("a 1", ["a untyped clears replaced: a{\(job)} 1;"]),
    (
        "a{clearmode=\"sum\"} 1\na{x=\"1\"} 2\n",
        ["a untyped clears replaced: {\(job)} sum 1.0 as 1; {\(job),x=\"1\"} replace 2.0 as 2"]
    ),
    ("a{clearmode=\"mean5m\"} 1e3\n", ["a untyped clears nothing: {\(job)} mean 5m 1000.0 as 1e3"]),
    ("i{clearmode=\"family\",v=\"2\"} 1\n", ["i untyped clears all: {\(job),v=\"2\"} replace 1.0 as 1"]),
    (
        "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 3\nh_count 4\n",
        ["h histogram clears replaced: {\(job)} replace 1.0:2.0 inf:4.0 sum 3.0 count 4.0"]
    ),
    (
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum 3\nh_count 4\n",
        ["h histogram clears replaced: h_bucket{\(job),le=\"+Inf\"} 4;h_sum{\(job)} 3;h_count{\(job)} 4;"]
    ),
    ("# TYPE g gauge\ng{le=\"1\",clearmode=\"max\"} 1\n", ["g gauge clears nothing: {\(job),le=\"1\"} max 1.0 as 1"]),
])
func inPushgatewaysWay_SeriesWithoutAModeAreReplaced(body: String, expected: [String]) {
    #expect(read(body) == expected)
}

@Test(arguments: [
    (
        "a 1\n# TYPE g gauge\ng 2\n",
        ["a untyped clears nothing: {\(job)} sum 1.0 as 1", "g gauge clears nothing: {\(job)} replace 2.0 as 2"]
    ),
    (
        "# TYPE s summary\ns{quantile=\"0.9\"} 2\ns{quantile=\"0.5\"} 1\ns_sum 3\ns_count 4\n",
        ["s summary clears nothing: {\(job)} sum 0.5:1.0 0.9:2.0 sum 3.0 count 4.0"]
    ),
    (
        "# TYPE h histogram\nh_bucket{le=\"5\",clearmode=\"replace\"} 2\nh_bucket{le=\"1\"} 1\n",
        ["h histogram clears nothing: {\(job)} replace 1.0:1.0 5.0:2.0 inf:2.0 sum none count 2.0"]
    ),
])
func inGravelsWay_SeriesWithoutAModeFollowTheirType(body: String, expected: [String]) {
    #expect(read(body, .aggregating) == expected)
}

@Test func whoSaysNothing_IsTreatedByTheRequest_OrElseByTheRules() {
    let expected = ["a untyped clears nothing: {\(job)} max 1.0 as 1"]
    #expect(read("a 1\n", mode: "max") == expected)
    func rule(_ metric: String, _ word: String) -> PushRules.Rule {
        .init(job: NamePattern("j"), metric: NamePattern(metric), clearMode: ClearWord(word))
    }
    #expect(read("a 1\n") { $0.rules = [rule("b*", "sum"), rule("a", "max"), rule("a", "min")] } == expected)
    #expect(read("a 1\n", mode: "max") { $0.rules = [rule("a", "min")] } == expected)
    #expect(read("a{clearmode=\"max\"} 1\n", mode: "min") == expected)
    #expect(read("a 1\n", mode: "family") == ["a untyped clears all: {\(job)} replace 1.0 as 1"])
}

@Test(arguments: [
    ("a 1 5\n", "timestamp", "timestamp"), ("a{x=\"} 1 2\"} 1\nb 1 1000\n", "timestamp", "b 1 1000"),
    ("a{job=\"x\"} 1\na{job=\"y\"} 2\n", "repeated_series", #"a{\#(job)} 2"#),
    ("a{clearmode=\"sum\"} 1\na{clearmode=\"replace\"} 2\n", "repeated_series", "a{"),
    (
        "# TYPE h histogram\nh_count{clearmode=\"sum\"} 1\nh_count{clearmode=\"replace\"} 1\n", "repeated_series",
        "h_count"
    ),
    (
        "# TYPE h histogram\nh_bucket{clearmode=\"sum\",le=\"1\"} 1\nh_bucket{le=\"1.0\"} 1\n", "repeated_series",
        "h_bucket"
    ),
    ("a{clearmode=\"sun\"} 1\n", "clearmode", "'sun' is no clearmode"), ("a{__x=\"1\"} 1\n", "reserved_label", "__x"),
    ("a 1\nb\nc x\n", "invalid", "2 lines are invalid"), ("a 1\na 2\n", "invalid", "1 line is invalid"),
])
func pushesThatCannotBeTaken_AreRefusedWithAReason(body: String, reason: String, words: String) {
    let said = read(body)
    #expect(said.first == reason)
    #expect(said.last?.contains(words) == true, "\(said)")
}

@Test func timestamps_CanBeLeftOut() {
    #expect(read("a 1 5\n") { $0.timestamps = .strip } == ["a untyped clears replaced: a{\(job)} 1;"])
}

@Test func anInvalidPush_IsExplainedByUpToTwentyLines() throws {
    let body = (0..<30).map { "m\($0) x\n" }.joined()
    let reader = PushParser(rules: PushRules(), limits: ExpositionLimits())
    let request = PushRequest(group: GroupingKey([]), manner: .aggregating)
    do throws(PushRefusal) {
        _ = try reader.read(ByteBuffer(string: body), request, at: .example)
        Issue.record("it was taken")
    } catch {
        #expect(error.text.contains("30 lines are invalid") && error.text.hasSuffix("… and 10 more"))
        #expect(error.text.contains("m19 x") && !error.text.contains("m20 x"))
    }
}

/// Quadratic work would take minutes.
@Test func aHistogramOfManyBuckets_IsReadInOneGo() {
    let buckets = (0..<40_000).map { "h_bucket{le=\"\($0)\"} 1\n" }.joined()
    #expect(read("# TYPE h histogram\n" + buckets, .aggregating).first?.hasSuffix("count 1.0") == true)
}

/// The door has limits of its own: what it has acknowledged is served.
@Test func pushedGroups_AreServed_WhateverTheLimitsOfOtherSources() throws {
    var rules = ExpositionRules()
    rules.standard.limits.series = 1
    rules.standard.onInvalid = .dropApp
    let store = SnapshotStore()
    for (name, door) in [("push: {}", .push), ("app", .tcp)] as [(String, Snapshot.Origin.Door)] {
        let body = ByteBuffer(string: "\(door)_a 1\n\(door)_b 2\n")
        let origin = Snapshot.Origin(door, "somewhere")
        #expect(store.replace(with: Snapshot(source: name, origin: origin, receivedAt: .example, body: body)))
    }
    let merged = MergedExposition(store: store, rules: rules, threads: .singleton, time: ManualTime().source)
    let page = try merged.page(.identity).pieces.map { String(buffer: $0) }.joined()
    #expect(page == "push_a 1\npush_b 2\n")
}
