import Glibc
import HyperDHT

/// Where peers in the same network reach a socket.
enum LocalAddresses {
    /// More are of no use to anybody.
    private static let countMax = 8

    /// Those of the interfaces where the socket listens at all of them; none without a socket.
    static func of(_ socket: DatagramSocket?) -> [IPv4Address] {
        guard let socket, let address = IPv4Address(socket.name) else { return [] }
        if address.host != 0 { return [address] }
        return Array(hosts().prefix(countMax)).map { IPv4Address(host: $0, port: address.port) }
    }

    /// Of this machine, without its loopback.
    private static func hosts() -> [UInt32] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var hosts: [UInt32] = []
        var next = first
        while let interface = next {
            next = interface.pointee.ifa_next
            guard let address = interface.pointee.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET)
            else { continue }
            let host = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
            if host >> 24 != 127, !hosts.contains(host) { hosts.append(host) }
        }
        return hosts
    }
}
