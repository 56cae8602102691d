/// What became of the failures that Sentry was to be told of.
struct SentryInstruments: Sendable {
    enum Outcome: String, CaseIterable, Sendable {
        case sent, failed
        /// Too many waited.
        case dropped
        /// The same had been sent a moment before.
        case repeated
    }

    private let counters: [Outcome: Counter]

    init(registry: InstrumentRegistry) {
        let pairs = Outcome.allCases.map { outcome in
            let counter = registry.counter(
                "exporter_proxy_discovery_sentry_events_total", help: "Failures of generators for Sentry, by outcome.",
                labels: [("outcome", outcome.rawValue)])
            return (outcome, counter)
        }
        counters = Dictionary(uniqueKeysWithValues: pairs)
    }

    func count(_ outcome: Outcome) { counters[outcome]?.increment() }
}
