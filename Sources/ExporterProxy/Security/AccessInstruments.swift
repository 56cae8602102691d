/// What became of a request that asked to be let in.
enum AccessOutcome: String, CaseIterable, Sendable {
    /// Nobody has to log in for it.
    case open
    case admitted
    case noCredentials = "no_credentials"
    case malformed
    case wrong
    case forbidden
    case busy
    case rateLimited = "rate_limited"
    case crossSite = "cross_site"
}

struct AccessInstruments: Sendable {
    private let outcomes: [AccessOutcome: Counter]
    let fileFailures: Counter
    let failingFiles: Gauge

    init(registry: InstrumentRegistry) {
        let counters = AccessOutcome.allCases.map { outcome in
            let counter = registry.counter(
                "exporter_proxy_auth_requests_total", help: "Requests by whether they were let in.",
                labels: [("outcome", outcome.rawValue)])
            return (outcome, counter)
        }
        outcomes = Dictionary(uniqueKeysWithValues: counters)
        fileFailures = registry.counter(
            "exporter_proxy_auth_file_failures_total",
            help: "New versions of files of users and tokens that could not be taken.")
        failingFiles = registry.gauge(
            "exporter_proxy_auth_files_failing",
            help: "Files of users and tokens that are not as they should be: what they said before holds.")
    }

    func count(_ outcome: AccessOutcome) { outcomes[outcome]?.increment() }
}
