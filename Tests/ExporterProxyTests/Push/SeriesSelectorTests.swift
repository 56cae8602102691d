import Exposition
import Testing

@testable import ExporterProxy

private func matches(_ selector: String, _ name: String, _ labels: [(String, String)]) throws -> Bool {
    try SeriesSelector(selector).matches(name: name, labels.map { Label($0.0, $0.1) })
}

private let api = [("code", "200"), ("job", "api")]

@Test(arguments: [
    ("up", false), ("m", true), (#"{job="api"}"#, true), (#"m{job="api",code!="200"}"#, false),
    (#"m{job=~"a.*"}"#, true), (#"m{job=~"a"}"#, false), (#"{job!~"b.*",__name__="m"}"#, true),
    (#"{code=~"2..",}"#, true), (#" m { job = 'api' } "#, true), (#"{__name__=~"m|n"}"#, true),
    (#"m{absent=""}"#, true), (#"m{absent!=""}"#, false), (#"m{job=~"api|\\d"}"#, true), (#"{job="a\"b"}"#, false),
])
func seriesAreSelected_AsPrometheusDoes(selector: String, isSelected: Bool) throws {
    #expect(try matches(selector, "m", api) == isSelected)
}

@Test(arguments: [
    "", "{}", #"{job=""}"#, #"{job!="x"}"#, #"{job=~".*"}"#, "m{", "m{job}", "m{job=api}", #"m{job="api""#,
    #"m{job="api"} x"#,
    #"m{job=~"("}"#, #"{1a="x"}"#, "m n", #"m{job=="x"}"#, String(repeating: "m", count: 5000),
])
func selectorsThatSayNothing_OrAreNone_AreRefused(selector: String) {
    #expect(throws: SeriesSelector.Problem.self) { try SeriesSelector(selector) }
}

/// A pattern that a backtracking engine does not come to the end of.
@Test func whateverThePattern_AMatchEnds() throws {
    #expect(try !matches(#"{l=~"(a+)+b"}"#, "m", [("l", String(repeating: "a", count: 1000))]))
    #expect(try !matches(#"{l=~"(x+x+)+y"}"#, "m", [("l", String(repeating: "x", count: 1000))]))
    #expect(throws: SeriesSelector.Problem.self) { try SeriesSelector(#"{l=~"((a{1000}){1000}){9}"}"#) }
}

@Test func values_AreComparedByBytes() throws {
    #expect(try !matches("{l=\"e\u{301}\"}", "m", [("l", "\u{E9}")]))
    #expect(try matches("{l=\"e\u{301}\"}", "m", [("l", "e\u{301}")]))
    #expect(try matches("{l=~\"caf.\"}", "m", [("l", "caf\u{E9}")]))
}
