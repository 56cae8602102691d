/// What checks of passwords have found, for a while: so that a client that comes again does not cost another hash.
///
/// Bounded, and right for as long as it holds: whose key has a list of users in it that no longer holds is never asked
/// for again.
struct VerdictCache: Sendable {
    static let entriesMax = 1000
    /// Since a password was last used. Longer than any scrape interval: who scrapes is not to wait behind a flood.
    static let knownTime = Duration.seconds(300)
    /// Since a password was refused: one wrong password in a loop costs little.
    static let unknownTime = Duration.seconds(5)

    private var known: [KeyedHash.Digest: (grant: Grant, until: Int64)] = [:]
    private var unknown: [KeyedHash.Digest: Int64] = [:]

    enum Verdict: Equatable, Sendable {
        case known(Grant)
        case unknown
    }

    /// `nil` where nobody knows.
    mutating func verdict(_ digest: KeyedHash.Digest, at now: Moment) -> Verdict? {
        if let found = known[digest], found.until > now.monotonic {
            known[digest]?.until = now.advanced(by: Self.knownTime).monotonic
            return .known(found.grant)
        }
        if let until = unknown[digest], until > now.monotonic { return .unknown }
        return nil
    }

    mutating func note(_ verdict: Verdict, of digest: KeyedHash.Digest, at now: Moment) {
        switch verdict {
        case .known(let grant):
            unknown[digest] = nil
            Self.makeRoom(in: &known, at: now, until: \.until)
            known[digest] = (grant, now.advanced(by: Self.knownTime).monotonic)
        case .unknown:
            known[digest] = nil
            Self.makeRoom(in: &unknown, at: now, until: \.self)
            unknown[digest] = now.advanced(by: Self.unknownTime).monotonic
        }
    }

    /// Walks through all: after a hash that is nothing.
    private static func makeRoom<T>(
        in entries: inout [KeyedHash.Digest: T], at now: Moment, until: (T) -> Int64
    ) {
        guard entries.count >= entriesMax else { return }
        entries = entries.filter { until($0.value) > now.monotonic }
        guard entries.count >= entriesMax, let first = entries.min(by: { until($0.value) < until($1.value) }) else {
            return
        }
        entries[first.key] = nil
    }

    var count: Int { known.count + unknown.count }
}
