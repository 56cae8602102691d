import Logging
import Synchronization

/// One line when a generator begins to fail, and one when it is well again: what lies between is counted.
final class GeneratorFailureLog: Sendable {
    private static let namesMax = 1000
    /// Of one generator: anybody can make up parameters with which it fails.
    private static let parametersMax = 20

    private let logger: Logger
    /// Why those fail that do.
    private let failing = Mutex<[CachedRuns.Key: String]>([:])

    init(logger: Logger) { self.logger = logger }

    /// Each set of parameters fails for itself.
    func note(_ key: CachedRuns.Key, _ result: Result<ReadyList, GeneratorTrouble>) {
        switch result {
        case .success:
            guard failing.withLock({ $0.removeValue(forKey: key) }) != nil else { return }
            logger.notice("a generator is well again", metadata: ["generator": "\(key.generator)"])
        case .failure(let trouble):
            let isNews = failing.withLock { failing in
                guard failing[key] != trouble.reason else { return false }
                let alike = failing.keys.count { $0.generator == key.generator && $0.mount == key.mount }
                guard alike < Self.parametersMax || key.parameters.isEmpty || failing[key] != nil else { return false }
                if failing.count >= Self.namesMax { failing = [:] }
                failing[key] = trouble.reason
                return true
            }
            guard isNews else { return }
            logger.warning(
                "a generator of targets failed",
                metadata: [
                    "generator": "\(key.generator)", "reason": "\(trouble.reason)", "error": "\(trouble.text)",
                ])
        }
    }
}
