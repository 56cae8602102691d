import Foundation
import Testing

@testable import ExporterProxy

extension Bench {
    /// The object of one source in the JSON of `/apps`, as another reader reads it.
    fileprivate func json(_ source: String) throws -> [String: Any] {
        let list = AppsList(store, merged.composition(), now: now)
        let parsed = try JSONSerialization.jsonObject(with: Data(list.json.utf8)) as? [String: Any]
        let apps = try #require(parsed?["apps"] as? [[String: Any]])
        return try #require(apps.first { $0["name"] as? String == source })
    }

    fileprivate func html() -> String { SourcesTable.html(AppsList(store, merged.composition(), now: now)) }

    fileprivate func table() -> String { AppsList(store, merged.composition(), now: now).table }
}

@Test func goodSource_IsValid_WithNothingMoreToSay() throws {
    let bench = Bench()
    bench.push("a", "# TYPE m gauge\nm 1\nm{x=\"1\"} 2\n")
    let json = try bench.json("a")
    #expect(json["valid"] as? Bool == true && json["served"] as? String == "latest")
    #expect(json["series"] as? Int == 2 && json["served_bytes"] as? Int == 30 && json["bytes"] as? Int == 30)
    #expect(json["lines_dropped"] as? [String: Int] == [:] && json["repairs"] as? [String: Int] == [:])
    for key in ["errors", "conflicts", "limit", "series_held", "served_since"] { #expect(json[key] == nil, "\(key)") }
    #expect(!bench.html().contains("<ul>") && !bench.table().contains("invalid"))
}

@Test func badLines_AreNamed_WithLineColumnAndText() throws {
    let bench = Bench()
    bench.push("a", "m 1\r\nn x<b>\u{1b}\"\n\u{0}\no 1\n")
    let json = try bench.json("a")
    #expect(json["valid"] as? Bool == false && json["lines"] as? Int == 4)
    #expect(json["lines_dropped"] as? [String: Int] == ["bad_value": 1, "nul_byte": 1])
    #expect(json["repairs"] as? [String: Int] == ["crlf": 1])
    let errors = try #require(json["errors"] as? [[String: Any]])
    #expect(errors.map { $0["line"] as? Int } == [1, 2, 3])
    #expect(errors.map { $0["column"] as? Int } == [4, 3, 1])
    #expect(errors.map { $0["reason"] as? String } == ["crlf", "bad_value", "nul_byte"])
    #expect(errors.map { $0["outcome"] as? String } == ["repaired", "dropped", "dropped"])
    #expect(errors.map { $0["text"] as? String } == ["m 1\\r", "n x<b>\\x1b\"", "\\x00"])
    #expect(errors.allSatisfy { ($0["error"] as? String)?.isEmpty == false && $0["remedy"] is String })
    let html = bench.html()
    #expect(html.contains("line 2, column 3: the value is not a number: n x&lt;b&gt;\\x1b&quot;</small>"))
    #expect(html.contains(">invalid</span>") && bench.table().contains(" UTC (invalid) |"))
}

@Test func manyBadLines_AreCounted_AndTheFirstTwentyNamed() throws {
    let bench = Bench()
    bench.push("a", (0..<50).map { "m\($0)\n" }.joined())
    let json = try bench.json("a")
    #expect((json["errors"] as? [Any])?.count == 20 && json["lines_dropped"] as? [String: Int] == ["missing_value": 50])
    #expect(bench.html().contains("<small>and 30 more</small>"))
}

@Test func conflicts_AreNamed_WithTheSourceThatWasFirst() throws {
    let bench = Bench()
    bench.push("a <b>", "# HELP m A.\n# TYPE m gauge\nm 1\n# HELP n A.\nn 1\n")
    bench.push("b", "# TYPE m counter\nm 1\n# HELP n B.\nn 1\n")
    _ = try bench.page()
    let json = try bench.json("b")
    let conflicts = try #require(json["conflicts"] as? [[String: Any]])
    #expect(conflicts.map { $0["kind"] as? String } == ["type", "help", "series"])
    #expect(conflicts.map { $0["family"] as? String } == ["m", "n", nil])
    #expect(conflicts.allSatisfy { $0["with"] as? String == "a <b>" && $0["count"] as? Int == 1 })
    #expect(json["valid"] as? Bool == true && json["series_held"] as? Int == 2)
    let html = bench.html()
    #expect(html.contains("m is left out: &#39;a &lt;b&gt;&#39; had it first, with another type"))
    #expect(html.contains("the HELP of n is that of &#39;a &lt;b&gt;&#39;"))
    #expect(html.contains("1 series are left out: &#39;a &lt;b&gt;&#39; had them first"))
    #expect(try bench.json("a <b>")["conflicts"] == nil)
}

@Test func lastGoodVersion_IsSaid_WithItsTimeAndTheLimit() throws {
    var rules = ExpositionRules()
    rules.standard.limits.series = 1
    let bench = Bench(rules)
    bench.push("a", "m 1\n")
    _ = try bench.page()
    bench.time.advance(by: .seconds(10))
    bench.push("a", "m 1\nn 1\n")
    var json = try bench.json("a")
    #expect(json["valid"] as? Bool == false && json["served"] as? String == "last_good")
    #expect(json["served_since"] as? String == "2026-11-21T02:55:35.156Z")
    #expect(json["limit"] as? String == "the exposition has more series than the limit")
    #expect(json["series"] as? Int == 1 && json["served_bytes"] as? Int == 4)
    bench.time.advance(by: .seconds(300))
    json = try bench.json("a")
    #expect(json["served"] as? String == "nothing" && json["served_since"] == nil && json["series"] as? Int == 0)
}
