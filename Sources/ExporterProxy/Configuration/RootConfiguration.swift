/// One value that says everything: composes what each room declares, and nothing else.
package struct RootConfiguration: Equatable, Sendable {
    package var log: LogConfiguration
    package var exporter: ExporterConfiguration
    package var receiver: SocketReceiver.Configuration
    package var poll: Poller.Configuration
    package var push: PushConfiguration
    package var events: EventsConfiguration
    package var discovery: DiscoveryConfiguration
    package var tunnel: TunnelConfiguration
    package var store: SnapshotStore.Configuration
    package var exposition: ExpositionRules
    package var telemetry: TelemetryConfiguration
    package var web: Routes.Configuration

    /// Reads all sections; what does not fit is reported to `problems`, and its default stands in.
    package init(_ values: [String: ConfigurationValue], _ problems: ConfigurationProblems) {
        let root = ConfigurationSection("", values, problems)
        exporter = ExporterConfiguration(reading: root.table("exporter"))
        receiver = SocketReceiver.Configuration(reading: root.table("receiver"))
        poll = Poller.Configuration(reading: root.table("poll_external"))
        push = PushConfiguration(reading: root.table("push"))
        events = EventsConfiguration(reading: root.table("events"))
        discovery = DiscoveryConfiguration(reading: root.table("discovery"))
        tunnel = TunnelConfiguration(reading: root.table("tunnel"))
        store = SnapshotStore.Configuration(reading: root.table("store"))
        exposition = ExpositionRules(reading: root.table("exposition"), staleAfter: store.staleAfter)
        telemetry = TelemetryConfiguration(reading: root.table("telemetry"))
        web = Routes.Configuration(reading: root.table("web"))
        log = LogConfiguration(reading: root.table("log"))
        root.finish()
        if events.isUsed, poll.targets.contains(where: { $0.name == EventRoom.source }) {
            problems.report("poll_external.target", "the name '\(EventRoom.source)' is that of the packets' metrics")
        }
    }

    /// So that nobody can push under the name of a target, or of the proxy itself where it is a source.
    package var reservedNames: ReservedNames {
        let names =
            poll.targets.map(\.name) + (telemetry.isMerged ? [OwnMetrics.source] : [])
            + (events.isUsed ? [EventRoom.source] : [])
        return ReservedNames(names: Set(names), prefixes: [Poller.namePrefix, GroupingKey.sourcePrefix])
    }

    /// What the sources' age is judged by.
    package var expiryRules: ExpiryRules {
        ExpiryRules(
            staleAfter: store.staleAfter, expireAfter: store.expireAfter, exceptions: exposition.exceptions)
    }

    /// The sections that say something else than in `old`.
    package func changedSections(since old: RootConfiguration) -> [String] {
        [
            ("exporter", exporter != old.exporter), ("receiver", receiver != old.receiver),
            ("poll_external", poll != old.poll), ("push", push != old.push),
            ("events", events != old.events), ("discovery", discovery != old.discovery),
            ("tunnel", tunnel != old.tunnel), ("store", store != old.store),
            ("exposition", exposition != old.exposition), ("telemetry", telemetry != old.telemetry),
            ("web", web != old.web), ("log", log != old.log),
        ].filter(\.1).map(\.0)
    }

    /// The keys whose values cannot take effect in a process that started with `started`.
    package func keysThatNeedARestart(since started: RootConfiguration) -> [String] {
        let (disk, before) = (store.persistence, started.store.persistence)
        return [
            ("exporter.worker_threads", exporter.eventLoops != started.exporter.eventLoops),
            ("discovery.url_prefix", discovery.urlPrefix != started.discovery.urlPrefix),
            ("tunnel", tunnel != started.tunnel),
            ("store.path", disk.path != before.path), ("store.ack", disk.ack != before.ack),
        ].filter(\.1).map(\.0)
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

    package var eventLoops: Int { max(1, workerThreads) }

    package init(reading section: ConfigurationSection) {
        workerThreads = section.integer("worker_threads", workerThreads, in: 0...1024)
        concurrentRequests = section.integer("concurrent_requests", concurrentRequests, in: 1...65_535)
        http = HTTPServer.Configuration(reading: section)
        section.finish()
    }
}
