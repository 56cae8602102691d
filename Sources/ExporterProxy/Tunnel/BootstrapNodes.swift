import Glibc
import HyperDHT
import Logging

/// Finds the addresses of the nodes to begin with.
enum BootstrapNodes {
    /// Between attempts, where none of the names can be found: the network may come up later than we do.
    private static let pause: Int32 = 5_000

    /// Blocks until there is one at least, or `wakeUp` asks to stop. Without any names there is nothing to find.
    static func resolve(_ nodes: [HostPort], wakeUp: WakeUp, logger: Logger) throws(SystemError) -> [IPv4Address] {
        var isFirst = true
        var queue = try ReadinessQueue(eventsMax: 1)
        try queue.add(wakeUp.descriptor.raw, token: 0, .read)
        while !nodes.isEmpty, !wakeUp.stopIsRequested {
            let missing = nodes.filter { addresses(of: $0).isEmpty }
            if isFirst, !missing.isEmpty {
                logger.warning(
                    "nodes of the DHT cannot be found by their names",
                    metadata: ["nodes": "\(missing.map(\.description).joined(separator: ", "))"])
            }
            isFirst = false
            if missing.count < nodes.count { return nodes.flatMap(addresses(of:)) }
            // Messages stay where they are for the loop; only the request to stop counts here.
            if try queue.wait(milliseconds: pause) > 0, !wakeUp.stopIsRequested {
                wakeUp.clear()
                _ = try queue.wait(milliseconds: pause)
                wakeUp.wake()
            }
        }
        return []
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
