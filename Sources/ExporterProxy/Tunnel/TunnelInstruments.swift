import HyperDHT

/// What tunnels count, on the page of the proxy's own metrics. The label `tunnel` is `client` or `bridge`.
struct TunnelInstruments {
    typealias Labels = InstrumentRegistry.Labels
    typealias Samples = [(labels: Labels, value: Double)]

    /// Names of tunnels.
    static let client = "client"
    static let bridge = "bridge"

    private let registry: InstrumentRegistry
    private let boards: [(name: String, board: TunnelBoard)]

    /// Adds them to `registry`: those of `boards`, by the names of their tunnels.
    static func add(to registry: InstrumentRegistry, _ boards: [(name: String, board: TunnelBoard)]) {
        let instruments = TunnelInstruments(registry: registry, boards: boards)
        instruments.addNetwork()
        if boards.contains(where: { $0.name == client }) { instruments.addClient() }
        if boards.contains(where: { $0.name == bridge }) { instruments.addBridge() }
    }

    private func family(
        _ name: String, _ help: String, _ type: InstrumentRegistry.FamilyType = .counter,
        read: @escaping @Sendable (TunnelSnapshot) -> Samples
    ) {
        let boards = boards
        registry.collect("exporter_proxy_tunnel_\(name)", help: help, type: type) {
            boards.flatMap { name, board in
                read(board.snapshot).map { (labels: [("tunnel", name)] + $0.labels, value: $0.value) }
            }
        }
    }

    private static func samples(_ label: String, _ counts: [(String, Int)]) -> Samples {
        counts.map { (labels: [(label, $0.0)], value: Double($0.1)) }
    }

    /// One for each of `names`, whether it has happened or not.
    private static func samples(_ label: String, of names: [String], _ counts: [String: Int]) -> Samples {
        samples(label, names.map { ($0, counts[$0] ?? 0) })
    }

    private static func samples(_ value: Int) -> Samples { [(labels: [], value: Double(value))] }

    // MARK: Networks

    private func addNetwork() {
        family("datagrams_total", "Datagrams, by direction.") {
            Self.samples(
                "direction", [("received", $0.endpoint.datagramsReceived), ("sent", $0.endpoint.datagramsSent)])
        }
        family("bytes_total", "Bytes of datagrams and streams, by direction.") {
            Self.samples(
                "direction",
                [
                    ("received", $0.endpoint.bytesReceived + $0.streams.bytesReceived),
                    ("sent", $0.endpoint.bytesSent + $0.streams.bytesSent),
                ])
        }
        family("datagrams_dropped_total", "Datagrams that were left aside, by reason.") {
            Self.samples("reason", $0.drops)
        }
        family("nodes", "Nodes of the DHT that are known.", .gauge) { Self.samples($0.nodesKnown) }
        family("connections", "Connections with peers, and those being made, by transport.", .gauge) {
            Self.samples("transport", [("dht", $0.connections), ("stream", $0.streamConnections)])
        }
        family("connections_closed_total", "Connections over the DHT that are over, or never were, by reason.") {
            Self.samples("reason", $0.ends)
        }
        family("callers_refused_total", "Peers that called and were not let in, by reason.") {
            Self.samples("reason", $0.refusals)
        }
    }

    // MARK: Client

    private func addClient() {
        func add(
            _ name: String, _ help: String, _ type: InstrumentRegistry.FamilyType = .counter,
            read: @escaping @Sendable (TunnelClientStatus, TunnelClientCounters) -> Samples
        ) {
            family(name, help, type) {
                if case .client(let status, let counters) = $0.part { read(status, counters) } else { [] }
            }
        }
        add("registered", "1 where the last registration at the bridge went well, else 0.", .gauge) { status, _ in
            if case .registered = status.registration { Self.samples(1) } else { Self.samples(0) }
        }
        add("client_registrations_total", "Registrations at the bridge, by outcome.") { _, counters in
            Self.samples("outcome", [("failed", counters.registrationsFailed), ("ok", counters.registrations)])
        }
        add("client_dials_total", "Streams to the bridge that were begun, by outcome.") { _, counters in
            let good = counters.dials - counters.dialsFailed
            return Self.samples("outcome", [("failed", counters.dialsFailed), ("ok", good)])
        }
        add("client_scrapes_total", "Scrapes by the bridge, by outcome.") { _, counters in
            Self.samples(
                "outcome",
                [
                    ("failed", counters.scrapesFailed), ("ok", counters.scrapesAnswered),
                    ("refused", counters.scrapesRefused),
                ])
        }
        add("client_scrape_bytes_total", "Bytes of expositions that the bridge was given.") { _, counters in
            Self.samples(counters.bytesAnswered)
        }
        add("client_blocked_total", "Calls of others than the bridge.") { _, counters in
            Self.samples(counters.blocked)
        }
    }

    // MARK: Bridge

    private func addBridge() {
        func add(
            _ name: String, _ help: String, _ type: InstrumentRegistry.FamilyType = .counter,
            read: @escaping @Sendable (BridgeCounters) -> Samples
        ) {
            family(name, help, type) {
                if case .bridge(let counters, _, _) = $0.part { read(counters) } else { [] }
            }
        }
        family("aliases", "Aliases that are registered.", .gauge) {
            if case .bridge(_, let aliases, _) = $0.part { Self.samples(aliases) } else { [] }
        }
        add("aliases_expired_total", "Aliases that were forgotten since they were not registered again.") {
            Self.samples($0.aliasesExpired)
        }
        add("registrations_total", "Registrations of aliases, by outcome.") {
            Self.samples("outcome", of: AliasRegistration.names, $0.registrations)
        }
        add("registrations_refused_total", "Registrations that were refused, by reason.") {
            Self.samples("reason", of: AliasRefusal.reasons, $0.registrationsRefused)
        }
        add("scrapes_total", "Scrapes of clients, by outcome.") {
            Self.samples("outcome", of: BridgeScrapeOutcome.names, $0.scrapes)
        }
        add("scrape_bytes_total", "Bytes of expositions that clients have given.") { Self.samples($0.scrapeBytes) }
        add("calls_total", "Calls of clients, by outcome.") {
            Self.samples("outcome", [("failed", $0.callsFailed), ("ok", $0.calls - $0.callsFailed)])
        }
        add("clients_lost_total", "Connections with clients that ended while they could be used.") {
            Self.samples($0.disconnections)
        }
    }
}

extension TunnelSnapshot {
    fileprivate var drops: [(String, Int)] {
        [
            ("no_room", datagramsRefused), ("unknown_stream", endpoint.unknownStream),
            ("wrong_source", endpoint.wrongSource),
        ] + DHTDrop.allCases.map { ($0.rawValue, node.dropped[$0] ?? 0) }
    }

    fileprivate var refusals: [(String, Int)] {
        [("not_admitted", node.handshakesRefused + streams.notAdmitted)]
            + EndpointRefusal.allCases.map { ($0.rawValue, endpoint.refused[$0] ?? 0) }
            + StreamPeers.Refusal.allCases.map { ("stream_\($0.name)", streams.refused[$0] ?? 0) }
    }

    fileprivate var ends: [(String, Int)] { PeerEnd.Kind.allCases.map { ($0.rawValue, endpoint.closed[$0] ?? 0) } }
}
