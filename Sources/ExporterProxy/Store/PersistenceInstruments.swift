/// What the state on disk tells of itself.
struct PersistenceInstruments: Sendable {
    /// What is written, each for itself.
    enum Kind: String, CaseIterable, Sendable {
        /// Pushes, and the parts that they are put into.
        case journal
        case snapshots
        /// What is saved now and then of rooms.
        case parts
    }

    let degraded: Gauge
    let journalBytes: Gauge
    let commits: Histogram
    private let failures: [Kind: Counter]
    private let unreadable: [Kind: Counter]

    init(registry: InstrumentRegistry) {
        degraded = registry.gauge(
            "exporter_proxy_store_degraded", help: "Whether the last attempt to write the state to disk failed.")
        journalBytes = registry.gauge(
            "exporter_proxy_store_journal_bytes",
            help: "Bytes of records that are read again after a restart, as their outcome is not written yet.")
        commits = registry.histogram(
            "exporter_proxy_store_commit_duration_seconds",
            help: "How long it took to write the records that had come together.",
            bounds: [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3])
        func counters(_ name: String, _ help: String) -> [Kind: Counter] {
            Dictionary(
                uniqueKeysWithValues: Kind.allCases.map {
                    ($0, registry.counter(name, help: help, labels: [("kind", $0.rawValue)]))
                })
        }
        failures = counters("exporter_proxy_store_write_failures_total", "Attempts to write to disk that failed.")
        unreadable = counters(
            "exporter_proxy_store_unreadable_total", "Rows that could not be read, or understood, at the start.")
    }

    func failure(_ kind: Kind) { failures[kind]?.increment() }

    func unreadable(_ kind: Kind) { unreadable[kind]?.increment() }
}
