/// What one receiver counts.
package struct ReceiverInstruments: Sendable {
    package let connections: Counter
    package let connectionsOpen: Gauge
    package let connectionsEvicted: Counter
    package let connectionsIdle: Counter
    package let acceptFailures: Counter
    package let messages: Counter
    package let bytes: Counter
    private let refused: [String: Counter]

    package init(registry: InstrumentRegistry, door: Snapshot.Origin.Door) {
        let labels = [("door", door.rawValue)]
        let prefix = "exporter_proxy_receiver_"
        connections = registry.counter(
            prefix + "connections_total", help: "Connections that a receiver accepted.", labels: labels)
        connectionsOpen = registry.gauge(
            prefix + "connections", help: "Open connections of a receiver.", labels: labels)
        connectionsEvicted = registry.counter(
            prefix + "connections_evicted_total",
            help: "Idle connections closed because others waited at exporter.concurrent_requests.", labels: labels)
        connectionsIdle = registry.counter(
            prefix + "connections_idle_closed_total",
            help: "Connections closed after receiver.idle_timeout without a message.", labels: labels)
        acceptFailures = registry.counter(
            prefix + "accept_failures_total", help: "Connections that could not be accepted.", labels: labels)
        messages = registry.counter(
            prefix + "messages_total", help: "Messages that a receiver stored.", labels: labels)
        bytes = registry.counter(prefix + "bytes_total", help: "Bytes that a receiver read.", labels: labels)
        refused = Dictionary(
            uniqueKeysWithValues: ReceiverError.reasons.map { reason in
                let counter = registry.counter(
                    prefix + "refused_total", help: "Messages that a receiver did not store.",
                    labels: labels + [("reason", reason)])
                return (reason, counter)
            })
    }

    package func refused(_ error: ReceiverError) -> Counter? { refused[error.reason] }
}
