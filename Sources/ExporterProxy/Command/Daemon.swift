import Glibc
import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// The composition root: makes every room from the configuration and runs them in order.
package struct Daemon {
    private let file: ConfigurationFile
    private let log: LogSettings
    private let logger: Logger
    private let descriptorsAvailable = DescriptorBudget.available()
    private let time: TimeSource = Moment.now

    private var configuration: RootConfiguration { file.configuration }

    /// `log` is what `logger` writes by.
    package init(_ file: ConfigurationFile, log: LogSettings, logger: Logger) {
        self.file = file
        self.log = log
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT; throws what says why it could not start, or not go on.
    package func run() async throws {
        Allocator.keepMemoryAtHand()
        // A client that goes away must not end the process.
        signal(SIGPIPE, SIG_IGN)
        // Nor must a file that may not grow.
        signal(SIGXFSZ, SIG_IGN)
        // Before the first door opens: whoever can see that the program runs may ask it to end, or to reload.
        let stop = StopSignal(await UnixSignalsSequence(trapping: .sigterm, .sigint))
        let reloadSignals = await UnixSignalsSequence(trapping: .sighup)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.exporter.eventLoops)
        let threads = DaemonThreads()
        threads.start()
        do {
            let services = try await services(group, threads, reloadSignals)
            try await ServiceGroup(endingTogether: services + [stop], logger: logger).run()
        } catch {
            await threads.shutDown()
            throw error
        }
        await threads.shutDown()
        try await group.shutdownGracefully()
    }

    /// In start order; shutdown runs backwards: first nothing is reloaded any more, then the window closes.
    private func services(
        _ group: MultiThreadedEventLoopGroup, _ threads: DaemonThreads, _ reloadSignals: UnixSignalsSequence
    ) async throws -> [any Service] {
        let registry = InstrumentRegistry()
        ProcessInstruments.add(to: registry, now: time())
        let reloadInstruments = ReloadInstruments(registry: registry, startedAt: time())
        let reloads = ReloadRequests(configuration.web)
        let access = try access(threads.hashing, registry)
        let store = SnapshotStore(sourcesMax: configuration.store.sourcesMax)
        registry.gauge("exporter_proxy_sources", help: "Sources in the table.") { Double(store.count) }
        let lookups = HTTPQueue(threads.lookups)
        let push = PushRoom(
            configuration, store: store, registry: registry, threads: threads.pushes, lookups: lookups, logger: logger,
            time: time)
        let events = EventRoom(configuration.events.settings, store: store, logger: logger)
        // First: what was there is there again when the doors open.
        let persistence = try await Persistence.open(
            configuration.store.persistence,
            parts: .init(
                store: store, reserved: configuration.reservedNames, keeper: push.gateway,
                partKeepers: [events], registry: registry, logger: logger, time: time))
        if let persistence { events.whenShown { [weak persistence] in persistence?.saveSoon() } }
        if let journal = persistence?.journal { push.gateway.keep(in: journal) }
        let expiry = Expiry(
            store: store, rules: configuration.expiryRules, registry: registry, time: time)
        let budget = DescriptorBudget(configuration.receiverDescriptors(within: descriptorsAvailable))
        let receiver = try receiver(store, registry, budget)
        let eventReceiver = try EventReceiver(
            configuration.events(within: descriptorsAvailable),
            parts: .init(room: events, registry: registry, logger: logger, time: time))
        let discovery = DiscoveryRoom(
            configuration, registry: registry, group: group, threads: threads,
            connectionsMax: configuration.exporter.http(within: descriptorsAvailable).connectionsMax, logger: logger,
            time: time)
        let firstRound = FirstRound(of: configuration.poll.targets.map(\.name), began: time())
        let poller = Poller(
            configuration.poll, store: store, group: group, registry: registry, firstRound: firstRound,
            logger: logger, time: time)
        configuration.poll.warnOfSilencedTargets(logger)
        configuration.exposition.warnOfRawSources(logger)
        let merged = MergedExposition(
            store: store, rules: configuration.exposition, threads: threads.pages, time: time,
            live: [push.gateway, events], tell: ValidityLog(logger: logger).tell)
        SourceInstruments.add(to: registry, store: store, merged: merged, time: time)
        let telemetry = OwnMetrics(configuration.telemetry, registry: registry)
        let tunnelled = TunnelledMetrics(
            store: store, merged: merged, firstRound: firstRound, telemetry: telemetry, time: time)
        let tunnels = try TunnelRoom(
            configuration,
            parts: .init(
                registry: registry, group: group,
                metrics: { [source = configuration.tunnel.client?.source] give in
                    threads.pages.submit { _ in give(tunnelled.exposition(of: source)) }
                }, logger: logger, time: time))
        let routes = Routes(
            store: store, merged: merged, firstRound: firstRound, telemetry: telemetry, reload: reloads.add(on:),
            quit: reloads.quit, threads: threads.pages, lookups: lookups, aliases: tunnels.aliases, time: time)
        let page = PageStatus(
            .init(
                listening: configuration.exporter.http.address, hasAdminAPI: configuration.web.enablesAdminAPI),
            startedAt: time(), storePath: persistence?.path)
        let pages = PageRoutes(
            store: store, merged: merged, gateway: push.gateway, status: page, queue: lookups, time: time)
        // Last: whoever can connect to it finds every other door open.
        let server = try await HTTPServer.open(
            configuration.exporter.http(within: descriptorsAvailable),
            tls: try WebTLS.configuration(configuration.web, access.tls),
            router: HTTPRouter(
                routes.all + pages.all + push.routes
                    + tunnels.routes + discovery.routes(store: store, merged: merged, lookups: lookups),
                limit: access.limit, gate: access.gate,
                headers: { access.responseHeaders }),
            group: group, registry: registry, logger: logger, time: time)
        page.current.listening = server.address
        discovery.isServed(by: server)
        access.warnOfOpenRights(listening: configuration.exporter.http.address)
        let rooms = Rooms(
            descriptorsAvailable: descriptorsAvailable, log: log, store: store, persistence: persistence,
            expiry: expiry, merged: merged, telemetry: telemetry, budget: budget, receiver: receiver,
            events: eventReceiver, poller: poller, push: push, discovery: discovery, access: access, server: server,
            page: page, reloads: reloads)
        let reload = Reload(
            started: file, rooms: rooms, requests: reloads, signals: reloadSignals, instruments: reloadInstruments,
            logger: logger, time: time)
        let doors: [(any Service)?] = [persistence, expiry, push.gateway, eventReceiver, receiver, poller]
        return doors.compactMap { $0 } + discovery.services + tunnels.services + [server, reload]
    }

    private func access(
        _ hashing: NIOThreadPool, _ registry: InstrumentRegistry
    ) throws(ConfigurationFailure) -> AccessControl {
        do throws(AccessProblems) {
            return try AccessControl(
                configuration.web.access,
                parts: .init(hashing: hashing, threads: .singleton, registry: registry, logger: logger, time: time))
        } catch {
            throw ConfigurationFailure(lines: error.lines)
        }
    }

    private func receiver(
        _ store: SnapshotStore, _ registry: InstrumentRegistry, _ budget: DescriptorBudget
    ) throws -> SocketReceiver {
        try SocketReceiver(
            configuration.receiver, connectionsMax: configuration.exporter.concurrentRequests,
            parts: .init(
                store: store, reserved: configuration.reservedNames, registry: registry, budget: budget,
                logger: logger, time: time))
    }
}
