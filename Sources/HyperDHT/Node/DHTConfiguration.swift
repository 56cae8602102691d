/// What a node is told of itself and of the network, and the bounds of everything it keeps.
///
/// Times are in nanoseconds. What the protocol fixes is in ``DHTWire``.
package struct DHTConfiguration: Sendable {
    /// Nodes to begin with. Without any this is the first node of a network.
    package var bootstrap: [IPv4Address] = []
    /// Whether others must not keep this node: it then stores nothing for them, and has no name that they could check.
    package var isEphemeral = true
    /// Where everybody can reach this node, if that is known. Else it is learned from what others see.
    package var publicAddress: IPv4Address?
    /// Whether anyone can send to this node first. Peers believe it, and then no hole has to be punched.
    package var isOpen = false
    /// Whether peers behind NATs are met by making holes, where this node is not open. Without it they send to where
    /// others see this node, which is right where its port is open and nobody has said so.
    package var makesHoles = true
    /// For peers behind the same NAT.
    package var localAddresses: [IPv4Address] = []

    /// Servers that announced themselves here.
    package var forwardsMax = 16_384
    /// Of these, with the same host.
    package var forwardsPerHostMax = 2_048
    /// Topics with records.
    package var topicsMax = 4_096
    /// Messages passed on, whose answers may come back.
    package var relayedMax = 4_096
    /// Of these, for the same host: about what a server takes from one host in their time.
    package var relayedPerHostMax = 512
    /// Questions that wait for their turn, of each rank.
    package var waitingRequestsMax = 2_048
    package var queriesMax = 4_096
    package var connectsMax = 4_096
    /// How long ``DHTNode/connect(to:as:through:at:)`` may take.
    package var connectTimeout: Int64 = 20_000_000_000

    /// Handshakes answered that nobody has come to use yet; half of them is for those that come through nodes at which
    /// we are announced, and half for others.
    package var pendingHandshakesMax = 512
    /// Punches that are waited for: one for each peer that is to be met, and for each of its hosts.
    package var expectedPunchesMax = 2_048
    /// Of these, from the same host, if it is not our own.
    package var expectedPunchesPerHostMax = 256
    /// The last handshakes, remembered so that a repeated one costs no cryptography.
    package var handshakesKeptMax = 2_048
    /// Of new handshakes, over all callers; each costs four scalar multiplications. Those that come through nodes at
    /// which we are announced have as much for themselves.
    package var handshakes = RateLimitBounds(perSecond: 200, burst: 600)
    /// Of new handshakes that are said to come from one host: a quarter of all, so that a thousand peers behind one
    /// address are through in less than a minute, and others still have their share.
    package var handshakesPerHost = RateLimitBounds(perSecond: 50, burst: 150)
    /// Of new handshakes that one node passes on; of nodes at which we are not announced, one host.
    package var handshakesPerRelay = RateLimitBounds(perSecond: 100, burst: 300)
    /// Of announcements whose signature is looked at.
    package var signaturesPerHost = RateLimitBounds(perSecond: 100, burst: 300)
    /// By how many bytes the answers to a host may exceed its questions, as long as it has not shown that it is there.
    package var excessBytesPerHost = RateLimitBounds(perSecond: 65_536, burst: 131_072)

    package init() {}
}

/// What all nodes agree on.
enum DHTWire {
    static let second: Int64 = 1_000_000_000
    /// Nodes per row of a table, and in an answer.
    static let k = 20
    static let parallelQuestions = 10
    static let parallelHandshakes = 2
    static let requestTimeout: Int64 = second
    static let retries = 3
    static let queryRetries = 5
    /// Servers announce themselves at so many nodes.
    static let announceNodes = 3
    static let keepAliveInterval: Int64 = 3 * second
    /// After which a server announces itself anew.
    static let keepAliveRounds = 100
    static let announcementLifetime: Int64 = 20 * 60 * second
    static let handshakeLifetime: Int64 = 10 * second
    static let tick: Int64 = 5 * second
    static let ticksBetweenPings = 8
    static let ticksBetweenRefreshes = 60
    static let delayedPingMillisecondsMax: UInt32 = 10_000
    /// Longer messages 1 and 2 are none of ours.
    static let noiseBytesMax = 1_024
    /// Longer datagrams are not looked at.
    static let datagramBytesMax = 1_500
}
