/// Which refused peers to say: the first refusal of each in a minute, of at most so many peers; the rest is counted.
struct RefusedPeers: Sendable {
    static let peersMax = 20
    private static let window: Int64 = 60_000_000_000

    private var began: Int64?
    private var peers: Set<String> = []
    private var unsaid = 0

    /// Whether to say this one, at a time of ``Moment/monotonic``; `unsaid` is how many were kept quiet before it.
    mutating func note(_ peer: String, at now: Int64) -> (say: Bool, unsaid: Int) {
        if began.map({ now &- $0 >= Self.window }) ?? true {
            began = now
            peers = []
        }
        guard peers.count < Self.peersMax, peers.insert(peer).inserted else {
            unsaid += 1
            return (false, 0)
        }
        defer { unsaid = 0 }
        return (true, unsaid)
    }
}
