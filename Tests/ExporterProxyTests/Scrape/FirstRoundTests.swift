import Testing

@testable import ExporterProxy

@Test func firstRound_IsOver_WhenEachTargetHasAnsweredOrFailed() {
    let round = FirstRound(of: ["a", "b", "b"], began: .example)
    #expect(round.remaining(at: .example) == 2)
    for name in ["a", "a", "other"] { round.note(name) }
    #expect(round.remaining(at: .example) == 1)
    round.note("b")
    #expect(round.remaining(at: .example) == 0)
}

@Test func firstRound_IsOver_WhereThereAreNoTargets() {
    #expect(FirstRound(of: [], began: .example).remaining(at: .example) == 0)
}

@Test func firstRound_WaitsTenSeconds_AndForNobodyAgain() {
    let round = FirstRound(of: ["a"], began: .example)
    #expect(round.remaining(at: .example.advanced(by: .milliseconds(9999))) == 1)
    #expect(round.remaining(at: .example.advanced(by: .seconds(10))) == 0)
    #expect(round.remaining(at: .example) == 0)
}
