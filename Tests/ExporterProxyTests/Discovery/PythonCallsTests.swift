import Testing

@testable import ExporterProxy

struct PythonCallsTests {
    private let begin = Moment(wall: Timestamp(nanoseconds: 0), monotonic: 0)

    private func moment(_ seconds: Int) -> Moment { begin.advanced(by: .seconds(seconds)) }

    @Test func firstCall_StartsTheProcess_AndTheNextOnesUseIt() {
        var calls = PythonCalls()
        #expect(calls.begin(at: begin) == .start(number: 1))
        #expect(calls.begin(at: begin) == .send(number: 2))
        #expect(calls.answered(1) == true)
        #expect(calls.begin(at: begin) == .send(number: 3))
        #expect(calls.ended(at: begin) == [2, 3])
        #expect(calls.ended(at: begin).isEmpty)
    }

    @Test func answers_AreForThoseWhoWait_AndForNobodyElse() {
        var calls = PythonCalls()
        #expect(calls.answered(1) == nil)
        _ = calls.begin(at: begin)
        for number in [-1, 0, 2, Int.max] { #expect(calls.answered(number) == nil) }
        #expect(calls.gaveUp(1) == true)
        #expect(calls.gaveUp(1) == false)
        // It was on its way.
        #expect(calls.answered(1) == false)
    }

    @Test func processThatEndsAgainAndAgain_IsStartedLaterAndLater() {
        var calls = PythonCalls()
        var now = begin
        var waits: [Duration] = []
        for _ in 0..<9 {
            _ = calls.begin(at: now)
            _ = calls.ended(at: now)
            if case .tooEarly(let wait) = calls.begin(at: now) {
                waits.append(wait)
                #expect(calls.begin(at: now.advanced(by: wait - .milliseconds(1))) == .tooEarly(.milliseconds(1)))
                now = now.advanced(by: wait)
            } else {
                _ = calls.ended(at: now)
                waits.append(.zero)
            }
        }
        #expect(waits.first == .zero)
        #expect(waits == waits.sorted())
        #expect(waits.last == PythonCalls.delayMax)
        // An answer makes good for all of it.
        _ = calls.begin(at: now)
        _ = calls.answered(1)
        _ = calls.ended(at: now)
        if case .start = calls.begin(at: now) {} else { Issue.record("it does not start at once") }
    }

    @Test func afterTheEnd_NothingBegins() {
        var calls = PythonCalls()
        _ = calls.begin(at: begin)
        #expect(calls.close() == [1])
        #expect(calls.begin(at: moment(100)) == .closed)
        #expect(calls.ended(at: begin).isEmpty)
        #expect(calls.begin(at: moment(100)) == .closed)
    }
}
