import Foundation
import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// `[tunnel.client]`, `[tunnel.bridge]` and the environment of the original bridge, as the program reads them.
struct TunnelConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let hex = String(repeating: "ab", count: 32)
    private static let otherHex = String(repeating: "cd", count: 32)
    private static let bytes = [UInt8](repeating: 0xAB, count: 32)
    private static let publicKey = KeyPair.random().publicKey

    private static let client = """
        [tunnel.client]
        scraper_public_key = "\(publicKey)"
        scraper_secret = "\(hex)"
        alias = "db1"

        """
    private static let bridge = """
        [tunnel.bridge]
        shared_secret = "\(hex)"
        key_pair_seed = "\(otherHex)"

        """

    private func load(
        _ text: String, _ environment: [String: String] = [:], settings: [String] = []
    ) throws -> RootConfiguration {
        var overrides = ConfigurationOverrides()
        overrides.add(environment: environment)
        for setting in settings { _ = overrides.add(setting: setting) }
        return try ConfigurationFile.load(path: try folder.write(text, to: "c.toml"), overrides: overrides)
            .configuration
    }

    /// Without the folder's path.
    private func problems(
        _ text: String, _ environment: [String: String] = [:], settings: [String] = []
    ) throws -> [String] {
        do {
            _ = try load(text, environment, settings: settings)
            return []
        } catch let failure as ConfigurationFailure {
            return failure.lines.map { $0.replacing("\(folder.path)/", with: "") }
        }
    }

    // MARK: What holds

    @Test(arguments: ["", "[tunnel]\n"])
    func withoutATable_ThereIsNeither(text: String) throws {
        #expect(try load(text).tunnel == TunnelConfiguration())
    }

    @Test func client_HasItsDefaults() throws {
        let client = try #require(try load(Self.client).tunnel.client)
        #expect(client == .init(bridge: Self.publicKey, secret: .text(Secret(Self.bytes)), alias: "db1"))
        #expect(client.service == "exporter-proxy" && client.hostname == HostName.current() && client.source == nil)
        #expect(client.seed == nil && client.registerInterval == .seconds(3600) && client.port == 0)
        #expect(client.bootstrap.map(\.description).first == "node1.hyperdht.org:49737" && client.bootstrap.count == 3)
        #expect(client.host == "0.0.0.0" && client.bridgeURL == nil && client.caFile == nil)
        #expect(try client.secret.read().isEqual(to: Self.bytes))
        #expect(try load(Self.client).tunnel.bridge == nil)
    }

    @Test func client_IsWhatTheMachineIsTold() throws {
        let text = Self.client + "register_interval = \"90s\"\nkey_pair_seed = \"\(Self.otherHex)\"\n"
        let client = try #require(try load(text).tunnel.client)
        let settings = try client.settings()
        #expect(settings.bridge == Self.publicKey && settings.alias == "db1" && settings.way == .listening)
        #expect(settings.secret.isEqual(to: Self.bytes) && settings.registerInterval == 90_000_000_000)
        let dialling = try #require(try load(text + "bridge_url = \"http://b\"\n").tunnel.client)
        #expect(try dialling.settings().way == .dialling)
        #expect(try client.identity().publicKey == dialling.identity().publicKey)
        let nameless = try #require(try load(Self.client).tunnel.client)
        #expect(try nameless.identity().publicKey != nameless.identity().publicKey, "without a seed it is a new one")
    }

    @Test func bridge_HasItsDefaults() throws {
        let bridge = try #require(try load(Self.bridge).tunnel.bridge)
        #expect(bridge.entryExpiry == .seconds(10_800) && bridge.requestTimeout == .seconds(5))
        #expect(bridge.aliasesMax == 10_000 && bridge.pinned.isEmpty && bridge.targetsFile == "")
        #expect(bridge.usesDHT && bridge.acceptsStreams && bridge.port == 49_737 && bridge.bootstrap.count == 3)
        #expect(bridge.publicAddress == nil && !bridge.isOpen)
        #expect(try bridge.secret.read().isEqual(to: Self.bytes) && !bridge.seed.read().isEqual(to: Self.bytes))
    }

    @Test func allKeys_AreHeard() throws {
        let tunnel = try load(
            """
            \(Self.client)
            service = "web"
            hostname = "h:1"
            source = "external_poll: a:1"
            key_pair_seed = "\(Self.otherHex)"
            register_interval = "5m"
            bootstrap = ["10.0.0.1:1", "dht.example:2"]
            host = "10.0.0.2"
            port = 5
            bridge_url = "https://bridge.example"
            ca_file = "/ca.pem"
            \(Self.bridge)
            entry_expiry = "1h"
            aliases_max = 5
            pinned = { db1 = "\(Self.publicKey)", "db 2" = "\(Self.publicKey.text(.hex))" }
            targets_file = "/t.json"
            request_timeout = "2s"
            use_dht = true
            accept_streams = false
            bootstrap = ["10.0.0.1:1"]
            host = "127.0.0.1"
            port = 0
            public_address = "192.0.2.1:9"
            """
        ).tunnel
        let client = try #require(tunnel.client)
        #expect(client.service == "web" && client.hostname == "h:1" && client.source == "external_poll: a:1")
        #expect(client.seed == .text(Secret([UInt8](repeating: 0xCD, count: 32))) && client.port == 5)
        #expect(client.registerInterval == .seconds(300) && client.host == "10.0.0.2")
        #expect(client.bootstrap.map(\.description) == ["10.0.0.1:1", "dht.example:2"])
        #expect(client.bridgeURL?.description == "https://bridge.example:443" && client.caFile == "/ca.pem")
        let bridge = try #require(tunnel.bridge)
        #expect(bridge.entryExpiry == .seconds(3600) && bridge.aliasesMax == 5 && bridge.targetsFile == "/t.json")
        #expect(bridge.pinned == ["db1": Self.publicKey, "db 2": Self.publicKey])
        #expect(bridge.requestTimeout == .seconds(2) && !bridge.acceptsStreams && bridge.host == "127.0.0.1")
        #expect(bridge.port == 0 && bridge.publicAddress?.description == "192.0.2.1:9" && bridge.isOpen)
        #expect(bridge.bootstrap.map(\.description) == ["10.0.0.1:1"])
    }

    @Test(arguments: [
        ("https://b.example", "https://b.example:443"), ("http://b.example/", "http://b.example:80"),
        ("https://[::1]:8443", "https://[::1]:8443"), ("https://[::1]", "https://[::1]:443"),
        ("ftp://b", nil), ("https://", nil), ("https://:1", nil), ("https://b:0", nil), ("https://b/path", nil),
        ("https://u@b", nil), ("b.example:1", nil), ("https://b//", nil), ("", nil),
    ])
    func bridgeURL_IsAHostAndAPort(text: String, shown: String?) {
        #expect(BridgeURL(text)?.description == shown)
    }

    @Test(arguments: [
        ("a", true), ("db 1.example", true), (String(repeating: "a", count: 200), true), ("é", true), ("...", true),
        ("", false), (String(repeating: "a", count: 201), false), ("a:b", false), ("a/b", false), ("a\n", false),
        (".", false), ("..", false), ("a\u{7f}", false), ("a\u{85}", false),
    ])
    func alias_IsANameThatFitsIntoAPath(alias: String, isGood: Bool) {
        #expect((AliasName.fault(of: alias) == nil) == isGood)
    }

    // MARK: What is wrong

    @Test(arguments: [
        (
            "[tunnel.client]\n",
            [
                "1: tunnel.client.scraper_public_key: is missing: expected a public key in hex, z32 or base64",
                "1: tunnel.client.scraper_secret: is missing: set it, or scraper_secret_file",
                "1: tunnel.client.alias: is missing: expected a name of 1 to 200 bytes, without ':', '/' and "
                    + "characters that cannot be seen",
            ]
        ),
        (
            "[tunnel.bridge]\n",
            [
                "1: tunnel.bridge.shared_secret: is missing: set it, or shared_secret_file",
                "1: tunnel.bridge.key_pair_seed: is missing: set it, or key_pair_seed_file",
            ]
        ),
        ("[tunnel.clint]\n", ["1: tunnel.clint: unknown key, did you mean 'client'?"]),
        (client + "bootstrap = []\n", ["5: tunnel.client.bootstrap: expected \(nodes), found an array"]),
        (client + "bootstrap = [\":1\"]\n", ["5: tunnel.client.bootstrap: expected \(nodes), found an array"]),
        (client + "bootstrap = [\"a\"]\n", ["5: tunnel.client.bootstrap: expected \(nodes), found an array"]),
        (client + "bootstrap = [\"a:0\"]\n", ["5: tunnel.client.bootstrap: expected \(nodes), found an array"]),
        (
            client + "host = \"::1\"\n",
            ["5: tunnel.client.host: expected an IPv4 address of this machine, such as \"10.0.0.1\", found \"::1\""]
        ),
        (client + "source = \".\"\n", ["5: tunnel.client.source: the app name '.' is reserved"]),
        (
            client + "ca_file = \"/ca.pem\"\n",
            ["5: tunnel.client.ca_file: it needs a bridge_url that begins with https://"]
        ),
        (
            client + "bridge_url = \"http://b\"\nca_file = \"/ca.pem\"\n",
            ["6: tunnel.client.ca_file: it needs a bridge_url that begins with https://"]
        ),
        (
            bridge + "use_dht = false\naccept_streams = false\n",
            ["5: tunnel.bridge.accept_streams: with use_dht = false as well no client can come"]
        ),
        (
            bridge + "pinned = { \"a:b\" = \"x\" }\n",
            [
                "4: tunnel.bridge.pinned.a:b: expected a name of 1 to 200 bytes, without ':', '/' and "
                    + "characters that cannot be seen",
                "4: tunnel.bridge.pinned.a:b: expected a public key in hex, z32 or base64, found \"x\"",
            ]
        ),
        (
            bridge + "public_address = \"bridge.example:1\"\n",
            [
                "4: tunnel.bridge.public_address: expected an IPv4 address and port such as \"192.0.2.1:49737\", or "
                    + "\"\", found \"bridge.example:1\""
            ]
        ),
    ])
    func problem_IsSaidWithItsPlace(text: String, expected: [String]) throws {
        #expect(try problems(text).map { $0.replacing("c.toml:", with: "") } == expected)
    }

    private static let nodes = "an array of addresses of DHT nodes, such as \"10.0.0.1:49737\""

    /// Whatever is wrong with it, and wherever it stands.
    @Test(arguments: ["\"hunter2\"", "12345678", "[\"hunter2\"]", "{ a = \"hunter2\" }", "\"\(hex)00\"", "1.5", "true"])
    func wrongSecret_IsNotShown(value: String) throws {
        let expected =
            "expected 32 bytes in hex, z32 or base64, as 'exporter-proxy keygen' prints them, found something else"
        for key in ["shared_secret", "key_pair_seed"] {
            let other = key == "shared_secret" ? "key_pair_seed" : "shared_secret"
            let text = "[tunnel.bridge]\n\(other) = \"\(Self.hex)\"\n"
            #expect(try problems(text + "\(key) = \(value)\n") == ["c.toml:3: tunnel.bridge.\(key): \(expected)"])
            let bare = value.replacing("\"", with: "")
            #expect(
                try problems(text, settings: ["tunnel.bridge.\(key)=\(bare)"])
                    == ["--set tunnel.bridge.\(key): tunnel.bridge.\(key): \(expected)"])
        }
    }

    /// Nor one that is right.
    @Test func secrets_AreNotPartOfAnyText() throws {
        let configuration = try load(Self.client + Self.bridge)
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration)] {
            #expect(text.contains("db1") && text.contains("a secret of 32 bytes"))
            for secret in [Self.hex, Self.otherHex, "171, 171"] { #expect(!text.contains(secret)) }
        }
    }

    // MARK: Files

    @Test(arguments: [hex, Z32.text(of: bytes), KeyForm.base64.text(of: bytes), "  \(hex)  \nand more\n"])
    func secretInAFile_IsItsFirstLine(text: String) throws {
        let path = try folder.write(text, to: "secret")
        let client = try #require(
            try load(
                Self.client.replacing("scraper_secret = \"\(Self.hex)\"", with: "scraper_secret_file = \"\(path)\"")
            )
            .tunnel.client)
        #expect(client.secret == .file(path))
        #expect(try client.secret.read().isEqual(to: Self.bytes))
    }

    @Test func filesThatHaveNoSecret_AreNamed_WithoutWhatTheyHave() throws {
        let path = try folder.write("hunter2\n", to: "wrong")
        let tunnel = try load(
            """
            [tunnel.client]
            scraper_public_key = "\(Self.publicKey)"
            scraper_secret_file = "\(path)"
            alias = "a"
            key_pair_seed_file = "\(folder.file("none"))"
            """
        ).tunnel
        #expect(
            tunnel.problems().map { $0.replacing("\(folder.path)/", with: "") } == [
                "tunnel.client.scraper_secret_file: wrong: expected 32 bytes in hex, z32 or base64, as 'exporter-proxy "
                    + "keygen' prints them in the first line",
                "tunnel.client.key_pair_seed_file: cannot read none: No such file or directory",
            ])
        #expect(try load(Self.client + Self.bridge).tunnel.problems().isEmpty)
    }

    @Test(arguments: [(0o600, false), (0o640, false), (0o644, true), (0o604, true)])
    func fileThatEverybodyMayRead_IsNamed(mode: Int, isNamed: Bool) throws {
        let path = try folder.write(Self.hex, to: "secret")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let tunnel = try load(
            Self.bridge.replacing("key_pair_seed = \"\(Self.otherHex)\"", with: "key_pair_seed_file = \"\(path)\"")
        ).tunnel
        #expect(tunnel.openFiles() == (isNamed ? [path] : []))
    }

    @Test func secretAndItsFile_AreOneTooMany() throws {
        #expect(
            try problems(Self.client + "scraper_secret_file = \"/s\"\n") == [
                "c.toml:5: tunnel.client.scraper_secret_file: scraper_secret is set as well: only one can hold"
            ])
    }

    // MARK: Reload

    @Test func changedSecret_IsAChange() throws {
        let configuration = try load(Self.client)
        let same = try load(Self.client)
        #expect(same.changedSections(since: configuration).isEmpty)
        let other = try load(Self.client.replacing(Self.hex, with: Self.otherHex))
        #expect(other.changedSections(since: configuration) == ["tunnel"])
    }

    // MARK: The environment of the original bridge

    @Test func withoutASharedSecret_ItsEnvironmentSaysNothing() throws {
        let variables = [
            "HYPERDHT_PROM_KEY_PAIR_SEED": Self.hex, "HYPERDHT_PROM_HTTP_PORT": "1", "DHT_PROM_SHARED_SECRET": "",
        ]
        #expect(try load("", variables) == load(""))
    }

    @Test(arguments: ["HYPERDHT_PROM_", "DHT_PROM_"])
    func itsEnvironment_MakesABridge(prefix: String) throws {
        let variables = [
            "SHARED_SECRET": Self.hex, "KEY_PAIR_SEED": Z32.text(of: Self.bytes), "HTTP_PORT": "8080",
            "HTTP_HOST": "0.0.0.0", "PROMETHEUS_TARGETS_LOC": "/t.json", "LOG_LEVEL": "warn", "DHT_PORT": "7",
        ]
        let configuration = try load(
            "", Dictionary(uniqueKeysWithValues: variables.map { ("\(prefix)\($0.key)", $0.value) }))
        let bridge = try #require(configuration.tunnel.bridge)
        #expect(bridge.secret == bridge.seed && bridge.port == 7 && bridge.targetsFile == "/t.json")
        #expect(configuration.exporter.http.address.description == "0.0.0.0:8080")
        #expect(configuration.log.level == .warning && configuration.tunnel.client == nil)
    }

    @Test(arguments: [
        ([:], "0.0.0.0:6555"), (["HTTP_PORT": "8080"], "127.0.0.1:8080"), (["HTTP_HOST": "::1"], "[::1]:6555"),
        (["LOG_LEVEL": "LOUD"], "0.0.0.0:6555"),
    ])
    func itsDefaults_AreOurs_WhereItSaysNothing(more: [String: String], address: String) throws {
        var variables = ["HYPERDHT_PROM_SHARED_SECRET": Self.hex, "HYPERDHT_PROM_KEY_PAIR_SEED": Self.hex]
        for (name, text) in more { variables["HYPERDHT_PROM_\(name)"] = text }
        let configuration = try load("", variables)
        let bridge = try #require(configuration.tunnel.bridge)
        #expect(bridge.targetsFile == "./prometheus/targets.json" && bridge.port == 49_737)
        #expect(configuration.exporter.http.address.description == address && configuration.log.level == .info)
    }

    @Test func newerGeneration_IsHeard() throws {
        let bridge = try load(
            "",
            [
                "HYPERDHT_PROM_SHARED_SECRET": Self.hex, "HYPERDHT_PROM_KEY_PAIR_SEED": Self.hex,
                "DHT_PROM_SHARED_SECRET": Self.otherHex, "DHT_PROM_DHT_PORT": "9",
            ]
        ).tunnel.bridge
        #expect(bridge?.secret == .text(Secret(Self.bytes)) && bridge?.port == 49_737)
    }

    @Test func configurationFile_WinsOverIt_WithAFileOfASecretToo() throws {
        let path = try folder.write(Self.hex, to: "secret")
        let variables = [
            "HYPERDHT_PROM_SHARED_SECRET": Self.otherHex, "HYPERDHT_PROM_KEY_PAIR_SEED": Self.otherHex,
            "HYPERDHT_PROM_DHT_PORT": "9",
        ]
        let text = "[tunnel.bridge]\nshared_secret_file = \"\(path)\"\nkey_pair_seed = \"\"\nport = 8\n"
        let bridge = try #require(try load(text, variables).tunnel.bridge)
        #expect(bridge.secret == .file(path) && bridge.seed != bridge.secret && bridge.port == 8)
        let over = try load("", variables.merging(["EXPORTER_PROXY_TUNNEL__BRIDGE__SHARED_SECRET_FILE": path]) { $1 })
        #expect(over.tunnel.bridge?.secret == .file(path))
    }

    @Test func wrongVariable_IsNamed_AndNotShown() throws {
        let lines = try problems(
            "", ["HYPERDHT_PROM_SHARED_SECRET": "hunter2", "HYPERDHT_PROM_DHT_PORT": "high"])
        #expect(
            lines.map { $0.split(separator: ",").first.map(String.init) ?? "" } == [
                "HYPERDHT_PROM_SHARED_SECRET: tunnel.bridge.shared_secret: expected 32 bytes in hex",
                "HYPERDHT_PROM_DHT_PORT: tunnel.bridge.port: expected an integer from 0 to 65535",
                "c.toml: tunnel.bridge.key_pair_seed: is missing: set it",
            ])
        #expect(lines.allSatisfy { !$0.contains("hunter2") })
    }
}
