import ArgumentParser

/// The flags of prometheus-http-sd, for who serves targets with little ado: `serve --targets DIR`.
struct TargetsOptions: ParsableArguments {
    @Option(
        name: .customLong("targets"),
        help: ArgumentHelp("Serve the targets of this folder at /targets; sets discovery.root.", valueName: "folder"))
    var root: String?

    @Option(name: .customLong("host"), help: "With --targets: where to listen (127.0.0.1 if only the port is said).")
    var host: String?

    @Option(
        name: [.customShort("p"), .customLong("port")], help: "With --targets: the port (8080 if only the host is).")
    var port: Int?

    @Option(
        name: [.customShort("r"), .customLong("url_prefix"), .customLong("url-prefix")],
        help: "With --targets: sets discovery.url_prefix.")
    var urlPrefix: String?

    @Option(
        name: [.customShort("s"), .customLong("sentry-url")],
        help: ArgumentHelp("With --targets: sets discovery.sentry_dsn.", valueName: "dsn"))
    var sentry: String?

    @Option(
        name: .customLong("cache-type"), help: "With --targets: Timeout or None; None sets discovery.cache_time=off.")
    var cacheType: CacheType?

    @Option(
        name: .customLong("cache-opt"),
        help: ArgumentHelp(
            "With --targets: timeout, cache_time or cache_exception_time in seconds.", valueName: "key=value"))
    var cacheOptions: [String] = []

    enum CacheType: String, ExpressibleByArgument, CaseIterable {
        case timeout = "Timeout"
        case none = "None"
    }

    /// What the cache of the original has and ours needs not be told.
    private static let optionsWithoutMeaning: Set = [
        "name", "garbage_collection_count", "garbage_collection_interval", "copy_response",
    ]
    private static let options: Set = ["timeout", "cache_time", "cache_exception_time"]

    mutating func validate() throws {
        let needing = [host, port.map(String.init), urlPrefix, sentry, cacheType?.rawValue, cacheOptions.first]
        guard root != nil || needing.allSatisfy({ $0 == nil }) else {
            throw ValidationError("this goes with --targets only; config.toml has keys for it in [discovery]")
        }
        if let port, !(0...65_535).contains(port) { throw ValidationError("'\(port)' is no port") }
        for option in cacheOptions {
            let sides = option.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else {
                throw ValidationError("'--cache-opt \(option)' is not of the form key=value")
            }
            guard Self.options.union(Self.optionsWithoutMeaning).contains(sides[0]) else {
                throw ValidationError("'--cache-opt \(sides[0])' is not known: \(Self.options.sorted())")
            }
        }
    }

    /// As `--set` would take them.
    var settings: [String] {
        var settings: [(String, String?)] = [("root", root), ("url_prefix", urlPrefix), ("sentry_dsn", sentry)]
        if cacheType == CacheType.none { settings.append(("cache_time", "off")) }
        for option in cacheOptions {
            let sides = option.split(separator: "=", maxSplits: 1).map(String.init)
            // Off is off: the type says more than its time.
            guard sides.count == 2, Self.options.contains(sides[0]) else { continue }
            if cacheType == CacheType.none, sides[0] == "cache_time" { continue }
            settings.append((sides[0], sides[1]))
        }
        var all = settings.compactMap { key, value in value.map { "discovery.\(key)=\($0)" } }
        if host != nil || port != nil {
            let host = host ?? "127.0.0.1"
            let shown = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
            all.append("exporter.scrape_expose_endpoint=\(shown):\(port ?? 8080)")
        }
        return all
    }
}
