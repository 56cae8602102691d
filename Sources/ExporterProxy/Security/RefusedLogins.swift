/// Which refused logins to say: the first of a peer in a minute, of at most so many peers; the rest is counted.
struct RefusedLogins: Sendable {
    static let peersMax = 20
    private static let window = Duration.seconds(60)

    private var began: Moment?
    private var peers: Set<String> = []
    private var unsaid = 0

    /// Whether to say this one; `unsaid` is how many were kept quiet before it.
    mutating func note(_ peer: String, at now: Moment) -> (say: Bool, unsaid: Int) {
        if began.map({ now.elapsed(since: $0) >= Self.window }) ?? true {
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
