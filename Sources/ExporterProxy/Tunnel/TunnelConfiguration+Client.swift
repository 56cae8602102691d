import HyperDHT

extension TunnelConfiguration {
    /// `[tunnel.client]`: lets a bridge scrape this proxy, wherever it is.
    ///
    /// - `scraper_public_key`, `scraper_secret` or `scraper_secret_file`, `alias`: must be there.
    /// - `service`, `hostname` (default this machine's): what the bridge's targets say of us.
    /// - `source` (default `""`: the merge): which source is served.
    /// - `key_pair_seed` or `key_pair_seed_file`: of our key pair; without it there is a new one with each start.
    /// - `register_interval`: how often the alias is registered anew.
    /// - `bootstrap`, `host`, `port`: of the DHT node.
    /// - `bridge_url`, `ca_file`: dial the bridge there; then nothing goes over UDP.
    package struct Client: Equatable, Sendable {
        package var bridge: PublicKey
        package var secret: TunnelSecret
        package var seed: TunnelSecret?
        package var alias: String
        package var service = "exporter-proxy"
        package var hostname = HostName.current()
        /// `nil` for the merge of all.
        package var source: String?
        package var registerInterval = Duration.seconds(3600)
        package var bootstrap = TunnelConfiguration.publicNodes
        package var host = "0.0.0.0"
        package var port = 0
        /// `nil` for the DHT.
        package var bridgeURL: BridgeURL?
        package var caFile: String?

        package init(bridge: PublicKey, secret: TunnelSecret, alias: String) {
            (self.bridge, self.secret, self.alias) = (bridge, secret, alias)
        }

        /// `nil` where the table is not there, or, with a problem, where something is missing.
        init?(reading section: ConfigurationSection, isThere: Bool) {
            let bridge = section.value(
                "scraper_public_key", PublicKey?.none, shown: "required",
                expected: ConfigurationSection.publicKeyExpected
            ) { value in value.asString.flatMap { PublicKey(text: $0) }.map { .some($0) } }
            let secret = section.secret("scraper_secret")
            let alias = section.value(
                "alias", String?.none, shown: "required", expected: AliasName.expected
            ) { value in
                value.asString.flatMap { AliasName.fault(of: $0) == nil ? .some($0) : nil }
            }
            self.init(bridge: bridge ?? PublicKey(.zero), secret: secret ?? .file(""), alias: alias ?? "")
            readRest(section)
            section.finish()
            guard isThere else { return nil }
            section.require("scraper_public_key", expected: ConfigurationSection.publicKeyExpected)
            section.requireSecret("scraper_secret")
            section.require("alias", expected: AliasName.expected)
            if bridge == nil || secret == nil || alias == nil { return nil }
        }

        private mutating func readRest(_ section: ConfigurationSection) {
            seed = section.secret("key_pair_seed")
            service = Self.word("service", service, shown: "\"\(service)\"", section)
            hostname = Self.word("hostname", hostname, shown: "that of this machine", section)
            source = Self.source(section)
            registerInterval = section.duration("register_interval", registerInterval)
            bootstrap = section.bootstrap()
            host = section.udpHost()
            port = section.integer("port", port, in: 0...65_535)
            bridgeURL = section.value("bridge_url", nil, shown: "\"\"", expected: BridgeURL.expected + ", or \"\"") {
                value in
                guard let text = value.asString else { return nil }
                return text.isEmpty ? .some(nil) : BridgeURL(text).map { .some($0) }
            }
            let caFile = section.string("ca_file", "", expected: "the path of a PEM file, or \"\"")
            self.caFile = caFile.isEmpty ? nil : caFile
            if !caFile.isEmpty, bridgeURL?.isSecure != true {
                section.report("ca_file", "it needs a bridge_url that begins with https://")
            }
        }

        /// What the machine is told. Blocks where the secret is in a file.
        package func settings() throws(TunnelSecretError) -> TunnelClient.Settings {
            var settings = TunnelClient.Settings(
                bridge: bridge, secret: try secret.read(), alias: alias, service: service, hostname: hostname,
                way: bridgeURL == nil ? .listening : .dialling)
            settings.registerInterval = registerInterval.nanoseconds
            return settings
        }

        /// The key pair of the metrics server; a new one each time where there is no seed. Blocks where that is in a
        /// file.
        package func identity() throws(TunnelSecretError) -> KeyPair { try seed?.keyPair() ?? .random() }

        private static func word(
            _ key: String, _ standard: String, shown: String, _ section: ConfigurationSection
        ) -> String {
            section.value(key, standard, shown: shown, expected: AliasName.labelExpected) { value in
                value.asString.flatMap { AliasName.fault(ofLabel: $0) == nil ? $0 : nil }
            }
        }

        private static func source(_ section: ConfigurationSection) -> String? {
            let name = section.string("source", "", expected: "the name of a source, or \"\" for the merge of all")
            guard !name.isEmpty else { return nil }
            if let problem = SourceName.problem(name) { section.report("source", problem.description) }
            return name
        }
    }
}
