/// Who waits for punches, by the host that they should come from; all others are nobody's.
struct ExpectedPunches: Sendable {
    enum Party: Hashable, Sendable {
        /// We call.
        case connect(Int)
        /// We are called; by the number of our stream.
        case visitor(UInt32)
    }

    private let max: Int
    private let perHostMax: Int
    private var parties: [UInt32: [Party]] = [:]
    /// Over all hosts.
    private(set) var count = 0

    init(max: Int, perHostMax: Int) { (self.max, self.perHostMax) = (max, perHostMax) }

    func from(_ host: UInt32) -> [Party] { parties[host] ?? [] }

    func hasRoom(for host: UInt32) -> Bool {
        // From outside nobody can send in the name of our own host.
        count < max && (from(host).count < perHostMax || IPv4Address(host: host, port: 1).scope == .loopback)
    }

    /// Whether there is room for it.
    mutating func add(_ party: Party, from host: UInt32) -> Bool {
        guard !from(host).contains(party) else { return true }
        guard hasRoom(for: host) else { return false }
        parties[host, default: []].append(party)
        count += 1
        return true
    }

    mutating func remove(_ party: Party, from host: UInt32) {
        guard var left = parties[host], let index = left.firstIndex(of: party) else { return }
        left.remove(at: index)
        parties[host] = left.isEmpty ? nil : left
        count -= 1
    }
}
