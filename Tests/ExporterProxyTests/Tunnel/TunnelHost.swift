import HyperDHT
import Testing

@testable import ExporterProxy

/// A process with a socket: an endpoint, and a client, a bridge, or nothing on it. Does what its loop does.
struct TunnelHost {
    typealias Networks = TunnelNetworks<DHTEndpoint, StreamPeers>

    var networks: Networks
    var client: TunnelClient?
    var bridge: TunnelBridge?
    /// What the client says when it is scraped.
    var text: [UInt8] = []
    /// When it has something to do, if nothing comes before.
    private(set) var deadline: Int64
    /// How often it was woken.
    private(set) var turns = 0

    private(set) var nodeEvents: [NodeEvent] = []
    private(set) var clientEvents: [TunnelClient.Event] = []
    /// Of connections that nobody on it has made use of.
    private(set) var ends: [HyperDHT.PeerEnd] = []
    private(set) var notes: [BridgeNote] = []
    private(set) var outcomes: [BridgeScrapeNumber: BridgeScrapeOutcome] = [:]
    /// What stands in the bridge's file.
    private(set) var targets: [AliasTarget] = []

    init(_ configuration: DHTConfiguration, at now: Int64, numbers: Randomness) {
        deadline = now
        networks = Networks(dht: DHTEndpoint(configuration, at: now, numbers: numbers), streams: StreamPeers())
    }

    mutating func begin(_ client: TunnelClient, at now: Int64) {
        let scraper = client.settings.bridge
        networks.dht.listen(
            as: client.identity, serving: TunnelClient.serving, isAdmitted: { $0 == scraper }, at: now)
        self.client = client
    }

    mutating func begin(_ bridge: TunnelBridge, as identity: KeyPair, at now: Int64) {
        networks.dht.listen(as: identity, serving: TunnelBridge.serving, isAdmitted: { _ in true }, at: now)
        self.bridge = bridge
    }

    mutating func scrape(_ alias: String, at now: Int64) -> BridgeScrapeNumber? {
        bridge?.scrape(alias, deadline: .max, in: &networks, at: now)
    }

    /// Ends what it has, orderly.
    mutating func stop(at now: Int64) {
        client?.stop(&networks.dht, at: now)
        bridge?.stop(in: &networks, at: now)
        networks.dht.shutDown(at: now)
    }

    // MARK: What happens

    mutating func received(_ bytes: [UInt8], from: IPv4Address, at now: Int64) {
        networks.dht.received(bytes[...], from: from, at: now)
        deadline = now
    }

    /// What is due, until nothing is; answers with what it sends.
    mutating func work(at now: Int64) -> OutgoingDatagrams {
        var datagrams = OutgoingDatagrams()
        turns += 1
        for _ in 0..<100 {
            hearOut(at: now)
            client?.poll(&networks.dht, at: now)
            bridge?.poll(in: &networks, at: now)
            act(at: now)
            networks.dht.poll(at: now, into: &datagrams)
            hearOut(at: now)
            act(at: now)
            let next = min(
                networks.dht.nextDeadline(after: now), client?.nextDeadline ?? .max, bridge?.nextDeadline ?? .max)
            deadline = next
            guard next <= now else { return datagrams }
        }
        Issue.record("it goes on for ever")
        deadline = now + 1_000_000
        return datagrams
    }

    private mutating func hearOut(at now: Int64) {
        while let event = networks.dht.nextNodeEvent() {
            nodeEvents.append(event)
            if case .announced = event { client?.announced(at: now) }
        }
        while let (transport, event) = networks.nextEvent() {
            client?.received(event, from: &networks.dht, at: now)
            bridge?.take(event, over: transport, in: &networks, at: now)
            if client == nil, bridge == nil, case .closed(_, let end) = event { ends.append(end) }
        }
    }

    private mutating func act(at now: Int64) {
        while let event = client?.nextEvent() {
            clientEvents.append(event)
            guard case .scrape(let number) = event else { continue }
            client?.answer(number, with: .success(text[...]), over: &networks.dht, at: now)
        }
        for event in bridge?.takeEvents() ?? [] {
            switch event {
            case .finished(let number, let outcome): outcomes[number] = outcome
            case .note(let note): notes.append(note)
            }
        }
        if let targets = bridge?.takeTargets() { self.targets = targets }
    }
}
