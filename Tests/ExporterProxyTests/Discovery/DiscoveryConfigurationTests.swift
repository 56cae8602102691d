import Testing

@testable import ExporterProxy

/// `[discovery]` as the program reads it.
struct DiscoveryConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(_ text: String) throws -> DiscoveryConfiguration {
        try ConfigurationFile.load(
            path: try folder.write(text, to: "c.toml"), overrides: ConfigurationOverrides()
        ).configuration.discovery
    }

    private func problems(_ text: String) throws -> [String] {
        do {
            _ = try load(text)
            return []
        } catch let failure as ConfigurationFailure {
            return failure.lines.map { String($0.split(separator: "c.toml:").last ?? "") }
        }
    }

    @Test func withoutTheSection_ThereIsNoTree() throws { #expect(try load("").trees == []) }

    @Test func trees_TakeWhatTheSectionSays() throws {
        let discovery = try load(
            """
            [discovery]
            root = "/a"
            python = "/venv"
            [[discovery.tree]]
            root = "/b"
            path = "/dc1/web/"
            [[discovery.tree]]
            root = "/c"
            path = "dc2"
            python = "python3.12"
            """)
        #expect(
            discovery.trees == [
                .init(root: "/a", python: "/venv"), .init(path: ["dc1", "web"], root: "/b", python: "/venv"),
                .init(path: ["dc2"], root: "/c", python: "python3.12"),
            ])
    }

    @Test(arguments: [
        ("root = 5", "discovery.root: expected the path of a folder, or \"\", found 5"),
        ("timeout = 0", "discovery.timeout: expected a duration above 0"),
        ("url_prefix = \"/a b\"", "discovery.url_prefix: expected a path such as \"/foo\""),
        ("url_prefix = \"/a/../b\"", "discovery.url_prefix: expected a path such as \"/foo\""),
        ("advertise = \"db1\"", "discovery.advertise: expected an address such as"),
        ("advertise = \"db1:0\"", "discovery.advertise: expected an address such as"),
        ("sentry_dsn = \"https://sentry.example/1\"", "discovery.sentry_dsn: expected "),
        ("memory_bytes_max = 1", "discovery.memory_bytes_max: expected an integer from 67108864"),
        ("[[discovery.tree]]\npath = \"a\"", "discovery.tree[0].root: it must be there"),
        ("[[discovery.tree]]\nroot = \"/\"\npath = \"_a\"", "discovery.tree[0].path: expected names such as"),
        ("[[discovery.tree]]\nroot = \"/\"\npath = \"-/a\"", "discovery.tree[0].path: expected names such as"),
        (
            "root = \"/a\"\n[[discovery.tree]]\nroot = \"/b\"",
            "discovery.tree[0].path: another tree is at '' already"
        ),
        ("rot = \"/a\"", "discovery.rot: unknown key, did you mean 'root'?"),
    ])
    func mistakes_AreNamed(text: String, problem: String) throws {
        let found = try problems("[discovery]\n" + text)

        #expect(found.count == 1 && found[0].contains(problem), "\(found)")
    }

    @Test(arguments: [("foo", "/foo"), ("/foo/", "/foo"), ("/a/b", "/a/b"), ("/", ""), ("", "")])
    func prefix_HasOneSlashInFront(text: String, prefix: String) throws {
        #expect(try load("[discovery]\nurl_prefix = \"\(text)\"").urlPrefix == prefix)
    }
}
