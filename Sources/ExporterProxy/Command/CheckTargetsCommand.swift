import ArgumentParser
import Logging

struct CheckTargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "targets",
        abstract: "Run every generator of a folder once: exit status 0, or 1 and all that is wrong.",
        discussion: "Where a Python generator has test_generate_targets, that is called.")

    @Argument(help: "The folder, as discovery.root names it.")
    var root: String

    @Option(
        name: [.customShort("i"), .customLong("ignore-path")],
        help: ArgumentHelp(
            "Leave out paths that begin so, from the root or with it; may be repeated.", valueName: "prefix")
    )
    var ignored: [String] = []

    @Option(help: "The interpreter of .py generators, or the folder of a virtualenv.")
    var python = "python3"

    @Option(help: "Seconds that each generator may take.")
    var timeout = 60.0

    @Option(help: "How the outcome is printed: text or json.")
    var output = Output.text

    @ParentCommand var check: CheckCommand

    enum Output: String, CaseIterable, ExpressibleByArgument { case text, json }

    mutating func validate() throws {
        guard check.options.isEmpty else {
            throw ValidationError("'check targets' reads no configuration, so it takes no option of it")
        }
        guard timeout > 0, timeout <= 86_400 else { throw ValidationError("'\(timeout)' is no time to wait") }
    }

    func run() async throws {
        var configuration = DiscoveryConfiguration()
        configuration.limits.timeout = .milliseconds(Int(timeout * 1000))
        let tree = DiscoveryConfiguration.Tree(root: root, python: python)
        // All there is to say is in the report.
        let logger = Logger(label: Version.name) { _ in SwiftLogNoOpLogHandler() }
        let rehearsal = TargetRehearsal(tree, limits: configuration.limits, logger: logger)
        let report: TargetsReport
        do throws(TreeError) {
            report = try await rehearsal.report(leavingOut: Self.judge(ignored, root))
        } catch {
            Failure.say("\(root): \(error)")
            throw ExitCode.failure
        }
        print(output == .json ? report.json : report.text, terminator: "")
        if !report.isFine { throw ExitCode.failure }
    }

    private static func judge(_ prefixes: [String], _ root: String) -> @Sendable (String) -> Bool {
        let root = root.hasSuffix("/") ? root : root + "/"
        return { path in prefixes.contains { path.hasPrefix($0) || (root + path).hasPrefix($0) } }
    }
}
