/// The sources of the table as targets: one for each, so that each has an `up` of its own.
///
/// The lists depend on which sources there are and through which doors they come, and on nothing that they say: they
/// are the same, byte for byte, until one comes or goes.
enum OwnTargets {
    /// Every source, asked of us, in order of name. Those that are polled are there before their first poll.
    static func apps(
        _ entries: [SnapshotStore.Entry?], _ settings: OwnTargetSettings, at address: HostPort
    ) -> [OwnTarget] {
        var origins: [ExactText: (name: String, address: String, host: String)] = [:]
        for entry in entries.compactMap(\.self) {
            guard let origin = entry.snapshot?.origin ?? entry.failure?.origin else { continue }
            origins[ExactText(entry.source)] = (entry.source, origin.address, settings.hostName)
        }
        for exporter in settings.polled {
            origins[ExactText(exporter.name)] = (exporter.name, exporter.address, exporter.hostPort.host)
        }
        let scheme = settings.isSecure ? [("__scheme__", "https")] : []
        return inOrder(origins.values, by: \.name).map { source in
            // Prometheus encodes the path itself.
            let path = "/apps/\(source.name)/metrics"
            let labels = [
                ("__metrics_path__", path), ("app", source.name), ("host", source.host), ("source", source.address),
            ]
            return OwnTarget(address: address, labels: labels + scheme)
        }
    }

    /// The exporters that are polled, asked at their own addresses, in order of name; without those whose URL cannot
    /// be said in labels.
    static func polls(_ settings: OwnTargetSettings) -> [OwnTarget] {
        inOrder(settings.polled, by: \.name).compactMap(\.target)
    }

    /// Of bytes: names that look alike have an order as well.
    private static func inOrder<T>(_ sources: some Sequence<T>, by name: (T) -> String) -> [T] {
        sources.sorted { name($0).utf8.lexicographicallyPrecedes(name($1).utf8) }
    }
}
