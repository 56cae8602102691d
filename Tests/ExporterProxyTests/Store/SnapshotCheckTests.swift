import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

private func check(
    _ text: String, like previous: CheckedSnapshot? = nil, appLabel: String? = nil, labels: [String: String] = [:],
    _ change: (inout SourceRules) -> Void = { _ in }
) -> CheckedSnapshot {
    var rules = SourceRules()
    change(&rules)
    return SnapshotCheck(rules: rules, appLabel: appLabel).check(Snapshot("a", text, labels: labels), like: previous)
}

private func limits(_ change: (inout ExpositionLimits) -> Void) -> ExpositionLimits {
    var limits = ExpositionLimits()
    change(&limits)
    return limits
}

extension CheckedSnapshot {
    fileprivate var counts: [String: Int] {
        Dictionary(verdict.counts.map { ($0.reason.code, $0.count) }) { $0 + $1 }
    }
}

private let good = "# HELP m H.\n# TYPE m counter\nm{a=\"1\"} 1\nm{a=\"2\"} 2 1795229735000\nn 3\n"

@Test func goodBody_IsServedAsItIs() {
    let snapshot = Snapshot("a", good)
    let checked = SnapshotCheck(rules: .init(), appLabel: nil).check(snapshot, like: nil)
    #expect(checked.body == snapshot.body && checked.snapshot === snapshot)
    #expect(checked.verdict.isValid && checked.verdict.findings.isEmpty && checked.series == 3)
}

@Test(arguments: ["1", "22", "+Inf", "0.5"])
func bodyOfTheSameShape_HasTheSameShapeObject(value: String) {
    let first = check(good)
    let second = check(good.replacing("} 1\n", with: "} \(value)\n"), like: first)
    #expect(second.index?.shape === first.index?.shape && first.index != nil)
    #expect(second.index?.extents.last?.end == second.body.readableBytes)
    #expect(check(good).index?.shape !== first.index?.shape, "without a body before it")
}

@Test(arguments: [
    good + "o 1\n", good.replacing("H.", with: "I."), good.replacing("counter", with: "gauge"),
    good.replacing("\"2\"", with: "\"3\""), "n 3\n",
])
func bodyOfAnotherShape_HasAnotherShapeObject(text: String) {
    let first = check(good)
    #expect(check(text, like: first).index?.shape !== first.index?.shape)
}

/// What is written for the page has the shape of what was written before, too.
@Test func rewrittenBody_HasTheSameShapeObject() {
    let labels = ["site": "north"]
    let first = check(good, appLabel: "app", labels: labels) { $0.timestamps = .strip }
    let second = check(good.replacing("n 3", with: "n 4"), like: first, appLabel: "app", labels: labels) {
        $0.timestamps = .strip
    }
    #expect(second.index?.shape === first.index?.shape && second.body.text.hasSuffix("n{app=\"a\",site=\"north\"} 4\n"))
    let third = check("m 1\r\nx y\n", like: second)
    #expect(check("m 2\r\nx y\n", like: third).index?.shape === third.index?.shape)
}

@Test(arguments: [
    ("m 1\r\nn 2\n", "m 1\nn 2\n", ["crlf": 1]),
    ("m 1", "m 1\n", ["missing_newline": 1]),
    ("m 1\nn x\no 2\n", "m 1\no 2\n", ["bad_value": 1]),
    ("m{a=\"1\"} 1\nn 1\nm{a=\"2\"} 1\n", "m{a=\"1\"} 1\nm{a=\"2\"} 1\nn 1\n", ["split_family": 1]),
    ("m 1\n# EOF\nn 2\n", "m 1\nn 2\n", ["eof_marker": 1]),
    ("m 1\nm 2\n", "m 1\n", ["duplicate_series": 1]),
    ("\u{0}m 1\nn 2\n", "n 2\n", ["nul_byte": 1]),
])
func badBody_IsRepaired_AndSaid(text: String, served: String, counts: [String: Int]) throws {
    let checked = check(text)
    #expect(checked.body.text == served && checked.counts == counts)
    let code = try #require(counts.keys.first)
    let isDropped = checked.verdict.counts.allSatisfy { $0.reason.outcome == .dropped }
    #expect(checked.verdict.isValid != isDropped && checked.verdict.findings.map(\.reason.code) == [code])
    #expect(checked.verdict.linesDropped + checked.verdict.repairs == 1)
}

@Test func manyFindings_AreCounted_AndTheFirstAreKept() {
    let checked = check((0..<100).map { "m\($0) x\n" }.joined() + "n 1\n")
    #expect(checked.body.text == "n 1\n" && checked.counts == ["bad_value": 100])
    #expect(checked.verdict.findings.map(\.line) == Array(1...20))
    #expect(checked.verdict.linesDropped == 100 && !checked.verdict.isValid)
}

/// However much is mended before it.
@Test func aLineThatIsLost_IsNamedBeforeThoseThatAreMended() {
    let checked = check((0..<50).map { "m\($0) 1\r\n" }.joined() + "x\ny\n")
    #expect(checked.counts == ["crlf": 50, "missing_value": 2])
    #expect(checked.verdict.findings.map(\.line) == Array(1...18) + [51, 52])
}

