/// What others see as our address.
struct ReflexiveAddress: Sendable {
    static let samplesMax = 32

    /// By who said so, the latest last.
    private var samples: [(from: IPv4Address, seen: IPv4Address)] = []

    mutating func add(_ seen: IPv4Address, from: IPv4Address) {
        guard seen.isPlausible(from: from) else { return }
        samples.removeAll { $0.from == from }
        samples.append((from, seen))
        if samples.count > Self.samplesMax { samples.removeFirst() }
    }

    /// The address that all but a few see; `nil` while nobody has said anything, and where they differ.
    var address: IPv4Address? {
        mostCommon(of: samples.map(\.seen)).flatMap { $0.count * 4 > samples.count * 3 ? $0.value : nil }
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
