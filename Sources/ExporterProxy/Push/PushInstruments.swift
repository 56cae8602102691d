/// What the push door counts.
package struct PushInstruments: Sendable {
    private let registry: InstrumentRegistry
    /// Of pushes; the rest is counted by ``count(_:)``.
    package let stored: Counter
    package let bytes: Counter
    package let duration: Histogram
    package let expiredSeries: Counter
    package let expiredGroups: Counter
    package let unserved: Counter

    private static let pushes = "exporter_proxy_push_requests_total"
    private static let help = "Pushes by what became of them."

    package init(registry: InstrumentRegistry) {
        self.registry = registry
        let prefix = "exporter_proxy_push_"
        stored = registry.counter(Self.pushes, help: Self.help, labels: [("outcome", "stored")])
        bytes = registry.counter(prefix + "bytes_total", help: "Bytes of the bodies of pushes, decompressed.")
        duration = registry.histogram(
            prefix + "duration_seconds", help: "From a push that has been read whole to its answer.",
            bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1])
        expiredSeries = registry.counter(
            prefix + "series_expired_total", help: "Pushed series removed because of their age.")
        expiredGroups = registry.counter(
            prefix + "groups_expired_total", help: "Groups removed because all their series were too old.")
        unserved = registry.counter(
            prefix + "groups_unserved_total",
            help: "Groups that could not be served because store.sources_max was reached.")
    }

    /// `outcome` is one of our own words: stored, or the reason of a refusal.
    func count(_ outcome: String) {
        registry.counter(Self.pushes, help: Self.help, labels: [("outcome", outcome)]).increment()
    }
}
