extension HTTPServer {
    /// The HTTP side of `[exporter]` in config.toml.
    ///
    /// - `scrape_expose_endpoint` (address): where everything is served.
    /// - `max_connections`: at the limit the connection idle longest is closed for a new one.
    /// - `max_body_bytes`: larger request bodies are refused with 413; routes that take one have limits of their own.
    /// - `max_inflight_bytes`: bodies of all requests together; beyond, requests are refused with 503.
    /// - `header_timeout`: from a request's first byte, or the connection's start, to the end of its head.
    /// - `body_timeout`: from there to the end of its body, or longer where so much of it has come.
    /// - `min_body_rate`: bytes a second, in each interval of that length.
    /// - `idle_timeout`: silence between requests after which a connection is closed.
    /// - `write_timeout`: how long a client may leave an answer unread.
    package struct Configuration: Equatable, Sendable {
        package var address = HostPort(host: "0.0.0.0", port: 6555)
        package var connectionsMax = 1024
        package var bodyBytesMax = 1024 * 1024
        package var inflightBytesMax = 256 * 1024 * 1024
        package var headerTimeout = Duration.seconds(10)
        package var bodyTimeout = Duration.seconds(30)
        package var bodyRateMin = 1024
        package var idleTimeout = Duration.seconds(75)
        package var writeTimeout = Duration.seconds(30)

        package init() {}

        package init(reading section: ConfigurationSection) {
            address = section.address("scrape_expose_endpoint", address)
            connectionsMax = section.integer("max_connections", connectionsMax, in: 1...65_535)
            bodyBytesMax = section.integer("max_body_bytes", bodyBytesMax, in: 0...1_073_741_824)
            inflightBytesMax = section.integer("max_inflight_bytes", inflightBytesMax, in: 1...1_099_511_627_776)
            headerTimeout = section.duration("header_timeout", headerTimeout)
            bodyTimeout = section.duration("body_timeout", bodyTimeout)
            bodyRateMin = section.integer("min_body_rate", bodyRateMin, in: 1...1_073_741_824)
            idleTimeout = section.duration("idle_timeout", idleTimeout)
            writeTimeout = section.duration("write_timeout", writeTimeout)
        }
    }
}
