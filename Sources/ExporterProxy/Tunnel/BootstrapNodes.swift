import Glibc
import HyperDHT
import NIOPosix

/// The nodes to begin with, by their names: looked up again and again, since addresses change, and the network may come
/// up later than we do.
///
/// Belongs to the tunnel's thread; names are looked up on others, for which nobody waits at the end.
struct BootstrapNodes {
    /// Until the next look where no name was found, and where no node is known. In nanoseconds.
    private static let pauses = (whenUnknown: Int64(5_000_000_000), whenLonely: Int64(60_000_000_000))

    /// What has been found.
    struct Found: Sendable {
        var addresses: [IPv4Address]
        /// Those without an address.
        var missing: [HostPort]
    }

    private let names: [HostPort]
    private let post: @Sendable (Found) -> Void
    private(set) var hasFailed = false
    private var isLooking = false
    /// When to look again; nil where there is nothing to look for.
    private(set) var dueAt: Int64?

    init(_ names: [HostPort], at now: Int64, post: @escaping @Sendable (Found) -> Void) {
        (self.names, self.post) = (names, post)
        dueAt = names.isEmpty ? nil : now
    }

    mutating func poll(at now: Int64, nodesKnown: Int) {
        guard let dueAt, dueAt <= now else { return }
        self.dueAt = now + Self.pauses.whenLonely
        guard !isLooking, nodesKnown == 0 else { return }
        isLooking = true
        NIOThreadPool.singleton.submit { [names, post] _ in post(Self.look(up: names)) }
    }

    /// Answers whether that is the first time that none was found.
    mutating func take(_ found: Found, at now: Int64) -> Bool {
        isLooking = false
        if found.addresses.isEmpty { dueAt = now + Self.pauses.whenUnknown }
        defer { hasFailed = !found.missing.isEmpty }
        return !found.missing.isEmpty && !hasFailed
    }

    private static func look(up names: [HostPort]) -> Found {
        let found = names.map { (name: $0, addresses: addresses(of: $0)) }
        return Found(
            addresses: found.flatMap(\.addresses), missing: found.filter(\.addresses.isEmpty).map(\.name))
    }

    /// The DHT names IPv4 addresses only.
    private static func addresses(of node: HostPort) -> [IPv4Address] {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(node.host, nil, &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [IPv4Address] = []
        var next = found
        while let info = next {
            next = info.pointee.ai_next
            guard info.pointee.ai_family == AF_INET, let address = info.pointee.ai_addr else { continue }
            let host = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
            addresses.append(IPv4Address(host: host, port: UInt16(clamping: node.port)))
        }
        return addresses
    }
}
