import Glibc

/// `[discovery]` in config.toml: what `/targets` is made of.
///
/// - `root` (path, default `""`: none): a folder of generators, served at `/targets/`.
/// - `[[discovery.tree]]`: further folders, each with `root`, the `path` below `/targets/` where it is served, and
///   `python`.
/// - `python` (default `"python3"`): the interpreter of `.py` generators, or the folder of a virtualenv.
/// - `timeout`, `output_bytes_max`, `memory_bytes_max`: what one run may take; `runs_max`: runs at a time.
/// - `cache_time`, `cache_exception_time`: how long a list, or a failure, stands before the generator runs again.
/// - `max_stale`: how long a list stands in for a failing generator, or for a folder that is gone.
/// - `keys_max`, `cache_bytes_max`: lists that are kept, by path and parameters.
/// - `url_prefix` (default `""`): everything of this room is served below it as well.
/// - `advertise` (default `""`): this proxy's address in `/targets/-/apps`.
/// - `scrape_configs` (default false): serve `/scrape_configs/<path>`.
/// - `sentry_dsn` (default `""`): where failures of generators are reported to.
package struct DiscoveryConfiguration: Equatable, Sendable {
    package struct Tree: Equatable, Hashable, Sendable {
        /// Names below `/targets/`; none is the top.
        package var path: [String]
        package var root: String
        package var python: String

        /// - Parameter root: a relative one begins where the process was started; programs run in the root, and are
        ///   told its name.
        package init(path: [String] = [], root: String, python: String = "python3") {
            self.path = path
            self.root = Self.absolute(root)
            self.python = python
        }

        private static func absolute(_ path: String) -> String {
            guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
            defer { free(current) }
            let folder = String(cString: current)
            return (folder == "/" ? "" : folder) + "/" + path
        }
    }

    package var trees: [Tree] = []
    package var limits = GeneratorLimits(
        timeout: .seconds(60), outputBytesMax: 16 * 1024 * 1024, memoryBytesMax: 512 * 1024 * 1024)
    package var runsMax = 16
    package var rules = CachedRuns.Rules()
    package var urlPrefix = ""
    package var advertise: HostPort?
    package var servesScrapeConfigs = false
    package var sentryDSN: SentryDSN?

    /// What a cache may have run.
    var bounds: GeneratorCache.Bounds { .init(runsMax: runsMax, patience: limits.timeout + .seconds(5)) }

    package init() {}

    package init(reading section: ConfigurationSection) {
        let python = section.string(
            "python", "python3", expected: "the name or path of a Python 3, or the folder of a virtualenv")
        let root = section.string("root", "", expected: "the path of a folder, or \"\"")
        if !root.isEmpty { trees.append(Tree(root: root, python: python)) }
        readTrees(section, python)
        limits.timeout = section.duration("timeout", limits.timeout)
        limits.outputBytesMax = section.integer("output_bytes_max", limits.outputBytesMax, in: 1024...1_073_741_824)
        limits.memoryBytesMax = section.integer(
            "memory_bytes_max", limits.memoryBytesMax, in: 67_108_864...1_099_511_627_776)
        runsMax = section.integer("runs_max", runsMax, in: 1...1024)
        rules.cacheTime = section.optionalDuration("cache_time", rules.cacheTime)
        rules.exceptionTime = section.optionalDuration("cache_exception_time", rules.exceptionTime)
        rules.maxStale = section.optionalDuration("max_stale", rules.maxStale)
        rules.keysMax = section.integer("keys_max", rules.keysMax, in: 1...1_000_000)
        rules.bytesMax = section.integer("cache_bytes_max", rules.bytesMax, in: 1_048_576...68_719_476_736)
        urlPrefix = Self.prefix(section)
        advertise = section.value(
            "advertise", nil, shown: "\"\"", expected: "an address such as \"db1.example:6555\", or \"\""
        ) { value in
            guard let text = value.asString else { return nil }
            return text.isEmpty ? .some(nil) : HostPort(text).flatMap { $0.port > 0 ? .some($0) : nil }
        }
        servesScrapeConfigs = section.boolean("scrape_configs", false)
        sentryDSN = section.sentryDSN("sentry_dsn")
        section.finish()
    }

    /// `foo`, `/foo` and `/foo/` are the same.
    private static func prefix(_ section: ConfigurationSection) -> String {
        section.value("url_prefix", "", shown: "\"\"", expected: "a path such as \"/foo\", or \"\"") { value in
            guard let text = value.asString else { return nil }
            let names = text.split(separator: "/")
            guard names.allSatisfy({ PercentEncoding.encode(String($0)) == $0 && $0 != "." && $0 != ".." }) else {
                return nil
            }
            return names.map { "/\($0)" }.joined()
        }
    }

    // MARK: Trees

    private mutating func readTrees(_ section: ConfigurationSection, _ python: String) {
        let tables = section.tables("tree")
        if tables.isEmpty {
            // So that the keys are known, and documented, without one.
            let example = ConfigurationSection(
                section.keyPath("tree[]"), ["root": .string("/"), "path": .string("example")], section.problems)
            _ = Tree(reading: example, python: python)
        }
        for table in tables {
            guard let tree = Tree(reading: table, python: python) else { continue }
            if trees.contains(where: { $0.path == tree.path }) {
                table.report("path", "another tree is at '\(tree.path.joined(separator: "/"))' already")
            }
            trees.append(tree)
        }
    }
}

extension DiscoveryConfiguration.Tree {
    /// - `root` (path; must be there), `path` (names below `/targets/`), `python` (default: that of the section).
    fileprivate init?(reading table: ConfigurationSection, python: String) {
        let root = table.value("root", "", shown: "required", expected: "the path of a folder") { $0.asString }
        let path = table.value(
            "path", [String](), shown: "\"\"", expected: "names such as \"dc1\" or \"dc1/web\""
        ) { value in value.asString.flatMap(Self.names) }
        let python = table.value(
            "python", python, shown: "discovery.python", expected: "the name or path of a Python 3, or of a virtualenv"
        ) { $0.asString }
        table.finish()
        guard !root.isEmpty else {
            table.report("root", "it must be there: the path of a folder")
            return nil
        }
        self.init(path: path, root: root, python: python)
    }

    /// `nil` where generators could not have such names.
    private static func names(_ text: String) -> [String]? {
        let names = text.split(separator: "/").map(String.init)
        let isFine = names.allSatisfy { !$0.hasPrefix("_") && !$0.hasPrefix(".") && !$0.utf8.contains(0) }
        return isFine && names.first != "-" ? names : nil
    }
}
