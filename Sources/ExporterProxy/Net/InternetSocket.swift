import Glibc
import NIOCore

/// A socket bound to an address of this machine.
enum InternetSocket {
    /// Answers it with its name: the address as configured, a port 0 as the kernel chose it.
    ///
    /// - Parameters:
    ///   - old: is bound to the same port of another host, and is to close once the new one is open.
    ///   - open: what opens the door, while the port is still shared.
    static func bound(
        to address: HostPort, _ type: __socket_type, sharingPortOf old: OwnedDescriptor?,
        open: (_ raw: Int32) throws -> Void = { _ in }
    ) throws -> (descriptor: OwnedDescriptor, name: String) {
        let resolved = try address.resolved()
        let family = resolved.protocol == .inet6 ? AF_INET6 : AF_INET
        let raw = socket(family, Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("open a socket for \(address)") }
        let descriptor = OwnedDescriptor(raw)
        // Of datagrams two sockets could have one port by it, and each a part of them.
        if type == SOCK_STREAM { set(SO_REUSEADDR, to: 1, of: raw) }
        // To the kernel the same port of another host may be the same; then both sides have to say that they share it,
        // and only now, so that nobody else can come in between.
        let sharing = old.map { [$0.raw, raw] } ?? []
        for raw in sharing { set(SO_REUSEPORT, to: 1, of: raw) }
        defer { for raw in sharing { set(SO_REUSEPORT, to: 0, of: raw) } }
        let bound = resolved.withSockAddr { pointer, size in bind(raw, pointer, socklen_t(size)) }
        guard bound == 0 else { throw SystemError("listen on \(address)") }
        try open(raw)
        let port = address.port == 0 ? try boundPort(raw) : address.port
        return (descriptor, HostPort(host: address.host, port: port).description)
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
