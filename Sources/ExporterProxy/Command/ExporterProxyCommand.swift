import ArgumentParser

/// The program. Without a subcommand it serves.
package struct ExporterProxyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: Version.name,
        abstract: "One port for all the Prometheus metrics of a host.",
        version: "\(Version.name) \(Version.number)",
        subcommands: [
            ServeCommand.self, CheckCommand.self, AppsCommand.self, PushCommand.self,
            EventCommand.self, TunnelCommand.self, KeygenCommand.self, DHTNodeCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    package init() {}
}

/// Where the configuration comes from.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: "The configuration file; else ./config.toml, /etc/exporter-proxy/config.toml, or the defaults.")
    var config: String?

    @Option(name: .customLong("set"), help: ArgumentHelp("Override a key of the file.", valueName: "section.key=value"))
    var settings: [String] = []

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(name: .customLong("log-format"), help: "logfmt or json.")
    var logFormat: String?

    @Option(
        name: .customLong("basic-auth-file"),
        help: ArgumentHelp(
            "Bcrypt hashes of who may push; sets web.basic_auth_file and web.protect.", valueName: "file"))
    var basicAuthFile: String?

    @Option(
        name: .customLong("web.config.file"),
        help: ArgumentHelp("Users and TLS as Prometheus' exporters take them; sets web.config_file.", valueName: "file")
    )
    var webConfigFile: String?

    @Option(
        name: [.customShort("l"), .customLong("listen")],
        help: ArgumentHelp("Where metrics are served.", valueName: "host:port"))
    var listen: String?

    @Option(name: .customLong("tls-cert"), help: "The certificate of the HTTP port (PEM); together with --tls-key.")
    var tlsCertificate: String?

    @Option(name: .customLong("tls-key"), help: "Its private key (PEM).")
    var tlsKey: String?

    /// None was given.
    var isEmpty: Bool { config == nil && settings.isEmpty && flags.isEmpty }

    /// The keys that flags of their own stand for, and their values.
    private var flags: [(key: String, value: String)] {
        let given = [
            ("log.level", logLevel), ("log.format", logFormat), ("exporter.scrape_expose_endpoint", listen),
            ("web.tls.cert_file", tlsCertificate), ("web.tls.key_file", tlsKey), ("web.basic_auth_file", basicAuthFile),
            // Who pushes logs in, who scrapes does not, as with Gravel; what Gravel does not have stays shut.
            ("web.protect", basicAuthFile.map { _ in "push,admin" }), ("web.config_file", webConfigFile),
        ]
        return given.compactMap { key, value in value.map { (key, $0) } }
    }

    mutating func validate() throws {
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ValidationError("--tls-cert and --tls-key go together")
        }
        var overrides = ConfigurationOverrides()
        for setting in settings where !overrides.add(setting: setting) {
            throw ValidationError("'--set \(setting)' is not of the form section.key=value")
        }
    }

    /// Throws ``ConfigurationFailure``.
    ///
    /// - Parameter more: settings that flags of a command stand for; `--set` wins over them.
    func load(also more: [String] = []) throws(ConfigurationFailure) -> ConfigurationFile {
        var overrides = ConfigurationOverrides()
        overrides.add(environment: ProcessEnvironment.all())
        for setting in flags.map({ "\($0.key)=\($0.value)" }) + more + settings { _ = overrides.add(setting: setting) }
        return try ConfigurationFile.load(path: config, overrides: overrides)
    }
}

/// All that the executable does.
package func runProgram() async {
    await ExporterProxyCommand.main()
}
