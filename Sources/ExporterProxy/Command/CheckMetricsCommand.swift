import ArgumentParser
import Exposition

struct CheckMetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Say whether every reader takes an exposition: exit status 0, or 1 and every error.")

    @Option(help: "The format that it is held against: text (0.0.4) or openmetrics (1.0).")
    var format = ExpositionVerdict.Format.text

    @Option(help: "How errors are printed: text or json.")
    var output = Output.text

    @Argument(help: "The file with the exposition; without it, or with '-', standard input.")
    var file: String?

    @ParentCommand var check: CheckCommand

    mutating func validate() throws {
        guard check.options.isEmpty else {
            throw ValidationError("'check metrics' reads no configuration, so it takes no option of it")
        }
    }

    enum Output: String, CaseIterable, ExpressibleByArgument { case text, json }

    /// Of sysexits.h: the input cannot be read.
    private static let exitStatusNoInput: Int32 = 66
    private static let bytesMax = 1024 * 1024 * 1024

    func run() async throws {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile.read(path ?? "/dev/stdin", bytesMax: Self.bytesMax)
        } catch {
            Failure.say(error.description)
            throw ExitCode(Self.exitStatusNoInput)
        }
        let verdict = ExpositionVerdict(bytes, format)
        let report = FindingsReport(verdict.findings)
        let sentence = "\(path ?? "standard input"): \(verdict.sentence)"
        guard verdict.isValid else {
            print(output == .json ? report.json : report.text, terminator: "")
            Failure.say(sentence)
            throw ExitCode.failure
        }
        print(output == .json ? report.json : sentence + "\n", terminator: "")
    }

    private var path: String? { file == "-" ? nil : file }
}

extension ExpositionVerdict.Format: ExpressibleByArgument {}
