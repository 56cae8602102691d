/// What has been passed on for others a moment ago: an answer is only passed back where one is expected, so that nobody
/// can make us send to whom they like.
struct RelayedMessages: Sendable {
    struct Passage: Hashable, Sendable {
        var tid: UInt16
        var client: IPv4Address
        var target: Bytes32
    }

    /// Where the servers' answers come from, by target and client.
    private struct Meeting: Hashable {
        var target: Bytes32
        var clientHost: UInt32
        var server: IPv4Address
    }

    private let max: Int
    private var passages: [Passage: Int64] = [:]
    private var meetings: [Meeting: Int64] = [:]

    init(max: Int) { self.max = max }

    var count: Int { passages.count + meetings.count }

    /// Whether there is room for it.
    mutating func pass(_ passage: Passage, at now: Int64) -> Bool {
        if passages.count >= max { passages = passages.filter { $0.value > now } }
        guard passages.count < max || passages[passage] != nil else { return false }
        passages[passage] = now + DHTWire.handshakeLifetime
        return true
    }

    /// Whether the client waits for an answer, which comes from `server`.
    mutating func answer(_ passage: Passage, from server: IPv4Address, at now: Int64) -> Bool {
        guard let until = passages[passage], until > now else { return false }
        if meetings.count >= max { meetings = meetings.filter { $0.value > now } }
        if meetings.count < max {
            let meeting = Meeting(target: passage.target, clientHost: passage.client.host, server: server)
            meetings[meeting] = now + 3 * DHTWire.handshakeLifetime
        }
        return true
    }

    /// Whether `client` has had an answer from `server` through us.
    func haveMet(_ client: IPv4Address, _ server: IPv4Address, under target: Bytes32, at now: Int64) -> Bool {
        let meeting = Meeting(target: target, clientHost: client.host, server: server)
        return meetings[meeting].map { $0 > now } ?? false
    }
}
