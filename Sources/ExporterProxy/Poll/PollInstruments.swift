import Synchronization

/// What is known of one poll target.
package final class PollInstruments: Sendable {
    private let up = Atomic<Bool>(false)
    private let succeeded: Counter
    private let failed: [String: Counter]

    package init(registry: InstrumentRegistry, target: String) {
        let labels = [("target", target)]
        succeeded = registry.counter(
            "exporter_proxy_poll_successes_total", help: "Polls that brought a whole body.", labels: labels)
        failed = Dictionary(
            uniqueKeysWithValues: PollError.reasons.map { reason in
                let counter = registry.counter(
                    "exporter_proxy_poll_failures_total", help: "Polls that brought nothing.",
                    labels: labels + [("reason", reason)])
                return (reason, counter)
            })
        registry.gauge(
            "exporter_proxy_poll_up", help: "Whether the last poll of a target succeeded.", labels: labels
        ) { [self] in up.load(ordering: .relaxed) ? 1 : 0 }
    }

    func success() {
        up.store(true, ordering: .relaxed)
        succeeded.increment()
    }

    func failure(_ error: PollError) {
        up.store(false, ordering: .relaxed)
        failed[error.reason]?.increment()
    }
}