@Test(
    arguments: [
        ("too_many_bytes", limits { $0.bytes = good.utf8.count - 1 }),
        ("too_many_series", limits { $0.series = 2 }), ("too_many_families", limits { $0.families = 1 }),
    ])
func bodyOverALimit_IsNothing(code: String, limits: ExpositionLimits) {
    let change = { (rules: inout SourceRules) in rules.limits = limits }
    let checked = check(good, change)
    #expect(checked.verdict.limit?.code == code && !checked.verdict.isValid)
    #expect(checked.body.readableBytes == 0 && checked.series == 0)
    // However well the body before was known.
    #expect(check(good, like: check(good.replacing("n 3", with: "n 4"), change), change).verdict.limit?.code == code)
}

@Test(
    arguments: [
        ("too_many_labels", "m{a=\"22\"} 1\n", limits { $0.labels = 0 }),
        ("name_too_long", "mm 1\n", limits { $0.nameBytes = 1 }),
        ("value_too_long", "m{a=\"22\"} 1\n", limits { $0.valueBytes = 1 }),
    ])
func lineOverALimit_IsLeftOut(code: String, line: String, limits: ExpositionLimits) {
    let checked = check("m 1\n\(line)n 1\n") { $0.limits = limits }
    #expect(checked.body.text == "m 1\nn 1\n" && checked.counts == [code: 1])
    #expect(checked.verdict.limit == nil && !checked.verdict.isValid)
}

@Test func lengthOfTheBody_IsLookedAt_AlsoWhereItsShapeIsKnown() {
    let first = check("m 1\n") { $0.limits.bytes = 5 }
    #expect(check("m 22\n", like: first) { $0.limits.bytes = 5 }.verdict.isValid)
    #expect(check("m 333\n", like: first) { $0.limits.bytes = 5 }.verdict.limit?.code == "too_many_bytes")
}

// The snapshot came at 1 795 229 735 156 ms.
@Test(arguments: [
    (SourceRules.TimestampPolicy.pass, "m 1 0\nm 2 1795229435155\nm 3 1795229435156\nm 4 1995229735156\nn 5\n", 0, 0),
    (.dropOld, "m 3 1795229435156\nm 4 1995229735156\nn 5\n", 0, 2),
])
func timestamps_PassOrAreHeldAgainstTheMomentTheyCame(
    policy: SourceRules.TimestampPolicy, served: String, stripped: Int, old: Int
) {
    let text = "m 1 0\nm 2 1795229435155\nm 3 1795229435156\nm 4 1995229735156\nn 5\n"
    let checked = check(text) { $0.timestamps = policy }
    #expect(checked.body.text == served && checked.verdict.isValid)
    #expect(checked.verdict.timestampsStripped == stripped && checked.verdict.samplesTooOld == old)
}

@Test func timestamps_AreStripped() {
    let checked = check("m 1 0\nn 5\no{a=\"1 2\"} 3 17\n") { $0.timestamps = .strip }
    #expect(checked.body.text == "m 1\nn 5\no{a=\"1 2\"} 3\n" && checked.verdict.timestampsStripped == 2)
}

@Test(
    arguments: [
        ("m 1\n", [:], "app", "m{app=\"a\"} 1\n"),
        ("m{x=\"1\"} 1\n", ["site": "no\"rth", "x": "y"], nil, "m{site=\"no\\\"rth\",x=\"y\",exported_x=\"1\"} 1\n"),
        ("m{app=\"b\"} 1\n", ["app": "c"], "app", "m{app=\"a\",exported_app=\"b\"} 1\n"),
        ("# TYPE m gauge\nm{} 1\n", ["z": "1", "y": "2"], nil, "# TYPE m gauge\nm{y=\"2\",z=\"1\"} 1\n"),
    ] as [(String, [String: String], String?, String)])
func labelsOfConfiguration_StandInEachSample(
    text: String, labels: [String: String], appLabel: String?, served: String
) {
    #expect(check(text, appLabel: appLabel, labels: labels).body.text == served)
}

/// What configuration adds is not held against the source.
@Test func labelsOfConfiguration_AreNotCounted() {
    let labels = Dictionary((0..<70).map { ("l\($0)", String(repeating: "v", count: 5000)) }) { $1 }
    let checked = check("m{a=\"1\"} 1\n", labels: labels) { $0.limits.labels = 1 }
    #expect(checked.verdict.isValid && checked.series == 1 && checked.body.text.hasSuffix(",a=\"1\"} 1\n"))
}

@Test func rawBody_IsNotLookedAt() {
    let checked = check("nonsense\u{0}\n", appLabel: "app") { rules in
        rules.onInvalid = .raw
        rules.limits.bytes = 1
    }
    #expect(checked.body.text == "nonsense\u{0}\n" && checked.index == nil && checked.verdict.isValid)
    #expect(checked.series == 0)
}
