import NIOHTTP1

/// What the window counts.
package struct HTTPInstruments: Sendable {
    package let connections: Counter
    package let evicted: Counter
    package let refused: Counter
    package let timedOut: Counter
    private let byClass: [Counter]

    package init(registry: InstrumentRegistry) {
        let prefix = "exporter_proxy_http_"
        connections = registry.counter(prefix + "connections_total", help: "HTTP connections accepted.")
        evicted = registry.counter(
            prefix + "connections_evicted_total",
            help: "HTTP connections closed because exporter.max_connections was reached.")
        refused = registry.counter(
            prefix + "requests_refused_total", help: "Requests that broke HTTP or its limits.")
        timedOut = registry.counter(
            prefix + "timeouts_total", help: "HTTP connections closed because the client was too slow.")
        byClass = (1...5).map { digit in
            registry.counter(
                prefix + "responses_total", help: "Answered requests by class of status.",
                labels: [("code", "\(digit)xx")])
        }
    }

    func answered(_ status: HTTPResponseStatus) {
        byClass[min(5, max(1, Int(status.code) / 100)) - 1].increment()
    }
}
