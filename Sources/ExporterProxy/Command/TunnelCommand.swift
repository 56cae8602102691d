import ArgumentParser

struct TunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel", abstract: "Look at the tunnels of a running proxy.",
        subcommands: [TunnelStatusCommand.self])
}

struct TunnelStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Print how tunnels do: keys, registrations, connections, aliases.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The proxy's URL; else that of the configuration.")
    var url: String?

    func run() async throws {
        print(try await RunningProxy(options, url: url).text("/-/tunnel/status"), terminator: "")
    }
}
