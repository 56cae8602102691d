import HyperDHT

/// `[tunnel.client]` and `[tunnel.bridge]` in config.toml. Without a table there is no client, or no bridge.
package struct TunnelConfiguration: Equatable, Sendable {
    /// The nodes that the peers of dht-prom-client begin with where they are told of no others.
    package static let publicNodes = (1...3).map { HostPort(host: "node\($0).hyperdht.org", port: 49_737) }

    package var client: Client?
    package var bridge: Bridge?

    package init() {}

    package init(reading section: ConfigurationSection) {
        client = Client(reading: section.table("client"), isThere: section.has("client"))
        bridge = Bridge(reading: section.table("bridge"), isThere: section.has("bridge"))
        section.finish()
    }

    /// The secrets, by their keys.
    private var secrets: [(key: String, secret: TunnelSecret?)] {
        [
            ("tunnel.client.scraper_secret", client?.secret), ("tunnel.client.key_pair_seed", client?.seed),
            ("tunnel.bridge.shared_secret", bridge?.secret), ("tunnel.bridge.key_pair_seed", bridge?.seed),
        ]
    }

    /// What is wrong with the files of secrets, a line each. Blocks.
    package func problems() -> [String] {
        secrets.compactMap { key, secret in
            do throws(TunnelSecretError) {
                _ = try secret?.read()
                return nil
            } catch {
                return "\(key)_file: \(error)"
            }
        }
    }

    /// Files of secrets that everybody on this machine may read. Blocks.
    package func openFiles() -> [String] {
        secrets.compactMap { _, secret in
            if case .file(let path) = secret, secret?.isOpenToAll == true { path } else { nil }
        }
    }
}
