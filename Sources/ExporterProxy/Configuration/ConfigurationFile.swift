import Glibc

/// Finds, reads and checks the configuration: defaults, then the file, then the environment, then flags.
package struct ConfigurationFile: Sendable {
    package static let standardPaths = ["./config.toml", "/etc/exporter-proxy/config.toml"]
    private static let bytesMax = 4 * 1024 * 1024

    package var configuration: RootConfiguration
    /// The file that was read; `nil` where there is none and the defaults hold.
    package var path: String?
    private var overrides: ConfigurationOverrides

    /// Throws ``ConfigurationFailure`` with every problem there is.
    package static func load(
        path: String?, overrides: ConfigurationOverrides
    ) throws(ConfigurationFailure) -> ConfigurationFile {
        let found = path ?? standardPaths.first { access($0, F_OK) == 0 }
        let file = try found.map { path throws(ConfigurationFailure) in try read(path) }
        var values = file?.values ?? [:]
        var applied = overrides
        applied.apply(to: &values)
        let problems = ConfigurationProblems()
        var configuration = RootConfiguration(values, problems)
        let linesOfOthers = configuration.events.readDefinitions(
            listensAsFileSays: applied.listensAsHermesFileSays, problems)
        guard problems.all.isEmpty, linesOfOthers.isEmpty else {
            throw ConfigurationFailure(
                lines: problems.all.map { line($0, path: found, file, applied) } + linesOfOthers)
        }
        return ConfigurationFile(configuration: configuration, path: found, overrides: overrides)
    }

    /// Reads the same file again, under the same environment and flags; where there was none, looks for one.
    package func reloaded() throws(ConfigurationFailure) -> ConfigurationFile {
        try Self.load(path: path, overrides: overrides)
    }

    private static func read(_ path: String) throws(ConfigurationFailure) -> TOMLFile {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile.read(path, bytesMax: bytesMax)
        } catch {
            throw ConfigurationFailure(lines: [error.description])
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationFailure(lines: ["\(path): the file is not UTF-8"])
        }
        do throws(TOMLFileError) {
            return try TOMLFile(text)
        } catch {
            throw ConfigurationFailure(lines: ["\(path):\(error.line):\(error.column): \(error.reason)"])
        }
    }

    private static func line(
        _ problem: ConfigurationProblem, path: String?, _ file: TOMLFile?, _ overrides: ConfigurationOverrides
    ) -> String {
        let place: String
        if let origin = overrides.origin(of: problem.keyPath) {
            place = origin
        } else if let path {
            place = file?.line(of: problem.keyPath).map { "\(path):\($0)" } ?? path
        } else {
            place = "configuration"
        }
        return "\(place): \(problem.keyPath): \(problem.reason)"
    }
}

/// All that is wrong with a configuration, one line each.
package struct ConfigurationFailure: Error, Equatable, CustomStringConvertible {
    package var lines: [String]
    package var description: String { lines.joined(separator: "\n") }

    /// The exit status for it: EX_CONFIG of sysexits.h.
    package static let exitStatus: Int32 = 78
}
