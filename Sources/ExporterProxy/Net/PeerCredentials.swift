import Glibc

/// Who is at the other end of a connection, for logs.
package enum PeerCredentials {
    /// `uid=1000 pid=4711` on a Unix socket (SO_PEERCRED, unix(7)), `address:port` on TCP.
    package static func describe(_ descriptor: Int32, isUnix: Bool) -> String {
        (isUnix ? credentials(descriptor) : address(descriptor)) ?? unknown
    }

    static let unknown = "unknown"

    /// `address:port`.
    static func describe(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String {
        text(of: address, length) ?? unknown
    }

    private static func credentials(_ descriptor: Int32) -> String? {
        // struct ucred: pid, uid, gid.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return "uid=\(credentials.uid) pid=\(credentials.pid)"
    }

    private static func address(_ descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0 ? text(of: address, length) : nil
            }
        }
    }

    private static func text(of address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String? {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let found = getnameinfo(
            address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
            NI_NUMERICHOST | NI_NUMERICSERV)
        guard found == 0 else { return nil }
        let name = text(host)
        return name.contains(":") ? "[\(name)]:\(text(service))" : "\(name):\(text(service))"
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
