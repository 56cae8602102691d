/// What servers have announced at this node: where to pass on handshakes for them, and who serves a topic.
struct AnnouncementStore: Sendable {
    static let recordsPerTopicMax = 16

    struct Forward: Equatable, Sendable {
        var record: PeerRecord
        /// Where the announcement came from, and where handshakes go.
        var address: IPv4Address
        var expiresAt: Int64
    }

    private let forwardsMax: Int
    private let forwardsPerHostMax: Int
    private let topicsMax: Int
    private var forwards: [Bytes32: Forward] = [:]
    private var perHost: [UInt32: Int] = [:]
    private var topics: [Bytes32: [Forward]] = [:]
    /// When what is out of date is next removed.
    private var sweepAt: Int64 = .min

    init(_ configuration: DHTConfiguration) {
        forwardsMax = configuration.forwardsMax
        forwardsPerHostMax = configuration.forwardsPerHostMax
        topicsMax = configuration.topicsMax
    }

    var forwardsCount: Int { forwards.count }
    var topicsCount: Int { topics.count }

    func forward(to target: Bytes32, at now: Int64) -> Forward? {
        forwards[target].flatMap { $0.expiresAt > now ? $0 : nil }
    }

    func records(of target: Bytes32, at now: Int64) -> [PeerRecord] {
        let topic = (topics[target] ?? []).filter { $0.expiresAt > now }.map(\.record)
        let own = forward(to: target, at: now).map { [$0.record] } ?? []
        return Array((topic + own).prefix(Self.recordsPerTopicMax))
    }

    /// Whether there is room for it.
    mutating func announce(_ record: PeerRecord, under target: Bytes32, from address: IPv4Address, at now: Int64)
        -> Bool
    {
        sweep(at: now)
        var record = record
        record.relayAddresses = Array(record.relayAddresses.prefix(PeerRecord.relaysMax))
        let forward = Forward(
            record: record, address: address, expiresAt: now + DHTWire.announcementLifetime)
        return record.publicKey.target == target ? keep(forward, under: target) : keep(forward, in: target)
    }

    mutating func unannounce(_ key: PublicKey, under target: Bytes32) {
        if key.target == target { forget(target) }
        topics[target]?.removeAll { $0.record.publicKey == key }
        if topics[target]?.isEmpty == true { topics[target] = nil }
    }

    private mutating func keep(_ forward: Forward, under target: Bytes32) -> Bool {
        forget(target)
        let host = forward.address.host
        guard forwards.count < forwardsMax, perHost[host, default: 0] < forwardsPerHostMax else { return false }
        forwards[target] = forward
        perHost[host, default: 0] += 1
        return true
    }

    private mutating func forget(_ target: Bytes32) {
        guard let old = forwards.removeValue(forKey: target) else { return }
        let left = perHost[old.address.host, default: 1] - 1
        perHost[old.address.host] = left > 0 ? left : nil
    }

    private mutating func keep(_ forward: Forward, in topic: Bytes32) -> Bool {
        var records = topics[topic] ?? []
        records.removeAll { $0.record.publicKey == forward.record.publicKey }
        guard records.count < Self.recordsPerTopicMax, topics[topic] != nil || topics.count < topicsMax else {
            return false
        }
        topics[topic] = records + [forward]
        return true
    }

    private mutating func sweep(at now: Int64) {
        guard now >= sweepAt else { return }
        sweepAt = now + 60 * DHTWire.second
        for (target, forward) in forwards where forward.expiresAt <= now { forget(target) }
        topics = topics.compactMapValues { records in
            let live = records.filter { $0.expiresAt > now }
            return live.isEmpty ? nil : live
        }
    }
}
