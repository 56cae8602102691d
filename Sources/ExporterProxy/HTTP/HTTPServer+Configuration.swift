extension HTTPServer {
    /// The HTTP side of `[exporter]` in config.toml.
    ///
    /// - `scrape_expose_endpoint` (address): where everything is served.
    /// - `max_connections`: at the limit the connection idle longest is closed for a new one.
    /// - `max_body_bytes`: larger request bodies are refused with 413.
    /// - `header_timeout`: from a request's first byte, or the connection's start, to the end of its head.
    /// - `body_timeout`: from there to the end of its body.
    /// - `idle_timeout`: silence between requests after which a connection is closed.
    /// - `write_timeout`: how long a client may leave an answer unread.
    package struct Configuration: Equatable, Sendable {
        package var address = HostPort(host: "0.0.0.0", port: 6555)
        package var connectionsMax = 1024
        package var bodyBytesMax = 1024 * 1024
        package var headerTimeout = Duration.seconds(10)
        package var bodyTimeout = Duration.seconds(30)
        package var idleTimeout = Duration.seconds(75)
        package var writeTimeout = Duration.seconds(30)

        package init() {}

        package init(reading section: ConfigurationSection) {
            address = section.address("scrape_expose_endpoint", address)
            connectionsMax = section.integer("max_connections", connectionsMax, in: 1...65_535)
            bodyBytesMax = section.integer("max_body_bytes", bodyBytesMax, in: 0...1_073_741_824)
            headerTimeout = section.duration("header_timeout", headerTimeout)
            bodyTimeout = section.duration("body_timeout", bodyTimeout)
            idleTimeout = section.duration("idle_timeout", idleTimeout)
            writeTimeout = section.duration("write_timeout", writeTimeout)
        }
    }
}
