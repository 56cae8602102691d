extension Persistence {
    /// Keys of `[store]` in config.toml.
    ///
    /// - `path` (string, default `""`): the folder where pushes and snapshots are kept; without it nothing is written.
    /// - `ack` (`"written"`, `"memory"` or `"fsync"`, default `"written"`): when a push is answered.
    /// - `save_interval` (duration, default `"5s"`): how often snapshots of sockets are saved.
    package struct Configuration: Equatable, Sendable {
        /// What the shipped file says. Where it cannot be had, the user's own state folder is as good.
        package static let standardPath = "/var/lib/exporter-proxy"

        package var path = ""
        package var ack = Journal.Ack.written
        package var saveInterval = Duration.seconds(5)

        package init() {}

        package init(reading section: ConfigurationSection) {
            path = section.value(
                "path", path, shown: "\"\(path)\"", expected: "the path of a folder, or \"\""
            ) { value in value.asString.flatMap { $0.utf8.contains(0) || $0.utf8.count > 4000 ? nil : $0 } }
            ack = section.choice("ack", ack)
            saveInterval = section.duration("save_interval", saveInterval)
        }
    }
}
