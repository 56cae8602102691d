import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// A client, its network, a bridge on the other side, and a clock that nobody waits for.
struct TunnelClientScene {
    static let second: Int64 = 1_000_000_000

    let secret = Secret([UInt8](repeating: 7, count: 32))
    let identity = KeyPair.random()
    let caller = KeyPair.random()
    let bridge: KeyPair
    var client: TunnelClient
    var network: TunnelClientNetwork
    private(set) var now: Int64 = 0
    /// But for the scrapes.
    private(set) var events: [TunnelClient.Event] = []
    private(set) var scrapes: [TunnelClient.ScrapeNumber] = []
    /// What scrapes are answered with; nil leaves them unanswered.
    var text: Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure>? = .success(Array("up 1\n".utf8)[...])

    init(
        _ way: TunnelClient.Way = .listening, manner: TunnelClientNetwork.Manner = .registers, seed: UInt64 = 1,
        _ change: (inout TunnelClient.Settings) -> Void = { _ in }
    ) {
        bridge = KeyPair.random()
        network = TunnelClientNetwork(bridge: bridge)
        network.manner = manner
        var settings = TunnelClient.Settings(
            bridge: bridge.publicKey, secret: secret, alias: "db1", service: "exporter-proxy", hostname: "host",
            way: way)
        change(&settings)
        client = TunnelClient(
            settings, identity: identity, registration: caller, at: 0, numbers: Randomness(SeededGenerator(seed: seed)))
    }

    // MARK: Time

    /// Until nothing more happens now.
    mutating func settle() {
        var rounds = 0
        var isMoving = true
        while isMoving, rounds < 1000 {
            rounds += 1
            client.poll(&network, at: now)
            isMoving = network.exchange(at: now)
            while let event = network.nextEvent() { client.received(event, from: &network, at: now) }
            isMoving = takeEvents() || isMoving
        }
        #expect(rounds < 1000, "they go on for ever")
    }

    private mutating func takeEvents() -> Bool {
        var hasAnswered = false
        while let event = client.nextEvent() {
            guard case .scrape(let number) = event else {
                events.append(event)
                continue
            }
            scrapes.append(number)
            guard let text else { continue }
            client.answer(number, with: text, over: &network, at: now)
            hasAnswered = true
        }
        return hasAnswered
    }

    mutating func answer(
        _ number: TunnelClient.ScrapeNumber, with result: Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure>
    ) {
        client.answer(number, with: result, over: &network, at: now)
        settle()
    }

    /// Step by step, as deadlines come.
    mutating func run(to end: Int64) {
        settle()
        while let next = [client.nextDeadline, network.nextDeadline].compactMap(\.self).min(), next <= end {
            guard next > now else {
                Issue.record("what was due at \(next) was not done at \(now)")
                return
            }
            now = next
            settle()
        }
        now = max(now, end)
        settle()
    }

    mutating func run(for duration: Int64) { run(to: now + duration) }

    mutating func announce() {
        client.announced(at: now)
        settle()
    }

    mutating func stop() {
        client.stop(&network, at: now)
        settle()
    }

    /// An event that came from somewhere else.
    mutating func report(_ event: PeerEvent) {
        network.report(event)
        settle()
    }

    // MARK: The scraper

    /// Calls the metrics server; a scraper asks for a channel at once.
    mutating func scraperCalls(as caller: KeyPair? = nil, admitsAll: Bool = false) throws -> (PeerNumber, Mux.Channel) {
        let scraper = bridge.publicKey
        let number = try network.call(
            identity, as: caller ?? bridge, admitting: { admitsAll || $0 == scraper }, at: now)
        let channel = try network.withFar(of: number) { try $0.channel.open(ScrapeProtocol.channel) }
        settle()
        return (number, channel)
    }

    /// The number of the request.
    @discardableResult
    mutating func scrape(
        _ peer: PeerNumber, _ channel: Mux.Channel, _ body: [UInt8] = ScrapeProtocol.Request().bytes
    ) throws -> UInt64 {
        let now = now
        let id = try network.withFar(of: peer) {
            try $0.channel.request(channel, ScrapeProtocol.method, body, at: now)
        }
        settle()
        return id
    }

    /// What the far side got for its requests, in the order in which it came.
    func answers(on peer: PeerNumber) -> [Result<ArraySlice<UInt8>, RPCFailure>] {
        network.farEvents(of: peer).compactMap { event in
            if case .rpc(.answer(_, _, let result)) = event { result } else { nil }
        }
    }

    /// The same, read: the text, or the sentence.
    func replies(on peer: PeerNumber) throws -> [String] {
        try answers(on: peer).map { answer in
            switch answer {
            case .failure(let failure): failure.description
            case .success(let body):
                switch try ScrapeProtocol.Reply(bytes: body, textBytesMax: 1 << 24).result {
                case .success(let text): String(decoding: text, as: UTF8.self)
                case .failure(let failure): failure.message
                }
            }
        }
    }
}
