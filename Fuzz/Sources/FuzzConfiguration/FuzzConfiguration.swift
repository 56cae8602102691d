import FuzzDriver

@testable import ExporterProxy

/// The configuration file: from bytes by way of TOML to what the rooms read of it, and keys set from outside: by flags,
/// by our own variables and by those of Hermes.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let text = String(validating: input, as: UTF8.self) else { return }
    var values: [String: ConfigurationValue] = [:]
    do throws(TOMLFileError) {
        let file = try TOMLFile(text)
        values = file.values
        decode(values, file)
    } catch {
        require(!error.reason.isEmpty && error.line >= 0 && error.column >= 0, shown(input))
    }
    var overrides = ConfigurationOverrides()
    let lines = text.split(separator: "\n").prefix(20)
    for line in lines { _ = overrides.add(setting: String(line)) }
    let environment = environment(lines)
    checkHermes(environment, values)
    overrides.add(environment: environment)
    overrides.apply(to: &values)
    decode(values, nil)
}

/// Each line `NAME=value` is a variable.
private func environment(_ lines: some Sequence<Substring>) -> [String: String] {
    let sides = lines.map { $0.split(separator: "=", maxSplits: 1) }.filter { $0.count == 2 }
    return Dictionary(sides.map { (String($0[0]), String($0[1])) }, uniquingKeysWith: { $1 })
}

/// Hermes' variables say nothing where the file does, and nothing of which we know no key.
private func checkHermes(_ environment: [String: String], _ values: [String: ConfigurationValue]) {
    var overrides = ConfigurationOverrides()
    overrides.add(environment: environment.filter { !$0.key.hasPrefix(ConfigurationOverrides.environmentPrefix) })
    require(overrides.all.isEmpty, "variables of others: \(environment)")
    var after = values
    overrides.apply(to: &after)
    require(holds(values, in: after), "\(environment) takes something away of \(values)")
    for problem in decode(after, nil) where overrides.origin(of: problem.keyPath) != nil {
        require(!problem.reason.contains("unknown"), "\(problem) of \(environment)")
    }
}

/// Whether `after` says all that `before` says.
private func holds(_ before: [String: ConfigurationValue], in after: [String: ConfigurationValue]) -> Bool {
    before.allSatisfy { key, value in
        switch (value, after[key]) {
        case (.table(let before), .table(let after)): holds(before, in: after)
        case (.string(""), .some): true
        case (_, let after): after == value
        }
    }
}

@discardableResult
private func decode(_ values: [String: ConfigurationValue], _ file: TOMLFile?) -> [ConfigurationProblem] {
    let problems = ConfigurationProblems()
    var configuration = RootConfiguration(values, problems)
    require(configuration == configuration, "equal to itself")
    // No file is read here.
    configuration.events.definitionsPath = ""
    let others = configuration.events.readDefinitions(listensAsFileSays: true, problems)
    require(others.isEmpty, "\(others) of no file")
    if problems.all.isEmpty { checkMetrics(configuration.events.settings) }
    for problem in problems.all {
        require(!problem.keyPath.isEmpty && !problem.reason.isEmpty, "a problem without words")
        _ = file?.line(of: problem.keyPath)
    }
    return problems.all
}

/// Where there is no problem, each definition is a metric.
private func checkMetrics(_ settings: EventSettings) {
    let metrics = EventMetrics(settings)
    require(metrics.families.count == settings.definitions.entries.count, "\(settings.definitions.entries)")
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzConfiguration_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
