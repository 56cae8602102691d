import HyperDHT

/// Which names there are, and for whom they stand. Times are those of ``Moment/monotonic``.
package struct AliasRegistry: Sendable {
    package struct Rules: Equatable, Sendable {
        /// From the last registration on, in nanoseconds.
        package var expiry: Int64 = 3 * 3600 * 1_000_000_000
        package var aliasesMax = 10_000
        /// Aliases that no other key may have.
        package var pinned: [ExactText: PublicKey] = [:]

        package init() {}
    }

    package struct Entry: Equatable, Sendable {
        package fileprivate(set) var target: AliasTarget
        /// Since when the alias stands for this key.
        package fileprivate(set) var registeredAt: Int64
        /// Of the last registration.
        package fileprivate(set) var seenAt: Int64
        fileprivate let place: Int
    }

    package let rules: Rules
    private var entries: [ExactText: Entry] = [:]
    private var expiries = DueTimes<ExactText>()
    private var nextPlace = 0

    package init(_ rules: Rules = Rules()) { self.rules = rules }

    package var count: Int { entries.count }
    /// When ``expire(at:)`` is due.
    package var nextExpiry: Int64? { expiries.next }

    /// In the order in which they came; one that is taken over keeps its place.
    package var all: [Entry] { entries.values.sorted { $0.place < $1.place } }

    /// `nil` where nobody is known by that name, or not any more.
    package func entry(_ alias: String, at now: Int64) -> Entry? {
        let alias = ExactText(alias)
        guard let until = expiries.time(of: alias), until > now else { return nil }
        return entries[alias]
    }

    /// Gives the alias to the target, whoever has it. What has expired is to be taken out first, see ``expire(at:)``.
    package mutating func register(_ target: AliasTarget, at now: Int64) throws(AliasRefusal) -> AliasRegistration {
        try check(target)
        let alias = ExactText(target.alias)
        defer { expiries.set(alias, at: now + rules.expiry) }
        guard let entry = entries[alias] else {
            entries[alias] = Entry(target: target, registeredAt: now, seenAt: now, place: nextPlace)
            nextPlace += 1
            return .new
        }
        entries[alias]?.target = target
        entries[alias]?.seenAt = now
        if entry.target.key != target.key {
            entries[alias]?.registeredAt = now
            return .takenOver(from: entry.target.key)
        }
        return entry.target == target ? .renewed : .updated
    }

    private func check(_ target: AliasTarget) throws(AliasRefusal) {
        if let fault = AliasName.fault(of: target.alias) { throw .badAlias(fault) }
        if let fault = AliasName.fault(ofLabel: target.hostname) { throw .badHostname(fault) }
        if let fault = AliasName.fault(ofLabel: target.service) { throw .badService(fault) }
        let alias = ExactText(target.alias)
        if let key = rules.pinned[alias], key != target.key { throw .pinned(key) }
        if entries[alias] == nil, entries.count >= rules.aliasesMax { throw .full(aliases: entries.count) }
    }

    /// Takes out and gives those that nobody has registered for too long.
    package mutating func expire(at now: Int64) -> [Entry] {
        var expired: [Entry] = []
        while let alias = expiries.popDue(at: now) {
            if let entry = entries.removeValue(forKey: alias) { expired.append(entry) }
        }
        return expired
    }
}
