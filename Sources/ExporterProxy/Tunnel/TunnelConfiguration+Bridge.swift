import HyperDHT

extension TunnelConfiguration {
    /// `[tunnel.bridge]`: scrapes clients that have registered, and hands out what they say.
    ///
    /// - `shared_secret` or `shared_secret_file`, `key_pair_seed` or `key_pair_seed_file`: must be there.
    /// - `entry_expiry`: how long an alias stands without being registered anew; `aliases_max`: how many there may be.
    /// - `pinned` (table of aliases and public keys): nobody else gets these aliases.
    /// - `targets_file` (default `""`: none): the aliases as targets for `file_sd_configs`; they are read at the start.
    /// - `request_timeout`: of a scrape.
    /// - `use_dht` (default true) with `bootstrap`, `host`, `port`, `public_address` and `is_open`.
    /// - `accept_streams` (default true): whether clients may come through the HTTP port.
    package struct Bridge: Equatable, Sendable {
        package var secret: TunnelSecret
        package var seed: TunnelSecret
        package var entryExpiry = Duration.seconds(3 * 3600)
        package var aliasesMax = 10_000
        package var pinned: [String: PublicKey] = [:]
        package var targetsFile = ""
        package var requestTimeout = Duration.seconds(5)
        package var usesDHT = true
        package var acceptsStreams = true
        package var bootstrap = TunnelConfiguration.publicNodes
        package var host = "0.0.0.0"
        package var port = 49_737
        /// Where everybody can reach the DHT node, if that is known.
        package var publicAddress: IPv4Address?
        /// Whether everybody can, wherever it is.
        package var isOpen = false

        package init(secret: TunnelSecret, seed: TunnelSecret) { (self.secret, self.seed) = (secret, seed) }

        /// `nil` where the table is not there, or, with a problem, where something is missing.
        init?(reading section: ConfigurationSection, isThere: Bool) {
            let secret = section.secret("shared_secret")
            let seed = section.secret("key_pair_seed")
            self.init(secret: secret ?? .file(""), seed: seed ?? .file(""))
            readAliases(section)
            readTransports(section)
            section.finish()
            guard isThere else { return nil }
            section.requireSecret("shared_secret")
            section.requireSecret("key_pair_seed")
            if secret == nil || seed == nil { return nil }
        }

        private mutating func readAliases(_ section: ConfigurationSection) {
            entryExpiry = section.duration("entry_expiry", entryExpiry)
            aliasesMax = section.integer("aliases_max", aliasesMax, in: 1...1_000_000)
            targetsFile = section.string("targets_file", targetsFile, expected: "the path of a file, or \"\"")
            requestTimeout = section.duration("request_timeout", requestTimeout)
            for (alias, text) in section.stringTable("pinned").sorted(by: { $0.key < $1.key }) {
                let key = "pinned.\(EscapedText.visible(alias))"
                if AliasName.fault(of: alias) != nil { section.report(key, "expected \(AliasName.expected)") }
                pinned[alias] = PublicKey(text: text)
                if pinned[alias] == nil {
                    let found = EscapedText.short(text.utf8)
                    section.report(key, "expected \(ConfigurationSection.publicKeyExpected), found \"\(found)\"")
                }
            }
        }

        private mutating func readTransports(_ section: ConfigurationSection) {
            usesDHT = section.boolean("use_dht", usesDHT)
            acceptsStreams = section.boolean("accept_streams", acceptsStreams)
            if !usesDHT, !acceptsStreams {
                section.report("accept_streams", "with use_dht = false as well no client can come")
            }
            bootstrap = section.bootstrap()
            host = section.udpHost()
            port = section.integer("port", port, in: 0...65_535)
            publicAddress = section.value(
                "public_address", nil, shown: "\"\"",
                expected: "an IPv4 address and port such as \"192.0.2.1:49737\", or \"\""
            ) { value in
                guard let text = value.asString else { return nil }
                return text.isEmpty ? .some(nil) : IPv4Address(text).flatMap { $0.port > 0 ? .some($0) : nil }
            }
            isOpen = section.boolean("is_open", publicAddress != nil, shown: "whether public_address is set")
        }

        /// What the machine is told.
        package var settings: BridgeSettings {
            var settings = BridgeSettings()
            settings.aliases.expiry = entryExpiry.nanoseconds
            settings.aliases.aliasesMax = aliasesMax
            settings.aliases.pinned = Dictionary(uniqueKeysWithValues: pinned.map { (ExactText($0.key), $0.value) })
            settings.requestTimeout = requestTimeout.nanoseconds
            settings.keepsTargets = !targetsFile.isEmpty
            settings.mayCall = usesDHT
            return settings
        }
    }
}
