/// The variables that the bridge of dht-prom-client is configured by, in both of its generations.
///
/// They count only where the shared secret is among them, without which that bridge does not start; and then as
/// defaults: config.toml, our own variables and flags win.
struct TunnelEnvironment {
    private static let prefixes = ["HYPERDHT_PROM_", "DHT_PROM_"]
    private static let standardHost = "127.0.0.1"
    private static let standardTargets = "./prometheus/targets.json"
    /// Another word is as without the variable.
    private static let levels = [
        "trace": "trace", "debug": "debug", "info": "info", "warn": "warning", "error": "error", "fatal": "critical",
        "silent": "critical",
    ]

    /// Keys of ours, and what the variables say of them.
    private(set) var defaults: [ConfigurationOverrides.Override] = []

    /// `nil` where there is no shared secret. An empty variable is the same as none.
    init?(_ environment: [String: String]) {
        let set = environment.filter { !$0.value.isEmpty }
        guard let prefix = Self.prefixes.first(where: { set["\($0)SHARED_SECRET"] != nil }) else { return nil }
        for (name, key) in [
            ("SHARED_SECRET", "shared_secret"), ("KEY_PAIR_SEED", "key_pair_seed"), ("DHT_PORT", "port"),
        ] {
            if let text = set[prefix + name] { add(["tunnel", "bridge", key], text, prefix + name) }
        }
        let targets = "\(prefix)PROMETHEUS_TARGETS_LOC"
        add(["tunnel", "bridge", "targets_file"], set[targets] ?? Self.standardTargets, targets)
        addListen(set, prefix)
        if let level = set["\(prefix)LOG_LEVEL"].flatMap({ Self.levels[$0.lowercased()] }) {
            add(["log", "level"], level, "\(prefix)LOG_LEVEL")
        }
    }

    private mutating func addListen(_ set: [String: String], _ prefix: String) {
        let names = ["\(prefix)HTTP_HOST", "\(prefix)HTTP_PORT"].filter { set[$0] != nil }
        guard !names.isEmpty else { return }
        let host = set["\(prefix)HTTP_HOST"] ?? Self.standardHost
        let shownHost = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let port = set["\(prefix)HTTP_PORT"] ?? "6555"
        add(["exporter", "scrape_expose_endpoint"], "\(shownHost):\(port)", names.joined(separator: ", "))
    }

    private mutating func add(_ keyPath: [String], _ text: String, _ origin: String) {
        defaults.append(.init(keyPath: keyPath, text: text, origin: origin))
    }
}
