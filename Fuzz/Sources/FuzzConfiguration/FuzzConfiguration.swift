import FuzzDriver

@testable import ExporterProxy

/// The configuration file: from bytes by way of TOML to what the rooms read of it, and keys set from outside.
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
    for line in text.split(separator: "\n").prefix(20) { _ = overrides.add(setting: String(line)) }
    overrides.apply(to: &values)
    decode(values, nil)
}

private func decode(_ values: [String: ConfigurationValue], _ file: TOMLFile?) {
    let problems = ConfigurationProblems()
    let configuration = RootConfiguration(values, problems)
    require(configuration == configuration, "equal to itself")
    for problem in problems.all {
        require(!problem.keyPath.isEmpty && !problem.reason.isEmpty, "a problem without words")
        _ = file?.line(of: problem.keyPath)
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzConfiguration_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
