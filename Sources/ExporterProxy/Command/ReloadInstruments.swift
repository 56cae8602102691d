import Synchronization

/// What came of the last reload; the start counts as one that succeeded.
final class ReloadInstruments: Sendable {
    private let isSuccessful = Atomic(true)
    private let succeededAt: Atomic<Int64>

    init(registry: InstrumentRegistry, startedAt: Moment) {
        succeededAt = Atomic(startedAt.wall.nanoseconds)
        registry.gauge(
            "exporter_proxy_config_last_reload_successful",
            help: "Whether the last reload of the configuration succeeded."
        ) { [self] in isSuccessful.load(ordering: .relaxed) ? 1 : 0 }
        registry.gauge(
            "exporter_proxy_config_last_reload_success_timestamp_seconds",
            help: "When the configuration that holds was read."
        ) { [self] in Double(succeededAt.load(ordering: .relaxed)) / 1e9 }
    }

    func success(at now: Moment) {
        succeededAt.store(now.wall.nanoseconds, ordering: .relaxed)
        isSuccessful.store(true, ordering: .relaxed)
    }

    func failure() { isSuccessful.store(false, ordering: .relaxed) }
}
