/// What has been passed on for others a moment ago: an answer is only passed back where one is expected, from where it
/// is expected, so that nobody can make us send to whom they like.
struct RelayedMessages: Sendable {
    /// Where a peer and its answer come from is said by the network, never by a message.
    struct Passage: Hashable, Sendable {
        var tid: UInt16
        var client: IPv4Address
        var target: Bytes32
    }

    /// Who has been asked, and how often it may answer.
    private struct Expected {
        var server: IPv4Address
        var answersLeft = RelayedMessages.answersMax
    }

    /// Where the servers' answers come from, by target and client.
    private struct Meeting: Hashable {
        var target: Bytes32
        var clientHost: UInt32
        var server: IPv4Address
    }

    /// To one message: who asks repeats it where an answer is lost.
    static let answersMax = 2

    private var passages: ShortMemory<Passage, Expected>
    private var meetings: ShortMemory<Meeting, Bool>

    init(max: Int, perHostMax: Int) {
        passages = ShortMemory(max: max, perHostMax: perHostMax, lifetime: DHTWire.handshakeLifetime)
        meetings = ShortMemory(max: max, perHostMax: perHostMax, lifetime: 3 * DHTWire.handshakeLifetime)
    }

    var count: Int { passages.count + meetings.count }

    /// Whether the client may have it passed on to `server`.
    mutating func pass(_ passage: Passage, to server: IPv4Address, at now: Int64) -> Bool {
        passages.keep(Expected(server: server), of: passage, for: passage.client, at: now)
    }

    /// Whether the client waits for an answer of `server`. It may come from another port than the server was announced
    /// from: some have a socket for each.
    mutating func answer(_ passage: Passage, from server: IPv4Address, at now: Int64) -> Bool {
        guard var expected = passages.value(of: passage, at: now), expected.server.host == server.host,
            expected.answersLeft > 0
        else { return false }
        expected.answersLeft -= 1
        passages.change(passage, to: expected)
        let meeting = Meeting(target: passage.target, clientHost: passage.client.host, server: server)
        _ = meetings.keep(true, of: meeting, for: passage.client, at: now)
        return true
    }

    /// Whether `client` has had an answer from `server` through us.
    func haveMet(_ client: IPv4Address, _ server: IPv4Address, under target: Bytes32, at now: Int64) -> Bool {
        let meeting = Meeting(target: target, clientHost: client.host, server: server)
        return meetings.value(of: meeting, at: now) != nil
    }
}
