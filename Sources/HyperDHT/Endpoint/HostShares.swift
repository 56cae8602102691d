/// How many of something each host has.
struct HostShares: Sendable {
    private var shares: [UInt32: Int] = [:]

    var count: Int { shares.count }

    subscript(host: UInt32) -> Int { shares[host] ?? 0 }

    mutating func add(_ host: UInt32) { shares[host, default: 0] += 1 }

    mutating func remove(_ host: UInt32) {
        let left = self[host] - 1
        shares[host] = left > 0 ? left : nil
    }
}
