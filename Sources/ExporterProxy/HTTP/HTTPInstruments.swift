import NIOCore
import NIOHTTP1
import Synchronization

/// What the window counts.
package struct HTTPInstruments: Sendable {
    package let connections: Counter
    package let evicted: Counter
    package let refusedRequests: Counter
    package let timedOut: Counter
    private let bodiesRefused: [HTTPBodyRefusal: Counter]
    /// By their places among the router's patterns.
    private let routes: [Route]

    /// What one pattern counts. Written on any event loop.
    private final class Route: Sendable {
        let pattern: String
        let duration: Histogram
        /// How often each status was answered: few, since all of them stand in our sources.
        private let codes: Mutex<[UInt: UInt64]>

        init(_ pattern: String, usual: HTTPResponseStatus, _ duration: Histogram) {
            self.pattern = pattern
            self.duration = duration
            codes = Mutex([usual.code: 0])
        }

        func count(_ status: HTTPResponseStatus) { codes.withLock { $0[status.code, default: 0] += 1 } }

        var samples: [(labels: InstrumentRegistry.Labels, value: Double)] {
            codes.withLock { $0 }.sorted { $0.key < $1.key }.map { code, count in
                ([("route", pattern), ("code", "\(code)")], Double(count))
            }
        }
    }

    /// Seconds; a scrape takes 0.1 ms where nothing has changed.
    private static let durationBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// `patterns` are those of the router; the last one stands for what no route knows.
    package init(registry: InstrumentRegistry, patterns: [String]) {
        let prefix = "exporter_proxy_http_"
        connections = registry.counter(prefix + "connections_total", help: "HTTP connections accepted.")
        evicted = registry.counter(
            prefix + "connections_evicted_total",
            help: "HTTP connections closed because exporter.max_connections was reached.")
        refusedRequests = registry.counter(
            prefix + "requests_refused_total", help: "Requests that broke HTTP or its limits.")
        timedOut = registry.counter(
            prefix + "timeouts_total", help: "HTTP connections closed because the client was too slow.")
        bodiesRefused = Dictionary(
            uniqueKeysWithValues: HTTPBodyRefusal.allCases.map { reason in
                let counter = registry.counter(
                    prefix + "bodies_refused_total", help: "Request bodies that were not read to their end, by reason.",
                    labels: [("reason", reason.rawValue)])
                return (reason, counter)
            })
        var byPattern: [String: Route] = [:]
        for (place, pattern) in patterns.enumerated() where byPattern[pattern] == nil {
            let duration = registry.histogram(
                prefix + "request_duration_seconds",
                help: "From a request that has been read whole to its answer handed over for sending.",
                labels: [("route", pattern)], bounds: Self.durationBounds)
            byPattern[pattern] = Route(pattern, usual: place == patterns.count - 1 ? .notFound : .ok, duration)
        }
        routes = patterns.compactMap { byPattern[$0] }
        let inOrder = byPattern.values.sorted { $0.pattern < $1.pattern }
        registry.collect(
            prefix + "requests_total", help: "Requests that were answered, by route and status.", type: .counter
        ) { inOrder.flatMap(\.samples) }
    }

    func answered(_ place: Int, _ status: HTTPResponseStatus, after duration: TimeAmount) {
        routes[place].count(status)
        routes[place].duration.observe(Double(duration.nanoseconds) / 1e9)
    }

    /// A request that could not be read whole, which took no time; `place` is that of its route, where it has one.
    func refused(_ status: HTTPResponseStatus, at place: Int?) {
        refusedRequests.increment()
        (place.map { routes[$0] } ?? routes.last)?.count(status)
    }

    func refusedBody(_ reason: HTTPBodyRefusal) { bodiesRefused[reason]?.increment() }
}
