/// What others see as our address.
struct ReflexiveAddress: Sendable {
    static let samplesMax = 32
    /// So many have to see us elsewhere than they did before it is believed that we are.
    private static let witnesses = 2

    private struct Sample {
        /// A host has one voice, whatever its port; only our own may have several.
        var from: IPv4Address
        var seen: IPv4Address
        /// Whether the same node has seen us elsewhere before.
        var isNews: Bool
    }

    /// By who said so, the latest last.
    private var samples: [Sample] = []

    var count: Int { samples.count }

    mutating func add(_ seen: IPv4Address, from: IPv4Address) {
        guard seen.isPlausible(from: from) else { return }
        let from = from.scope == .loopback ? from : IPv4Address(host: from.host, port: 0)
        let before = samples.first { $0.from == from }
        samples.removeAll { $0.from == from }
        let isNews = before.map { $0.seen != seen || $0.isNews } ?? false
        samples.append(Sample(from: from, seen: seen, isNews: isNews))
        if samples.count > Self.samplesMax { samples.removeFirst() }
        if isNews, before?.seen != seen { forgetOldPlace(since: seen) }
    }

    /// Our NAT has begun anew: what others have seen before is past.
    private mutating func forgetOldPlace(since seen: IPv4Address) {
        guard samples.count(where: { $0.isNews && $0.seen == seen }) >= Self.witnesses else { return }
        samples.removeAll { $0.seen != seen }
        for index in samples.indices { samples[index].isNews = false }
    }

    /// The address that all but a few see; `nil` while nobody has said anything, and where they differ.
    var address: IPv4Address? {
        mostCommon(of: samples.map(\.seen)).flatMap { $0.count * 4 > samples.count * 3 ? $0.value : nil }
    }

    /// How many see us there.
    func witnesses(of address: IPv4Address) -> Int { samples.count { $0.seen == address } }

    /// What kind of NAT there is, as far as three others let it be known.
    var firewall: NoisePayload.Firewall {
        guard samples.count >= 3 else { return .unknown }
        if address != nil { return .consistent }
        guard let host = mostCommon(of: samples.map(\.seen.host)), host.count * 4 > samples.count * 3 else {
            return .unknown
        }
        return .random
    }

    private func mostCommon<Value: Hashable>(of values: [Value]) -> (value: Value, count: Int)? {
        var counts: [Value: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        return counts.max { $0.value < $1.value }.map { ($0.key, $0.value) }
    }
}
