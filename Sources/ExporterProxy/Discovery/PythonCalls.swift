/// Which runs wait for an answer of the Python interpreter, and whether it may be started again.
///
/// Decides; starts, sends and waits for nothing.
struct PythonCalls {
    enum Beginning: Equatable {
        /// The first of a new process.
        case start(number: Int)
        case send(number: Int)
        /// The process has ended again and again; it is tried again in so long.
        case tooEarly(Duration)
        case closed
    }

    static let delayMax = Duration.seconds(30)

    private enum Phase { case idle, serving, closed }

    private var phase = Phase.idle
    private var lastNumber = 0
    private var waiting: Set<Int> = []
    /// How often it has ended since its last answer.
    private var failures = 0
    private var startsAt = Int64.min

    init() {}

    mutating func begin(at now: Moment) -> Beginning {
        switch phase {
        case .closed: return .closed
        case .idle where now.monotonic < startsAt: return .tooEarly(.nanoseconds(startsAt - now.monotonic))
        case .idle:
            phase = .serving
            return .start(number: nextNumber())
        case .serving: return .send(number: nextNumber())
        }
    }

    private mutating func nextNumber() -> Int {
        lastNumber += 1
        waiting.insert(lastNumber)
        return lastNumber
    }

    /// Whether somebody waits for the answer; `nil` where nobody ever has.
    mutating func answered(_ number: Int) -> Bool? {
        guard number > 0, number <= lastNumber else { return nil }
        failures = 0
        return waiting.remove(number) != nil
    }

    /// Nobody waits for it any more. Whether somebody has until now.
    mutating func gaveUp(_ number: Int) -> Bool { waiting.remove(number) != nil }

    /// The process has ended, by itself or by us. Answers who is to be told.
    mutating func ended(at now: Moment) -> [Int] {
        failures += 1
        startsAt = now.advanced(by: delay).monotonic
        if phase == .serving { phase = .idle }
        return takeWaiting()
    }

    /// Nothing begins any more. Answers who is to be told.
    mutating func close() -> [Int] {
        phase = .closed
        return takeWaiting()
    }

    private mutating func takeWaiting() -> [Int] {
        defer { waiting = [] }
        return waiting.sorted()
    }

    /// None for the first failure of a row: it may have been one generator's doing.
    private var delay: Duration {
        failures < 2 ? .zero : min(Self.delayMax, .milliseconds(250 << min(failures, 10)))
    }
}
