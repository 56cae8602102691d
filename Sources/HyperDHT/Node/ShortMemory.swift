/// What is remembered for a short time, and no longer: of each host a share, and of all together so much that the oldest
/// makes room.
///
/// Whatever is kept or forgotten takes the same time, however much there is.
struct ShortMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        let host: UInt32?
        var until: Int64
    }

    private struct Turn {
        let key: Key
        let until: Int64
    }

    private let max: Int
    private let perHostMax: Int
    private let lifetime: Int64
    private var entries: [Key: Entry] = [:]
    /// One of each entry. One that has been kept anew since gets another when its turn comes.
    private var turns = RingQueue<Turn>()
    private var shares = HostShares()

    init(max: Int, perHostMax: Int, lifetime: Int64) {
        (self.max, self.perHostMax, self.lifetime) = (max, perHostMax, lifetime)
    }

    var count: Int { entries.count }

    func value(of key: Key, at now: Int64) -> Value? {
        entries[key].flatMap { $0.until > now ? $0.value : nil }
    }

    /// Another value, for as long as the last one.
    mutating func change(_ key: Key, to value: Value) { entries[key]?.value = value }

    /// For `asker`, whose host has a share unless it is our own. False where that is used up.
    mutating func keep(_ value: Value, of key: Key, for asker: IPv4Address, at now: Int64) -> Bool {
        forgetOld(at: now)
        guard entries[key] == nil else {
            entries[key]?.value = value
            entries[key]?.until = now + lifetime
            return true
        }
        let host = asker.scope == .loopback ? nil : asker.host
        if let host, shares[host] >= perHostMax { return false }
        if entries.count >= max, !turns.isEmpty { forget(turns.removeFirst().key) }
        entries[key] = Entry(value: value, host: host, until: now + lifetime)
        turns.append(Turn(key: key, until: now + lifetime))
        if let host { shares.add(host) }
        return true
    }

    private mutating func forgetOld(at now: Int64) {
        while let turn = turns.first, turn.until <= now {
            _ = turns.removeFirst()
            if let until = entries[turn.key]?.until, until > now {
                turns.append(Turn(key: turn.key, until: until))
            } else {
                forget(turn.key)
            }
        }
    }

    private mutating func forget(_ key: Key) {
        if let host = entries.removeValue(forKey: key)?.host { shares.remove(host) }
    }
}
