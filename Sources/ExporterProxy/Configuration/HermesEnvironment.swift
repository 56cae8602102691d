/// The variables that Hermes is configured by, in all its generations: 0.1.0, 1.0.0 and 1.0.1.
///
/// They count only where one of them names a file of definitions, since others have variables of these names too; and
/// then as defaults: config.toml, our own variables and flags win.
struct HermesEnvironment {
    /// Keys of ours, and what the variables say of them.
    private(set) var defaults: [ConfigurationOverrides.Override] = []
    /// Where to listen is not among them: the file may say it, as for Hermes 0.1.0.
    private(set) var listensAsFileSays = false

    /// `nil` where no file is named. An empty variable is the same as none.
    init?(_ environment: [String: String]) {
        let set = environment.filter { !$0.value.isEmpty }
        guard let name = ["HERMES_CONFIG_PATH", "CONFIG_FILE_PATH"].first(where: { set[$0] != nil }),
            let path = set[name]
        else { return nil }
        add(["events", "definitions"], path, name)
        addListen(set)
        if let port = set["PROMETHEUS_LISTEN_PORT"] {
            add(
                ["exporter", "scrape_expose_endpoint"], "\(HermesFile.standardListen.host):\(port)",
                "PROMETHEUS_LISTEN_PORT")
        }
        if let bytes = set["MAX_BUFFER_SIZE"] {
            // No datagram is longer.
            let isMore = Int(bytes).map { $0 > 65_536 } ?? false
            add(["events", "packet_bytes_max"], isMore ? "65536" : bytes, "MAX_BUFFER_SIZE")
        }
        if let level = set["LOG_LEVEL"].flatMap({ Self.levels[$0.uppercased()] }) {
            add(["log", "level"], level, "LOG_LEVEL")
        }
    }

    /// Another word is "info", as for Hermes 1.0.1, and as without the variable.
    private static let levels = ["DEBUG": "debug", "INFO": "info", "WARN": "warning", "ERROR": "error"]

    private mutating func addListen(_ set: [String: String]) {
        let names = ["LISTEN_ADDRESS", "LISTEN_PORT"].filter { set[$0] != nil }
        listensAsFileSays = names.isEmpty
        guard !names.isEmpty else { return }
        let host = set["LISTEN_ADDRESS"] ?? HermesFile.standardListen.host
        let shownHost = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let port = set["LISTEN_PORT"] ?? String(HermesFile.standardListen.port)
        add(["events", "listen"], "\(shownHost):\(port)", names.joined(separator: ", "))
    }

    private mutating func add(_ keyPath: [String], _ text: String, _ origin: String) {
        defaults.append(.init(keyPath: keyPath, text: text, origin: origin))
    }
}
