/// What a test waits for at most, however slow the machine: much more than it takes, as a passing test never waits so
/// long.
public let patience = Duration.seconds(30)

/// Asks again and again until there is an answer; throws at the deadline.
public func answer<T>(
    to question: String, within limit: Duration = patience, _ ask: () throws -> T?
) async throws -> T {
    let deadline = ContinuousClock.now.advanced(by: limit)
    while true {
        if let answer = try ask() { return answer }
        guard ContinuousClock.now < deadline else { throw TestFailure("waited \(limit) in vain: \(question)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Waits until `condition` holds; throws at the deadline.
public func wait(until what: String, within limit: Duration = patience, _ condition: () throws -> Bool) async throws {
    try await answer(to: what, within: limit) { try condition() ? () : nil }
}
