import Logging

/// `[log]` in config.toml.
///
/// - `level` (`"trace"` … `"critical"`, default `"info"`).
/// - `format` (`"logfmt"` or `"json"`, default `"logfmt"`).
package struct LogConfiguration: Equatable, Sendable {
    package enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical

        var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
    }

    package enum Format: String, CaseIterable, Sendable { case logfmt, json }

    package var level = Level.info
    package var format = Format.logfmt

    package init() {}

    package init(reading section: ConfigurationSection) {
        level = section.choice("level", level)
        format = section.choice("format", format)
        section.finish()
    }
}
