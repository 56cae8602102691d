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

    /// - Parameter isFailure: whether the next pause is longer for it.
    mutating func next(isFailure: Bool = true, using numbers: inout Randomness) -> Int64 {
        let pause = steps[min(failures, steps.count - 1)]
        if isFailure { failures = min(failures + 1, steps.count) }
        return Self.jittered(pause, using: &numbers)
    }

    static func jittered(_ pause: Int64, using numbers: inout Randomness) -> Int64 {
        pause + Int64.random(in: 0...max(pause / 2, 0), using: &numbers)
    }

    /// After a success.
    mutating func reset() { failures = 0 }
}
