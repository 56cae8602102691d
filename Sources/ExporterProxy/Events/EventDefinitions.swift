/// All metrics that packets may name, and what is wrong with them.
package struct EventDefinitions: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var definition: EventDefinition
        /// Where it was written, such as `events.counter[0]`.
        package var place: String
        /// What its keys are called there, where that is not what config.toml calls them.
        package var keys: [String: String]

        package init(_ definition: EventDefinition, at place: String, keys: [String: String] = [:]) {
            (self.definition, self.place, self.keys) = (definition, place, keys)
        }
    }

    package private(set) var entries: [Entry] = []
    package var serviceName = ""
    /// Whether metrics are called by the service's name and their own.
    package var prefixesServiceName = false

    package init() {}

    package init(_ definitions: [EventDefinition]) {
        entries = definitions.enumerated().map { Entry($1, at: "\($1.kind.rawValue)[\($0)]") }
    }

    package mutating func add(_ entry: Entry) { entries.append(entry) }

    /// Those that can be used, each name once: what is not among the problems.
    package var usable: [EventDefinition] { checked.usable }

    /// Every problem, not the first one.
    package var problems: [ConfigurationProblem] { checked.problems }

    private var checked: (usable: [EventDefinition], problems: [ConfigurationProblem]) {
        var usable: [EventDefinition] = []
        var problems: [ConfigurationProblem] = []
        var names = EventNames()
        for entry in entries {
            let definition = entry.definition
            var own = definition.problems
            if own.isEmpty, let taken = names.add(definition.name, definition.kind) { own = [("name", taken)] }
            problems += own.map { ConfigurationProblem("\(entry.place).\(entry.keys[$0.key] ?? $0.key)", $0.reason) }
            if own.isEmpty { usable.append(definition) }
        }
        if prefixesServiceName, serviceName.isEmpty {
            problems.append(
                ConfigurationProblem("events.prefix_service_name", "there is no service_name in the definitions"))
        }
        return (usable, problems)
    }

    /// What stands in front of each name on the page.
    package var prefix: String {
        guard prefixesServiceName, !serviceName.isEmpty else { return "" }
        let plain = serviceName.unicodeScalars.map { scalar -> Character in
            let isPlain = scalar.isASCII && EventDefinition.isMetricName("_\(scalar)".utf8) && scalar != ":"
            return isPlain ? Character(scalar) : "_"
        }
        let isDigit = plain.first.map { $0.isNumber } ?? false
        return (isDigit ? "_" : "") + String(plain) + "_"
    }
}

/// Which names are taken: by metrics, and by the samples of histograms and summaries, which no other metric may bear.
struct EventNames: Sendable {
    private var metrics: Set<String> = []
    /// Whose sample it is.
    private var samples: [String: String] = [:]

    /// Why the name cannot be taken.
    func problem(_ name: String, _ kind: EventDefinition.Kind) -> String? {
        if metrics.contains(name) { return "there are two metrics '\(name)'" }
        if let other = samples[name] { return "'\(name)' is a sample of '\(other)'" }
        return EventDefinition.sampleNames(name, kind).first(where: metrics.contains).map {
            "its sample '\($0)' is a metric too"
        }
    }

    /// Why the name cannot be taken; `nil` where it is taken now.
    mutating func add(_ name: String, _ kind: EventDefinition.Kind) -> String? {
        if let problem = problem(name, kind) { return problem }
        metrics.insert(name)
        for sample in EventDefinition.sampleNames(name, kind) { samples[sample] = name }
        return nil
    }
}
