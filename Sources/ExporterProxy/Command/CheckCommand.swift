import ArgumentParser

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say whether the configuration is right: exit status 0, or 78 and every problem.",
        subcommands: [CheckMetricsCommand.self, CheckTargetsCommand.self])

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        do throws(ConfigurationFailure) {
            let file = try options.load()
            let problems =
                AccessControl.problems(of: file.configuration.web.access) + file.configuration.tunnel.problems()
            guard problems.isEmpty else { throw ConfigurationFailure(lines: problems) }
            try file.configuration.web.checkCertificate()
            print("\(file.path ?? "no file, the defaults hold"): ok")
        } catch {
            Failure.say(error.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        }
    }
}

extension Routes.Configuration {
    fileprivate func checkCertificate() throws(ConfigurationFailure) {
        do throws(TLSFailure) {
            try tls?.check()
        } catch {
            throw ConfigurationFailure(lines: [error.description])
        }
    }
}
