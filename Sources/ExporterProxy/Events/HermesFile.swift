/// What Hermes reads at its start: a JSON object with `service_name`, `counters`, `gauges`, `histograms` and
/// `summaries`, each an array of objects with `metric_name`, `metric_description` and `labels`.
///
/// Keys may be in any letter case, and `null` is the same as nothing, as in Hermes. What Hermes does not know is a
/// warning; what ends it is a problem.
package struct HermesFile: Equatable, Sendable {
    package private(set) var entries: [EventDefinitions.Entry] = []
    package private(set) var serviceName = ""
    /// Of Hermes 0.1.0 only.
    package private(set) var listenAddress: String?
    package private(set) var listenPort: Int?
    package private(set) var problems: [ConfigurationProblem] = []
    package private(set) var warnings: [ConfigurationProblem] = []

    private static let kinds: [(key: String, kind: EventDefinition.Kind)] = [
        ("counters", .counter), ("gauges", .gauge), ("histograms", .histogram), ("summaries", .summary),
    ]
    private static let known = ["service_name", "listen_address", "listen_port"] + kinds.map(\.key)
    private static let knownOfMetrics = ["metric_name", "metric_description", "labels"]
    /// What config.toml has, and Hermes does not.
    private static let own = ["buckets", "objectives", "max_age", "expire_after"]

    package init(_ text: UnsafeRawBufferPointer) {
        let document: EventJSON
        do throws(EventRefusal) { document = try EventJSON(text) } catch {
            problems = [ConfigurationProblem("", error.description + Self.line(of: error, in: text))]
            return
        }
        guard case .object(let members) = document else {
            problems = [ConfigurationProblem("", "expected an object, found \(document.typeName)")]
            return
        }
        for member in Self.lastOnes(members) { read(member.key, member.value) }
    }

    private static func line(of error: EventRefusal, in text: UnsafeRawBufferPointer) -> String {
        switch error {
        case .malformed(let offset, _), .tooDeep(let offset):
            " (line \(text.prefix(offset).reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }))"
        default: ""
        }
    }

    /// With keys in small letters, each once.
    private static func lastOnes(_ members: [EventJSON.Member]) -> [EventJSON.Member] {
        var places: [String: Int] = [:]
        var last: [EventJSON.Member] = []
        for member in members {
            let key = member.key.lowercased()
            if let place = places[key] {
                last[place].value = member.value
            } else {
                places[key] = last.count
                last.append(EventJSON.Member(key: key, value: member.value))
            }
        }
        return last
    }

    private mutating func read(_ key: String, _ value: EventJSON) {
        if case .null = value, Self.known.contains(key) { return }
        if let kind = Self.kinds.first(where: { $0.key == key })?.kind { return metrics(key, kind, value) }
        switch (key, value) {
        case ("service_name", .string(let text)): serviceName = text
        case ("listen_address", .string(let text)): listenAddress = text
        case ("listen_port", .number(let number)):
            listenPort = Int(exactly: number).flatMap { 1...65_535 ~= $0 ? $0 : nil }
            if listenPort == nil { problems.append(ConfigurationProblem(key, "expected a port")) }
        case ("service_name", _), ("listen_address", _): expected("a string", at: key, value)
        case ("listen_port", _): expected("a port", at: key, value)
        default: warnOfUnknown(key, at: key, Self.known)
        }
    }

    private mutating func expected(_ what: String, at place: String, _ value: EventJSON) {
        problems.append(ConfigurationProblem(place, "expected \(what), found \(value.typeName)"))
    }

    private mutating func warnOfUnknown(_ key: String, at place: String, _ known: [String]) {
        let advice = nearestName(to: key, in: known).map { ", did you mean '\($0)'?" } ?? ""
        warnings.append(
            ConfigurationProblem(EscapedText.short(place.utf8), "unknown key, without effect\(advice)"))
    }

    private mutating func metrics(_ list: String, _ kind: EventDefinition.Kind, _ value: EventJSON) {
        guard case .array(let elements) = value else { return expected("an array of objects", at: list, value) }
        for (index, element) in elements.enumerated() {
            let place = "\(list)[\(index)]"
            guard case .object(let members) = element else {
                expected("an object", at: place, element)
                continue
            }
            metric(kind, members, at: place)
        }
    }

    private mutating func metric(
        _ kind: EventDefinition.Kind, _ members: [EventJSON.Member], at place: String
    ) {
        var definition = EventDefinition(kind, "")
        for member in Self.lastOnes(members) {
            let (key, value) = (member.key, member.value)
            if case .null = value, Self.knownOfMetrics.contains(key) { continue }
            let here = "\(place).\(key)"
            switch (key, value) {
            case ("metric_name", .string(let text)): definition.name = text
            case ("metric_description", .string(let text)): definition.help = text
            case ("metric_name", _), ("metric_description", _): expected("a string", at: here, value)
            case ("labels", .array(let elements)): definition.labels = labels(elements, at: here)
            case ("labels", _): expected("an array of strings", at: here, value)
            case _ where Self.own.contains(key):
                warnings.append(
                    ConfigurationProblem(
                        here, "without effect in this file: define the metric in config.toml to give it \(key)"))
            default: warnOfUnknown(key, at: here, Self.knownOfMetrics)
            }
        }
        entries.append(
            EventDefinitions.Entry(
                definition, at: place, keys: ["name": "metric_name", "help": "metric_description"]))
    }

    /// In Hermes `null` in an array of strings is one without letters, and so no label name.
    private mutating func labels(_ elements: [EventJSON], at place: String) -> [String] {
        elements.enumerated().compactMap { index, element in
            if case .string(let text) = element { return text }
            expected("a string", at: "\(place)[\(index)]", element)
            return nil
        }
    }
}

extension HermesFile {
    /// Without what it says of itself.
    package var definitions: EventDefinitions {
        var definitions = EventDefinitions()
        definitions.serviceName = serviceName
        for entry in entries { definitions.add(entry) }
        return definitions
    }

    /// Where Hermes would listen without further words.
    package static let standardListen = HostPort(host: "0.0.0.0", port: 7789)

    /// Where the file says, or Hermes' standard.
    package var listen: HostPort {
        HostPort(
            host: listenAddress ?? Self.standardListen.host, port: listenPort ?? Self.standardListen.port)
    }
}
