import ArgumentParser

struct AppsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps", abstract: "Print the table of sources of a running proxy.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The proxy's URL; else that of the configuration.")
    var url: String?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let text = try await RunningProxy(options, url: url).text(json ? "/apps?format=json" : "/apps")
        print(text, terminator: "")
    }
}
