import CLinux
import Glibc

/// The datagrams that one call of recvmmsg(2) takes, in memory that stays.
///
/// Belongs to one thread.
package final class DatagramBatch {
    /// Not a multiple of a page: else the beginnings of all datagrams would share a few lines of the cache.
    private static let gap = 256

    /// Of one datagram, or of several that the kernel has joined.
    package let bytesMax: Int
    /// Of one call.
    package let countMax: Int
    private let heads: DatagramHeads
    private let bytes: UnsafeMutableRawBufferPointer
    private var count = 0

    package init(bytesMax: Int, countMax: Int = 64) {
        (self.bytesMax, self.countMax) = (bytesMax, countMax)
        heads = DatagramHeads(count: countMax)
        bytes = .allocate(byteCount: countMax * (bytesMax + Self.gap), alignment: 64)
        for place in 0..<countMax {
            heads.parts[place].iov_base = bytes.baseAddress.map { $0 + place * (bytesMax + Self.gap) }
            heads.parts[place].iov_len = bytesMax
            prepare(place)
        }
    }

    deinit { bytes.deallocate() }

    private var messages: UnsafeMutableBufferPointer<clinux_message> { heads.messages }

    /// For the next datagram: the kernel has written over it.
    private func prepare(_ place: Int) {
        messages[place].header.name_length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        messages[place].header.control_length = DatagramHeads.controlBytes
        messages[place].header.flags = 0
    }

    /// Takes what has come to `socket`, at most ``countMax``; answers how many. Those of before are gone.
    package func receive(from socket: DatagramSocket) throws(SystemError) -> Int {
        for place in 0..<count { prepare(place) }
        count = 0
        let got = recvmmsg(
            socket.descriptor.raw, messages.baseAddress, UInt32(countMax), Int32(MSG_DONTWAIT), nil)
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
        return UnsafeRawBufferPointer(start: heads.parts[place].iov_base, count: length)
    }

    /// Each of the datagrams that the kernel has joined into the one at `place`, or that one
    /// (see ``DatagramSocket/joinDatagrams()``).
    package func forEachDatagram(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let whole = datagram(place) else { return }
        let bytes = joinedBytes(place) ?? whole.count
        var start = 0
        repeat {
            body(UnsafeRawBufferPointer(rebasing: whole[start..<min(start + bytes, whole.count)]))
            start += bytes
        } while start < whole.count
    }

    /// How long each of them is, but for the last.
    private func joinedBytes(_ place: Int) -> Int? {
        guard let control = control(place, Int32(IPPROTO_UDP), clinux_udp_gro, bytes: 4) else { return nil }
        let bytes = control.load(as: Int32.self)
        return bytes > 0 ? Int(bytes) : nil
    }

    /// What a control message says, which has at least so many bytes.
    private func control(_ place: Int, _ level: Int32, _ kind: Int32, bytes: Int) -> UnsafeRawBufferPointer? {
        let size = MemoryLayout<clinux_control_head>.size
        guard messages[place].header.control_length >= size + bytes else { return nil }
        let control = UnsafeRawBufferPointer(heads.control(place))
        let head = control.load(as: clinux_control_head.self)
        return head.level == level && head.kind == kind ? UnsafeRawBufferPointer(rebasing: control[size...]) : nil
    }

    /// The IPv4 address that it came from; `nil` where it came otherwise. The first octet is the highest byte.
    package func source(_ place: Int) -> (host: UInt32, port: UInt16)? {
        precondition(place < count, "a datagram that did not come")
        guard messages[place].header.name_length >= MemoryLayout<sockaddr_in>.size, let names = heads.names.baseAddress
        else { return nil }
        let address = (names + place).withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee }
        guard address.sin_family == sa_family_t(AF_INET) else { return nil }
        return (UInt32(bigEndian: address.sin_addr.s_addr), UInt16(bigEndian: address.sin_port))
    }

    /// Who sent it, for the log: `address:port`, or `uid=1000 pid=4711` on a Unix socket.
    package func sender(_ place: Int) -> String {
        precondition(place < count, "a datagram that did not come")
        let header = messages[place].header
        if let credentials = credentials(place) { return credentials }
        guard let name = heads.names.baseAddress else { return PeerCredentials.unknown }
        return UnsafeRawPointer(name + place).withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            header.name_length >= 8 ? PeerCredentials.describe(address, header.name_length) : PeerCredentials.unknown
        }
    }

    /// Of struct ucred: pid, uid, gid.
    private func credentials(_ place: Int) -> String? {
        guard let control = control(place, SOL_SOCKET, clinux_scm_credentials, bytes: 12) else { return nil }
        let (pid, uid) = (control.load(as: Int32.self), control.load(fromByteOffset: 4, as: UInt32.self))
        return "uid=\(uid) pid=\(pid)"
    }
}
