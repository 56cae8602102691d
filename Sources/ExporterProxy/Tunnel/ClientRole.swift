import HyperDHT
import Logging

/// A client of a tunnel, and what it has: the metrics, a log.
struct ClientRole: TunnelRole {
    enum Message: Sendable {
        case metrics(TunnelClient.ScrapeNumber, Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure>)
    }

    /// Has the text made that is to be scraped; must not wait.
    typealias Metrics = @Sendable (_ give: @escaping Give) -> Void
    typealias Give = @Sendable (Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure>) -> Void

    private var client: TunnelClient
    private var blocked = RefusedPeers()
    private let metrics: Metrics
    private let log: TunnelLog
    private let post: @Sendable (Message) -> Void

    init(
        _ client: TunnelClient, metrics: @escaping Metrics, logger: Logger, post: @escaping @Sendable (Message) -> Void
    ) {
        (self.client, self.metrics, self.post) = (client, metrics, post)
        log = TunnelLog(logger: logger)
    }

    var nextDeadline: Int64? { client.nextDeadline }
    var streamServer: TunnelStreamServer? { nil }
    var snapshot: TunnelSnapshot.Part { .client(client.status, client.counters) }

    private var transport: TunnelTransport { client.settings.way == .dialling ? .stream : .dht }

    mutating func begin(in networks: inout Networks, at now: Int64) {
        guard client.settings.way == .listening else { return }
        let scraper = client.settings.bridge
        networks.dht.listen(
            as: client.identity, serving: TunnelClient.serving, isAdmitted: { $0 == scraper }, at: now)
    }

    mutating func take(
        _ event: PeerEvent, over transport: TunnelTransport, in networks: inout Networks, at now: Int64
    ) {
        switch transport {
        case .dht: client.received(event, from: &networks.dht, at: now)
        case .stream: client.received(event, from: &networks.streams, at: now)
        }
    }

    mutating func take(_ event: NodeEvent, at now: Int64) {
        log.say(event)
        if case .announced = event { client.announced(at: now) }
    }

    mutating func take(_ message: Message, in networks: inout Networks, at now: Int64) {
        guard case .metrics(let number, let result) = message else { return }
        switch transport {
        case .dht: client.answer(number, with: result, over: &networks.dht, at: now)
        case .stream: client.answer(number, with: result, over: &networks.streams, at: now)
        }
    }

    mutating func poll(in networks: inout Networks, at now: Int64) {
        switch transport {
        case .dht: client.poll(&networks.dht, at: now)
        case .stream: client.poll(&networks.streams, at: now)
        }
    }

    mutating func act(in networks: inout Networks, at now: Int64) {
        while let event = client.nextEvent() {
            // Anybody can call.
            if case .blocked(_, let address) = event, !blocked.note(address, at: now).say { continue }
            if case .scrape(let number) = event {
                metrics { [post] result in post(.metrics(number, result)) }
            } else {
                log.say(event)
            }
        }
    }

    mutating func stop(in networks: inout Networks, at now: Int64) {
        switch transport {
        case .dht: client.stop(&networks.dht, at: now)
        case .stream: client.stop(&networks.streams, at: now)
        }
    }
}
