import Logging
import NIOPosix

/// The push door with what belongs to it, as the daemon holds it.
struct PushRoom: Sendable {
    let gateway: PushGateway
    private let settings: PushSettings
    private let admin: AdminSwitch
    private let instruments: PushInstruments
    private let threads: NIOThreadPool
    private let lookups: HTTPQueue
    private let startedAt: Moment
    private let time: TimeSource

    init(
        _ configuration: RootConfiguration, store: SnapshotStore, registry: InstrumentRegistry, threads: NIOThreadPool,
        lookups: HTTPQueue, logger: Logger, time: @escaping TimeSource
    ) {
        instruments = PushInstruments(registry: registry)
        gateway = PushGateway(
            configuration.push.holds, store: store, instruments: instruments, logger: logger, time: time)
        settings = PushSettings(configuration.pushSettings)
        admin = AdminSwitch(configuration.web.enablesAdminAPI)
        self.threads = threads
        self.lookups = lookups
        self.time = time
        startedAt = time()
        registry.gauge("exporter_proxy_push_groups", help: "Groups that were pushed.") { [gateway] in
            Double(gateway.groupCount)
        }
        registry.gauge("exporter_proxy_push_series", help: "Series of all groups.") { [gateway] in
            Double(gateway.seriesCount)
        }
    }

    var routes: [HTTPRoute] {
        let pushes = PushRoutes(
            gateway: gateway, settings: settings, instruments: instruments, threads: threads, time: time)
        let api = PushAPI(gateway: gateway, admin: admin, queue: lookups) { [startedAt] in
            PushStatus.json(startedAt: startedAt)
        }
        return pushes.all + api.all
    }

    func apply(_ new: RootConfiguration) {
        settings.current = new.pushSettings
        admin.isOn = new.web.enablesAdminAPI
        gateway.adopt(new.push.holds)
    }
}

extension RootConfiguration {
    fileprivate var pushSettings: PushSettings.Values { .init(push, exposition.standard.limits) }
}
