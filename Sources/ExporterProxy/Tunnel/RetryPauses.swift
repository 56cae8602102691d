import HyperDHT

/// How long to wait before the next try: longer after each failure, and a random part more, up to half of it, so that
/// many who fail together do not come again together.
struct RetryPauses: Sendable {
    private let steps: [Int64]
    private var failures = 0

    /// `steps` in nanoseconds; the last one holds for all further failures.
    init(_ steps: [Int64]) {
        precondition(!steps.isEmpty, "there has to be a pause after the first failure")
        self.steps = steps
    }

    mutating func next(using numbers: inout Randomness) -> Int64 {
        let pause = steps[min(failures, steps.count - 1)]
        failures = min(failures + 1, steps.count)
        return pause + Int64.random(in: 0...pause / 2, using: &numbers)
    }

    /// After a success.
    mutating func reset() { failures = 0 }
}
