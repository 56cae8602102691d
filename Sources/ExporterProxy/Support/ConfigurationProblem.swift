/// One thing that is wrong with the configuration, said so that it can be mended without reading code.
package struct ConfigurationProblem: Equatable, Sendable {
    /// The key as it is written, from the top: `receiver.format`, `poll_external.target[0].url`.
    package var keyPath: String
    /// What was expected, or what to do instead.
    package var reason: String

    package init(_ keyPath: String, _ reason: String) {
        self.keyPath = keyPath
        self.reason = reason
    }
}

/// Collects every problem of one configuration, so that a user mends them in one go.
package final class ConfigurationProblems {
    package private(set) var all: [ConfigurationProblem] = []
    /// Every key that a room asked for, in the order of asking: what docs/configuration.md is compared with.
    package private(set) var keys: [ConfigurationKey] = []

    package init() {}

    package func report(_ keyPath: String, _ reason: String) {
        all.append(ConfigurationProblem(keyPath, reason))
    }

    func declare(_ key: ConfigurationKey) {
        if !keys.contains(key) { keys.append(key) }
    }
}

/// A key that the configuration knows: where it is, what it takes, and what holds without it.
package struct ConfigurationKey: Equatable, Sendable {
    package var path: String
    package var expected: String
    package var standard: String
}
