/// One value that says everything: composes what each room declares, and nothing else.
package struct RootConfiguration: Equatable, Sendable {
    package var log: LogConfiguration
    package var exporter: ExporterConfiguration
    package var receiver: SocketReceiver.Configuration
    package var poll: Poller.Configuration
    package var store: SnapshotStore.Configuration
    package var telemetry: TelemetryConfiguration

    /// Reads all sections; what does not fit is reported to `problems`, and its default stands in.
    package init(_ values: [String: ConfigurationValue], _ problems: ConfigurationProblems) {
        let root = ConfigurationSection("", values, problems)
        exporter = ExporterConfiguration(reading: root.table("exporter"))
        receiver = SocketReceiver.Configuration(reading: root.table("receiver"))
        poll = Poller.Configuration(reading: root.table("poll_external"))
        store = SnapshotStore.Configuration(reading: root.table("store"))
        telemetry = TelemetryConfiguration(reading: root.table("telemetry"))
        log = LogConfiguration(reading: root.table("log"))
        root.finish()
    }
}

/// `[exporter]` in config.toml: the original's keys, and those of the HTTP side.
///
/// - `worker_threads` (default 0): event loops of the HTTP side; 0 is one. The receivers have a thread of their own.
/// - `concurrent_requests` (default 2048): connections of each receiver at a time; who comes then waits.
/// - The rest: see ``HTTPServer/Configuration``.
package struct ExporterConfiguration: Equatable, Sendable {
    package var workerThreads = 0
    package var concurrentRequests = 2048
    package var http: HTTPServer.Configuration

    package init(reading section: ConfigurationSection) {
        workerThreads = section.integer("worker_threads", workerThreads, in: 0...1024)
        concurrentRequests = section.integer("concurrent_requests", concurrentRequests, in: 1...65_535)
        http = HTTPServer.Configuration(reading: section)
        section.finish()
    }
}
