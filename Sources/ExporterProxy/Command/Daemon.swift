import Glibc
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The composition root: makes every room from the configuration and runs them in order.
package struct Daemon {
    private let configuration: RootConfiguration
    private let logger: Logger
    private let descriptorsAvailable = DescriptorBudget.available()
    private let time: TimeSource = Moment.now

    package init(_ configuration: RootConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT; throws what says why it could not start, or not go on.
    package func run() async throws {
        // A client that goes away must not end the process; SIGHUP is kept for a reload to come.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        // Before the first door opens: whoever can see that the program runs may ask it to end.
        let stop = StopSignal(await UnixSignalsSequence(trapping: .sigterm, .sigint))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, configuration.exporter.workerThreads))
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        do {
            let services = try await services(group, threads)
            try await serviceGroup(services + [stop]).run()
        } catch {
            try? await threads.shutdownGracefully()
            throw error
        }
        try await threads.shutdownGracefully()
        try await group.shutdownGracefully()
    }

    /// In start order; shutdown runs backwards: the window closes first.
    private func services(
        _ group: MultiThreadedEventLoopGroup, _ threads: NIOThreadPool
    ) async throws -> [any Service] {
        let registry = InstrumentRegistry()
        ProcessInstruments.add(to: registry, now: time())
        let store = SnapshotStore(sourcesMax: configuration.store.sourcesMax)
        registry.gauge("exporter_proxy_sources", help: "Sources in the table.") { Double(store.count) }
        let expiry = Expiry(store: store, rules: expiryRules, registry: registry, time: time)
        let receiver = try receiver(store, registry)
        let pollers = pollers(store, group, registry)
        let merged = MergedExposition(store: store, compressors: threads)
        let routes = Routes(
            store: store, merged: merged, registry: registry, staleAfter: configuration.store.staleAfter,
            threads: threads, time: time)
        // Last: whoever can connect to it finds every other door open.
        let server = try await HTTPServer.open(
            http, router: HTTPRouter(routes.all), group: group, registry: registry,
            logger: logger, time: time)
        return [expiry, receiver] + pollers + [server]
    }

    /// None without a target: an HTTP client that is not used is not made.
    private func pollers(
        _ store: SnapshotStore, _ group: MultiThreadedEventLoopGroup, _ registry: InstrumentRegistry
    ) -> [any Service] {
        if configuration.poll.silencedTargets > 0 {
            logger.warning(
                "poll targets are configured, but poll_external.poll_other_scrape_endpoints is false",
                metadata: ["targets": "\(configuration.poll.silencedTargets)"])
        }
        if configuration.poll.targets.isEmpty { return [] }
        return [
            Poller(configuration.poll, store: store, group: group, registry: registry, logger: logger, time: time)
        ]
    }

    private var expiryRules: ExpiryRules {
        ExpiryRules(staleAfter: configuration.store.staleAfter, expireAfter: configuration.store.expireAfter)
    }

    /// Of the HTTP side; with few descriptors fewer than configured, so that the proxy can always be asked.
    private var http: HTTPServer.Configuration {
        var http = configuration.exporter.http
        http.connectionsMax = min(http.connectionsMax, max(4, descriptorsAvailable / 8))
        return http
    }

    /// Descriptors that the receivers leave to everything else: the window, polls, logs.
    private var descriptorsReserved: Int { 64 + http.connectionsMax }

    private func receiver(_ store: SnapshotStore, _ registry: InstrumentRegistry) throws -> SocketReceiver {
        let names = Set(configuration.poll.targets.map(\.name))
        return try SocketReceiver(
            configuration.receiver, connectionsMax: configuration.exporter.concurrentRequests,
            parts: .init(
                store: store, reserved: ReservedNames(names: names, prefixes: [Poller.namePrefix]),
                registry: registry, budget: DescriptorBudget(of: descriptorsAvailable, reserving: descriptorsReserved),
                logger: logger,
                time: time))
    }

    private func serviceGroup(_ services: [any Service]) -> ServiceGroup {
        var group = ServiceGroupConfiguration(
            services: services.map {
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            logger: quietLogger)
        // The promise is 5 seconds from the signal to the exit.
        group.maximumGracefulShutdownDuration = .seconds(4)
        return ServiceGroup(configuration: group)
    }

    /// The library's own words are of no use to an operator.
    private var quietLogger: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .error)
        return logger
    }
}
