import ArgumentParser
import Glibc
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Receive, poll and serve metrics (what happens without a subcommand).")

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup(title: "Targets") var targets: TargetsOptions

    func run() async throws {
        let file: ConfigurationFile
        do throws(ConfigurationFailure) {
            file = try options.load(also: targets.settings)
        } catch {
            Failure.say(error.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        }
        let log = LogSettings(file.configuration.log)
        let logger = Logger(label: Version.name) { _ in LogOutput(log) }
        logger.info(
            "starting", metadata: ["version": "\(Version.number)", "config": "\(file.path ?? "none, defaults hold")"])
        do {
            try await Daemon(file, log: log, logger: logger).run()
        } catch let failure as ConfigurationFailure {
            Failure.say(failure.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        } catch {
            Failure.say("\(error)")
            throw error is TLSFailure ? ExitCode(ConfigurationFailure.exitStatus) : ExitCode.failure
        }
        logger.info("stopped")
    }
}

enum Failure {
    /// One line for a person, without a trace.
    static func say(_ sentence: String) {
        LogOutput.writeToStandardError("\(Version.name): \(sentence)\n")
    }
}
