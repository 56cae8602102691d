import Exposition

extension ExpositionRules {
    /// `[exposition]` in config.toml, and `[[exposition.source]]` for the sources whose name fits a pattern.
    package init(reading section: ConfigurationSection, staleAfter: Duration) {
        self.init()
        standard.staleAfter = staleAfter
        standard = SourceRules(reading: section, over: standard)
        duplicates = section.choice("duplicates", duplicates)
        appLabel = Self.labelName(section.string("app_label", "", expected: "a label name, or \"\" for none"), section)
        openMetrics = section.choice("openmetrics", openMetrics)
        seriesMax = section.integer("total_series_max", seriesMax, in: 1...1_000_000_000)
        let entries = section.tables("source")
        exceptions = entries.map { Self.exception(reading: $0, over: standard) }
        if entries.isEmpty {
            // So that the keys are known: to the documentation, and to whoever overrides one.
            let none = ConfigurationSection(section.keyPath("source[]"), ["name": .string("*")], section.problems)
            _ = Self.exception(reading: none, over: standard)
        }
        section.finish()
    }

    private static func exception(reading section: ConfigurationSection, over standard: SourceRules) -> Exception {
        let name = section.value(
            "name", "", shown: "required", expected: "a pattern of names: * is any text, ? one character"
        ) { $0.asString }
        if !section.has("name") { section.report("name", "is missing") }
        var rules = SourceRules(reading: section, over: standard)
        rules.staleAfter = section.duration("stale_after", standard.staleAfter, shown: "store.stale_after")
        section.finish()
        return Exception(pattern: NamePattern(name), rules: rules)
    }

    private static func labelName(_ text: String, _ section: ConfigurationSection) -> String? {
        if text.isEmpty { return nil }
        if LabelName.canBeAdded(text) { return text }
        section.report(
            "app_label",
            "expected a label name ([a-zA-Z_][a-zA-Z0-9_]*, not __name__, le or quantile), found \"\(text)\"")
        return nil
    }
}

extension LabelName {
    /// Whether configuration may put it in every sample: histograms and summaries have `le` and `quantile`.
    package static func canBeAdded(_ name: String) -> Bool { isValid(name) && name != "le" && name != "quantile" }
}

extension SourceRules {
    /// - `on_invalid` (default `"drop_line"`), `timestamps` (`"pass"`).
    /// - `bytes_max`, `series_max`, `families_max`: beyond, the last good version is kept.
    /// - `labels_max`, `name_bytes_max`, `value_bytes_max`: lines beyond are invalid.
    init(reading section: ConfigurationSection, over standard: SourceRules) {
        self = standard
        onInvalid = section.choice("on_invalid", onInvalid)
        timestamps = section.choice("timestamps", timestamps)
        limits.bytes = section.integer("bytes_max", limits.bytes, in: 1...1_073_741_824)
        limits.series = section.integer("series_max", limits.series, in: 1...100_000_000)
        limits.families = section.integer("families_max", limits.families, in: 1...10_000_000)
        limits.labels = section.integer("labels_max", limits.labels, in: 0...CanonicalText.labelsMax)
        limits.nameBytes = section.integer("name_bytes_max", limits.nameBytes, in: 1...65_536)
        limits.valueBytes = section.integer("value_bytes_max", limits.valueBytes, in: 1...16_777_216)
    }
}
