/// What others see as our address.
struct ReflexiveAddress: Sendable {
    static let samplesMax = 32
    /// So many have to see us elsewhere than they did before it is believed that we are; and one more for so many that
    /// have said anything.
    private static let witnesses = 2
    private static let samplesForOneMore = 8

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

    /// `isFixed` where no NAT can begin anew: then more have to say that we have moved than say otherwise.
    mutating func add(_ seen: IPv4Address, from: IPv4Address, isFixed: Bool = false) {
        guard seen.isPlausible(from: from) else { return }
        let from = from.scope == .loopback ? from : IPv4Address(host: from.host, port: 0)
        let before = samples.first { $0.from == from }
        samples.removeAll { $0.from == from }
        let isNews = before.map { $0.seen != seen || $0.isNews } ?? false
        samples.append(Sample(from: from, seen: seen, isNews: isNews))
        if samples.count > Self.samplesMax { samples.removeFirst() }
        let isBelieved = !isFixed || witnesses(of: seen).here > witnesses(of: seen).elsewhere
        if isNews, isBelieved, before?.seen != seen { forgetOldPlace(since: seen) }
    }

    /// Our NAT has begun anew: what others have seen before is past.
    private mutating func forgetOldPlace(since seen: IPv4Address) {
        let networks = Set(samples.lazy.filter { $0.isNews && $0.seen == seen }.map { Self.network(of: $0.from) })
        guard networks.count >= Self.witnesses + samples.count / Self.samplesForOneMore else { return }
        samples.removeAll { $0.seen != seen }
        for index in samples.indices { samples[index].isNews = false }
    }

    /// Hosts of one are likely in one hand. Within our own network each is another.
    private static func network(of node: IPv4Address) -> IPv4Address {
        IPv4Address(host: node.host, port: 1).scope == .global ? IPv4Address(host: node.host & ~0xFF, port: 0) : node
    }

    /// The address that all but a few see; `nil` while nobody has said anything, and where they differ.
    var address: IPv4Address? {
        mostCommon(of: samples.map(\.seen)).flatMap { $0.count * 4 > samples.count * 3 ? $0.value : nil }
    }

    /// How many see us there, and how many elsewhere.
    func witnesses(of address: IPv4Address) -> (here: Int, elsewhere: Int) {
        let here = samples.count { $0.seen == address }
        return (here, samples.count - here)
    }

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
