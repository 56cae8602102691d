import CLinux
import Glibc

/// The datagrams that one call of recvmmsg(2) takes, in memory that stays.
///
/// Belongs to one thread.
package final class DatagramBatch {
    /// Datagrams of one call.
    package static let countMax = DatagramMemory.countMax
    /// Not a multiple of a page: else the beginnings of all datagrams would share a few lines of the cache.
    private static let gap = 256
    /// One control message with the credentials of the sender, and its head: cmsg(3), unix(7).
    private static let controlBytes = 32

    /// Of one datagram.
    package let bytesMax: Int
    private let memory: DatagramMemory
    private let controls: UnsafeMutableRawBufferPointer
    private var count = 0

    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
        memory = DatagramMemory(bytesMax: bytesMax, spacing: bytesMax + Self.gap)
        controls = .allocate(byteCount: Self.countMax * Self.controlBytes, alignment: 16)
        _ = controls.initializeMemory(as: UInt8.self, repeating: 0)
        for place in 0..<Self.countMax {
            messages[place].header.control = controls.baseAddress.map { $0 + place * Self.controlBytes }
            prepare(place)
        }
    }

    deinit { controls.deallocate() }

    private var messages: UnsafeMutableBufferPointer<clinux_message> { memory.messages }

    /// For the next datagram: the kernel has written over it.
    private func prepare(_ place: Int) {
        messages[place].header.name_length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        messages[place].header.control_length = Self.controlBytes
        messages[place].header.flags = 0
    }

    /// Takes what has come to `socket`, at most ``countMax``; answers how many. Those of before are gone.
    package func receive(from socket: DatagramSocket) throws(SystemError) -> Int {
        for place in 0..<count { prepare(place) }
        count = 0
        let got = recvmmsg(
            socket.descriptor.raw, messages.baseAddress, UInt32(Self.countMax), Int32(MSG_DONTWAIT), nil)
        if got < 0 {
            switch errno {
            case EBADF, ENOTSOCK, EINVAL, EFAULT: throw SystemError("receive on \(socket.name)")
            case ENOBUFS, ENOMEM:
                // The socket stays readable: without a pause nothing else would be done.
                usleep(1000)
                return 0
            // Nothing has come; or somebody, or the network, says something else, and the socket is well.
            default: return 0
            }
        }
        count = Int(got)
        return count
    }

    /// Datagram `place` of the last call, as long as there is no other; `nil` where it is longer than it may be.
    package func datagram(_ place: Int) -> UnsafeRawBufferPointer? {
        precondition(place < count, "a datagram that did not come")
        let message = messages[place]
        guard message.header.flags & Int32(MSG_TRUNC) == 0 else { return nil }
        // No more than the room for it: the kernel says at most what it was given.
        let length = min(Int(message.length), bytesMax)
        return UnsafeRawBufferPointer(start: memory.parts[place].iov_base, count: length)
    }

    /// The IPv4 address that it came from; `nil` where it came otherwise. The first octet is the highest byte.
    package func source(_ place: Int) -> (host: UInt32, port: UInt16)? {
        precondition(place < count, "a datagram that did not come")
        guard messages[place].header.name_length >= MemoryLayout<sockaddr_in>.size, let names = memory.names.baseAddress
        else { return nil }
        let address = (names + place).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee }
        guard address.sin_family == sa_family_t(AF_INET) else { return nil }
        return (UInt32(bigEndian: address.sin_addr.s_addr), UInt16(bigEndian: address.sin_port))
    }

    /// Who sent it, for the log: `address:port`, or `uid=1000 pid=4711` on a Unix socket.
    package func sender(_ place: Int) -> String {
        precondition(place < count, "a datagram that did not come")
        let header = messages[place].header
        if let credentials = credentials(place, header.control_length) { return credentials }
        guard let name = memory.names.baseAddress else { return PeerCredentials.unknown }
        return UnsafeRawPointer(name + place).withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            header.name_length >= 8 ? PeerCredentials.describe(address, header.name_length) : PeerCredentials.unknown
        }
    }

    /// Of struct cmsghdr, SCM_CREDENTIALS, and struct ucred: pid, uid, gid.
    private func credentials(_ place: Int, _ length: Int) -> String? {
        guard length >= 28 else { return nil }
        let control = UnsafeRawBufferPointer(rebasing: controls[(place * Self.controlBytes)...].prefix(28))
        guard control.load(fromByteOffset: 8, as: Int32.self) == SOL_SOCKET,
            control.load(fromByteOffset: 12, as: Int32.self) == clinux_scm_credentials
        else { return nil }
        let (pid, uid) = (
            control.load(fromByteOffset: 16, as: Int32.self), control.load(fromByteOffset: 20, as: UInt32.self)
        )
        return "uid=\(uid) pid=\(pid)"
    }
}
