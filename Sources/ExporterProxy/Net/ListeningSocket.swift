import Glibc
import NIOCore

/// A stream socket that accepts, and the name that people know it by.
package final class ListeningSocket: Sendable {
    package let descriptor: OwnedDescriptor
    /// What `/apps` shows as the source: the address or the path, as configured; a port 0 as the kernel chose it.
    package let name: String
    package let isUnix: Bool
    /// Removes the socket file when the listener goes.
    private let file: UnixSocketFile?

    init(_ descriptor: OwnedDescriptor, name: String, file: UnixSocketFile? = nil) {
        self.descriptor = descriptor
        self.name = name
        self.isUnix = file != nil
        self.file = file
    }

    /// Removes the socket file of a Unix socket, so that nobody finds a door without a house.
    package func removeFile() { file?.remove() }

    /// Gives the socket file of a Unix socket another owner and mode; throws where that is not allowed.
    package func setFileAccess(_ access: UnixSocketFile.Access) throws { try file?.setAccess(access) }

    /// The kernel cuts it to net.core.somaxconn.
    static let backlog: Int32 = 4096

    /// `old` listens on the same port of another host, and is to close once the new one listens.
    package static func tcp(_ address: HostPort, sharingPortOf old: ListeningSocket? = nil) throws -> ListeningSocket {
        let resolved = try address.resolved()
        let family = resolved.protocol == .inet6 ? AF_INET6 : AF_INET
        let raw = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("open a socket for \(address)") }
        let descriptor = OwnedDescriptor(raw)
        set(SO_REUSEADDR, to: 1, of: raw)
        // To the kernel the same port of another host may be the same; then both sides have to say that they share it,
        // and only now, so that nobody else can come in between.
        let sharing = old.map { [$0.descriptor.raw, raw] } ?? []
        for raw in sharing { set(SO_REUSEPORT, to: 1, of: raw) }
        defer { for raw in sharing { set(SO_REUSEPORT, to: 0, of: raw) } }
        let bound = resolved.withSockAddr { pointer, size in bind(raw, pointer, socklen_t(size)) }
        guard bound == 0, listen(raw, backlog) == 0 else { throw SystemError("listen on \(address)") }
        let port = address.port == 0 ? try boundPort(raw) : address.port
        return ListeningSocket(descriptor, name: HostPort(host: address.host, port: port).description)
    }

    private static func set(_ option: Int32, to value: Int32, of raw: Int32) {
        var value = value
        setsockopt(raw, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func boundPort(_ raw: Int32) throws(SystemError) -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let base = bytes.baseAddress else { return Int32(-1) }
            return getsockname(raw, base.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard result == 0 else { throw SystemError("read the port of a socket") }
        // The port stands at the same place in sockaddr_in and sockaddr_in6.
        return withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
    }
}
