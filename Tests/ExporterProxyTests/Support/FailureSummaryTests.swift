import Testing

@testable import ExporterProxy

@Test func failureSummary_SaysTheFirstOfAKindAtOnce_AndKeepsTheRestQuiet() {
    var summary = FailureSummary<String>(interval: .seconds(60))
    #expect(summary.note("a", at: .example) == (true, 0))
    #expect(summary.note("a", at: .example) == (false, 0))
    #expect(summary.note("b", at: .example) == (true, 0))
    #expect(summary.hasUnsaid)
}

@Test func failureSummary_SaysHowManyWereQuiet_WhenItSpeaksAgain() {
    var summary = FailureSummary<String>(interval: .seconds(60))
    for _ in 0..<8 { _ = summary.note("a", at: .example) }
    #expect(summary.note("a", at: .example.advanced(by: .seconds(60))) == (true, 7))
    #expect(!summary.hasUnsaid)
}

@Test func failureSummary_GivesItsSumsOnce_WhenTheIntervalHasPassed() {
    var summary = FailureSummary<String>(interval: .seconds(60))
    for _ in 0..<3 { _ = summary.note("a", at: .example) }
    _ = summary.note("b", at: .example)
    #expect(summary.due(at: .example.advanced(by: .milliseconds(59_999))).isEmpty)
    let due = summary.due(at: .example.advanced(by: .seconds(60)))
    #expect(due.map(\.kind) == ["a"] && due.map(\.unsaid) == [2])
    #expect(summary.due(at: .example.advanced(by: .seconds(600))).isEmpty)
    #expect(summary.note("a", at: .example.advanced(by: .seconds(61))).say == false)
}
