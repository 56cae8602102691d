import CLinux
import Glibc

/// Datagrams over IPv4 that go out together, with sendmmsg(2), from memory that stays.
///
/// Belongs to one thread.
package final class DatagramSender {
    /// How long a full socket is waited for, in milliseconds. What finds no room then is lost, as any datagram may be.
    private static let patience: Int32 = 2

    /// Of one datagram.
    package let bytesMax: Int
    /// Those that the kernel has refused.
    package private(set) var refused = 0
    private let memory: DatagramMemory
    private var count = 0

    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
        memory = DatagramMemory(bytesMax: bytesMax, spacing: bytesMax)
        for place in 0..<DatagramMemory.countMax {
            memory.messages[place].header.name_length = socklen_t(MemoryLayout<sockaddr_in>.size)
        }
    }

    /// Puts one behind the others, and sends all when there is no more room. A datagram that is too long is left out.
    ///
    /// - Parameter host: the first octet is the highest byte.
    package func append(_ datagram: ArraySlice<UInt8>, host: UInt32, port: UInt16, over socket: DatagramSocket) {
        guard datagram.count <= bytesMax else {
            refused += 1
            return
        }
        let room = UnsafeMutableRawBufferPointer(start: memory.parts[count].iov_base, count: bytesMax)
        datagram.withUnsafeBytes { room.copyMemory(from: $0) }
        memory.parts[count].iov_len = datagram.count
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        memory.names.baseAddress?.advanced(by: count).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            $0.pointee = address
        }
        count += 1
        if count == DatagramMemory.countMax { flush(over: socket) }
    }

    /// Sends all that was put in.
    package func flush(over socket: DatagramSocket) {
        var next = 0
        var hasWaited = false
        while next < count {
            let gone = sendmmsg(
                socket.descriptor.raw, memory.messages.baseAddress?.advanced(by: next), UInt32(count - next),
                Int32(MSG_DONTWAIT))
            if gone > 0 {
                next += Int(gone)
            } else if errno == EAGAIN, !hasWaited {
                hasWaited = true
                var descriptor = pollfd(fd: socket.descriptor.raw, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, Self.patience)
            } else if errno != EINTR {
                // The first one is refused: nobody is there, or the network says something else. The others may go.
                (next, refused) = (next + 1, refused + 1)
            }
        }
        count = 0
    }

    /// Sends one at once, which is dropped by the `timeToLive`th router on its way.
    package func send(
        _ datagram: ArraySlice<UInt8>, host: UInt32, port: UInt16, timeToLive: UInt8, over socket: DatagramSocket
    ) {
        flush(over: socket)
        var usual: Int32 = 64
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &usual, &size)
        var low = Int32(timeToLive)
        setsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &low, size)
        append(datagram, host: host, port: port, over: socket)
        flush(over: socket)
        setsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &usual, size)
    }
}
