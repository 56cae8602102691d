import HyperDHT

/// One client of a bridge, by its key: connections with it, what it is asked, and when it is called next.
struct BridgeClient: Sendable {
    enum Call: Equatable, Sendable {
        /// Nobody calls, since there is a connection, or it is the client that calls.
        case none
        case calling(TunnelLink)
        case waiting
    }

    /// A connection over which the client is asked, or will be.
    struct Line: Sendable {
        enum Phase: Sendable {
            /// The client has not yet opened the channel.
            case opening
            case open
            /// Nothing new is asked over it.
            case ending
        }

        let link: TunnelLink
        let channel: Mux.Channel
        /// Empty until it is known.
        var address: String
        var phase = Phase.opening
        var openedAt: Int64 = 0
        var requests: [UInt64: BridgeScrapeNumber] = [:]
        var hasAnswered = false
        /// When a scrape was not answered in time, and none has been since.
        var unansweredAt: Int64?
    }

    static let linesMax = 4

    let key: PublicKey
    var aliases: Set<ExactText> = []
    /// With which key it has registered last: another one is that of another process.
    var registrar: PublicKey?
    /// Whether it makes the connection itself.
    var callsUs = false
    var call = Call.none
    /// Whether the last call was made early for a scrape: the next one is not.
    var isHastened = false
    var pauses: RetryPauses
    var hasBeenCalled = false
    /// The newest one last.
    var lines: [Line] = []
    /// Scrapes that wait for a connection.
    var waiting: [BridgeScrapeNumber] = []
    /// Since when it is in its state.
    var since: Int64
    var lastScrapeAt: Int64?
    var lastError: String?
    /// Why there is no connection, or was none last.
    var whyNotConnected = "it has not called yet"

    init(key: PublicKey, pauses: RetryPauses, at now: Int64) {
        (self.key, self.pauses, since) = (key, pauses, now)
    }

    var scrapesCount: Int { lines.reduce(waiting.count) { $0 + $1.requests.count } }

    /// Any of its names, for people.
    var name: String { aliases.map(\.text).min() ?? "–" }

    /// Over which it is asked.
    var openLine: Line? { lines.last { $0.phase == .open } }

    /// Whether a connection is on its way.
    var isConnecting: Bool {
        if case .calling = call { return true }
        return lines.contains { $0.phase == .opening }
    }

    var state: AliasReport.State {
        if openLine != nil { return .connected }
        if isConnecting { return .connecting }
        return hasBeenCalled || callsUs ? .waiting : .never
    }

    func index(of link: TunnelLink) -> Int? { lines.firstIndex { $0.link == link } }
}
