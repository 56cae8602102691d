/// `[[events.counter]]`, `[[events.gauge]]`, `[[events.histogram]]` and `[[events.summary]]` in config.toml.
///
/// - `name`, `help`, `labels`, `expire_after` (`"off"`).
/// - `buckets` of a histogram: the borders, without that of everything.
/// - `objectives` of a summary (`[]`): quantiles such as 0.99, of the values of `max_age` (`"10m"`).
extension EventDefinition {
    package init(_ kind: Kind, reading section: ConfigurationSection) {
        let name = section.value("name", "", shown: "required", expected: "a metric name") { $0.asString }
        self.init(
            kind, name, help: section.string("help", ""), labels: section.strings("labels"),
            expireAfter: section.value(
                "expire_after", nil, shown: "events.expire_after", expected: "a duration above 0, such as \"1h\""
            ) { value in value.asDuration.flatMap { $0 > .zero ? $0 : nil } })
        if kind == .histogram {
            let shown = "those of the client libraries, 0.005 to 10"
            self = with(buckets: Self.numbers("buckets", buckets, shown: shown, section))
        }
        if kind == .summary {
            objectives = Self.numbers("objectives", [], shown: "[]", section)
            maxAge = section.duration("max_age", maxAge)
        }
        section.finish()
    }

    private func with(buckets: [Double]) -> EventDefinition {
        EventDefinition(kind, name, help: help, labels: labels, buckets: buckets, expireAfter: expireAfter)
    }

    private static func numbers(
        _ key: String, _ standard: [Double], shown: String, _ section: ConfigurationSection
    ) -> [Double] {
        section.value(key, standard, shown: shown, expected: "an array of numbers") { value in
            guard case .array(let elements) = value else { return nil }
            let numbers = elements.compactMap(number)
            return numbers.count == elements.count ? numbers : nil
        }
    }

    private static func number(_ value: ConfigurationValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}
