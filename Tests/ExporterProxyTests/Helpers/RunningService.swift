import Logging
import ServiceLifecycle

@testable import ExporterProxy

/// Runs a service while `body` does, then stops it as the daemon would.
func withRunning<T: Sendable>(
    _ service: some Service, _ body: @escaping @Sendable () async throws -> T
) async throws -> T {
    let group = ServiceGroup(
        services: [service], gracefulShutdownSignals: [],
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        let result: Result<T, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        return try result.get()
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension InstrumentRegistry {
    /// The value of the sample that is written so, such as `a_total{door="tcp"}`; `nil` where there is none.
    func value(_ sample: String) -> Int? {
        exposition().split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .flatMap { Int($0.dropFirst(sample.count + 1)) }
    }
}
