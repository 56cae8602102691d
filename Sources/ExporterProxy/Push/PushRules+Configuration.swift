import Exposition

/// `[push]` in config.toml: the door of jobs and functions.
///
/// - `enabled` (default true).
/// - `default` (`"replace"`): what `/metrics/job/…` does with series that nobody has said anything of.
/// - `timestamps` (`"refuse"`).
/// - `expire_after` (`"off"`): series that nobody has pushed for so long are removed.
/// - `max_body_bytes`, `max_decompressed_bytes`: larger pushes are refused with 413.
/// - `groups_max`, `group_series_max`, `total_series_max`: pushes beyond are refused with 400.
/// - `[[push.rule]]`: `job` and `metric` (patterns), `clearmode`, `expire_after`.
package struct PushConfiguration: Equatable, Sendable {
    package var isEnabled = true
    package var rules = PushRules()
    package var expireAfter: Duration?
    package var bodyBytesMax = 16 * 1024 * 1024
    package var decompressedBytesMax = 64 * 1024 * 1024
    package var groupsMax = 10_000
    package var groupSeriesMax = 50_000
    package var totalSeriesMax = 1_000_000

    package init() {}

    package init(reading section: ConfigurationSection) {
        isEnabled = section.boolean("enabled", isEnabled)
        rules.personality = section.choice("default", rules.personality)
        rules.timestamps = section.choice("timestamps", rules.timestamps)
        expireAfter = section.optionalDuration("expire_after", expireAfter)
        bodyBytesMax = section.integer("max_body_bytes", bodyBytesMax, in: 1...1_073_741_824)
        decompressedBytesMax = section.integer("max_decompressed_bytes", decompressedBytesMax, in: 1...2_147_483_647)
        groupsMax = section.integer("groups_max", groupsMax, in: 1...1_000_000)
        groupSeriesMax = section.integer("group_series_max", groupSeriesMax, in: 1...100_000_000)
        totalSeriesMax = section.integer("total_series_max", totalSeriesMax, in: 1...1_000_000_000)
        let entries = section.tables("rule")
        rules.rules = entries.map(PushRules.Rule.init(reading:))
        if entries.isEmpty {
            // So that the keys are known: to the documentation, and to whoever overrides one.
            _ = PushRules.Rule(reading: ConfigurationSection(section.keyPath("rule[]"), [:], section.problems))
        }
        section.finish()
    }

    /// Of all that is held.
    package var holds: PushLimits {
        var limits = PushLimits()
        limits.groups = groupsMax
        limits.seriesOfGroup = groupSeriesMax
        limits.series = totalSeriesMax
        limits.expireAfter = expireAfter
        return limits
    }

    /// Of one push.
    func limits(within exposition: ExpositionLimits) -> ExpositionLimits {
        var limits = exposition
        limits.bytes = decompressedBytesMax
        limits.series = groupSeriesMax
        return limits
    }
}

extension PushRules.Rule {
    init(reading section: ConfigurationSection) {
        job = NamePattern(section.string("job", "*", expected: "a pattern of jobs: * is any text, ? one character"))
        metric = NamePattern(
            section.string("metric", "*", expected: "a pattern of metric names: * is any text, ? one character"))
        clearMode = section.value(
            "clearmode", nil, shown: "none", expected: "a clear mode, such as \"sum\" or \"mean5m\""
        ) {
            $0.asString.flatMap(ClearWord.init)
        }
        expireAfter = section.value(
            "expire_after", nil, shown: "push.expire_after", expected: "a duration above 0, such as \"1h\""
        ) { value in value.asDuration.flatMap { $0 > .zero ? $0 : nil } }
        section.finish()
    }
}
