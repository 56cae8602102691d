/// `[telemetry]` in config.toml.
///
/// - `merge` (default false): the proxy's own metrics are part of `/metrics`, not only of `/-/metrics`.
package struct TelemetryConfiguration: Equatable, Sendable {
    package var isMerged = false

    package init() {}

    package init(reading section: ConfigurationSection) {
        isMerged = section.boolean("merge", isMerged)
        section.finish()
    }
}
