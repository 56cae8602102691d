import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Targets with what belongs to them, as the daemon holds them.
struct DiscoveryRoom: Sendable {
    private let discovery: TargetDiscovery
    private let reporter: SentryReporter
    private let own: OwnTargetsSource
    private let prefix: String

    init(
        _ configuration: RootConfiguration, registry: InstrumentRegistry, group: any EventLoopGroup,
        threads: DaemonThreads, connectionsMax: Int, logger: Logger, time: @escaping TimeSource
    ) {
        let reporter = SentryReporter(
            configuration.discovery.sentryDSN, parts: .init(group: group, registry: registry, logger: logger))
        self.reporter = reporter
        discovery = TargetDiscovery(
            configuration.discovery,
            parts: .init(
                registry: registry, threads: threads.targets, judges: threads.judges,
                // Whoever waits has a connection, also when he has gone: most are to be left for others.
                waitingMax: max(1, connectionsMax / 4),
                failed: { reporter.report(SentryReport($0, $1, at: time())) }, logger: logger, time: time))
        own = OwnTargetsSource(configuration)
        prefix = configuration.discovery.urlPrefix
    }

    /// In start order.
    var services: [any Service] { [reporter, discovery] }

    /// What the proxy says of itself goes first: it lies below the path of the trees.
    func routes(store: SnapshotStore, merged: MergedExposition, lookups: HTTPQueue) -> [HTTPRoute] {
        let own = Set(["", prefix]).sorted().flatMap { [own] prefix in
            OwnTargetRoutes(store: store, merged: merged, queue: lookups, prefix: prefix) { own.settings }.all
        }
        return own + TargetsPageRoutes(discovery, prefix: prefix).all + DiscoveryRoutes(discovery, prefix: prefix).all
    }

    func apply(_ new: RootConfiguration) async {
        reporter.dsn = new.discovery.sentryDSN
        own.apply(new)
        await discovery.apply(new.discovery)
    }

    /// What speaks to those who ask for targets.
    func isServed(by server: HTTPServer) { own.isServed(by: server) }
}

extension SentryReport {
    fileprivate init(_ generator: ListedGenerator, _ trouble: GeneratorTrouble, at moment: Moment) {
        let folder = generator.name.split(separator: "/").dropLast().joined(separator: "/")
        self.init(
            generator: generator.name, path: folder, reason: trouble.reason, text: trouble.text,
            details: trouble.details, isPython: generator.file.kind == .python, at: moment)
    }
}

/// What `/targets/-/…` has to know, as it is now.
private final class OwnTargetsSource: Sendable {
    private let current: Mutex<OwnTargetSettings>

    init(_ configuration: RootConfiguration) {
        current = Mutex(OwnTargetSettings(listening: configuration.exporter.http.address))
        apply(configuration)
    }

    var settings: OwnTargetSettings { current.withLock { $0 } }

    func apply(_ new: RootConfiguration) {
        current.withLock { settings in
            settings.advertise = new.discovery.advertise
            settings.polled = new.polledExporters
        }
    }

    func isServed(by server: HTTPServer) {
        let (address, isSecure) = (server.address, server.isSecure)
        current.withLock { settings in
            settings.listening = address
            settings.isSecure = isSecure
        }
    }
}
