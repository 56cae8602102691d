import Glibc
import NIOCore

/// The client's side of a connection, blocking: for the commands.
package enum ClientSocket {
    /// - Parameter sendsDatagrams: by UDP, else TCP.
    package static func connect(to address: HostPort, sendsDatagrams: Bool = false) throws -> OwnedDescriptor {
        let resolved = try address.resolved()
        let family = resolved.protocol == .inet6 ? AF_INET6 : AF_INET
        let type = sendsDatagrams ? SOCK_DGRAM : SOCK_STREAM
        let raw = socket(family, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("open a socket") }
        let descriptor = OwnedDescriptor(raw)
        let connected = resolved.withSockAddr { pointer, size in Glibc.connect(raw, pointer, socklen_t(size)) }
        guard connected == 0 else { throw SystemError("connect to \(address)") }
        return descriptor
    }

    package static func sendAll(_ bytes: [UInt8], over connection: OwnedDescriptor) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(connection.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0, errno == EINTR { continue }
            guard sent > 0 else { throw SystemError("send") }
            rest = rest.dropFirst(sent)
        }
    }

    /// What the network has said of what was sent: of datagrams at this very machine, at once.
    package static func requireNoError(_ connection: OwnedDescriptor) throws(SystemError) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(connection.raw, SOL_SOCKET, SO_ERROR, &code, &length)
        if code != 0 { throw SystemError("send", code: code) }
    }

    /// Until the peer ends; throws where it resets the connection instead.
    package static func readToEnd(_ connection: OwnedDescriptor, bytesMax: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 4096)
        while bytes.count < bytesMax {
            let got = read(connection.raw, &part, part.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read the reply") }
            if got == 0 { break }
            bytes += part.prefix(got)
        }
        return bytes
    }
}
