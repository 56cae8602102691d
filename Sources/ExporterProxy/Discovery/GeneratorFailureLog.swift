import Logging
import Synchronization

/// One line when a generator begins to fail, and one when it is well again: what lies between is counted.
final class GeneratorFailureLog: Sendable {
    private static let namesMax = 1000

    private let logger: Logger
    /// Why those fail that do.
    private let failing = Mutex<[String: String]>([:])

    init(logger: Logger) { self.logger = logger }

    func note(_ generator: ListedGenerator, _ result: Result<ReadyList, GeneratorTrouble>) {
        switch result {
        case .success:
            guard failing.withLock({ $0.removeValue(forKey: generator.name) }) != nil else { return }
            logger.notice("a generator is well again", metadata: ["generator": "\(generator.name)"])
        case .failure(let trouble):
            let isNews = failing.withLock { failing in
                guard failing[generator.name] != trouble.reason else { return false }
                if failing.count >= Self.namesMax { failing = [:] }
                failing[generator.name] = trouble.reason
                return true
            }
            guard isNews else { return }
            logger.warning(
                "a generator of targets failed",
                metadata: [
                    "generator": "\(generator.name)", "reason": "\(trouble.reason)", "error": "\(trouble.text)",
                ])
        }
    }
}
