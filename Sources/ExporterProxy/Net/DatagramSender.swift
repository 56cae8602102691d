import CLinux
import Glibc

/// Datagrams over IPv4 that go out together, with sendmmsg(2), from memory that stays.
///
/// Belongs to one thread.
package final class DatagramSender {
    /// Datagrams of one call.
    package static let countMax = 64
    /// How long a full socket is waited for, in milliseconds. What finds no room then is lost, as any datagram may be.
    private static let patience: Int32 = 2

    /// Of one datagram.
    package let bytesMax: Int
    package private(set) var sent = 0
    /// Those that the kernel has refused.
    package private(set) var refused = 0
    private let bytes: UnsafeMutableRawBufferPointer
    private let names: UnsafeMutableBufferPointer<sockaddr_in>
    private let parts: UnsafeMutableBufferPointer<iovec>
    private let messages: UnsafeMutableBufferPointer<clinux_message>
    private var count = 0

    package init(bytesMax: Int) {
        self.bytesMax = bytesMax
        bytes = .allocate(byteCount: Self.countMax * bytesMax, alignment: 64)
        names = .allocate(capacity: Self.countMax)
        parts = .allocate(capacity: Self.countMax)
        messages = .allocate(capacity: Self.countMax)
        names.initialize(repeating: sockaddr_in())
        parts.initialize(repeating: iovec())
        messages.initialize(repeating: clinux_message())
        for place in 0..<Self.countMax { prepare(place) }
    }

    deinit {
        bytes.deallocate()
        names.deallocate()
        parts.deallocate()
        messages.deallocate()
    }

    private func prepare(_ place: Int) {
        guard let bytes = bytes.baseAddress, let names = names.baseAddress, let parts = parts.baseAddress
        else { return }
        parts[place].iov_base = bytes + place * bytesMax
        messages[place].header.parts = UnsafeMutableRawPointer(parts + place)
        messages[place].header.parts_count = 1
        messages[place].header.name = UnsafeMutableRawPointer(names + place)
        messages[place].header.name_length = UInt32(MemoryLayout<sockaddr_in>.size)
    }

    /// Puts one behind the others, and sends all when there is no more room. A datagram that is too long is left out.
    ///
    /// - Parameter host: the first octet is the highest byte.
    package func append(_ datagram: ArraySlice<UInt8>, host: UInt32, port: UInt16, over socket: DatagramSocket) {
        guard datagram.count <= bytesMax else {
            refused += 1
            return
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: bytes[(count * bytesMax)...].prefix(bytesMax))
        datagram.withUnsafeBytes { room.copyMemory(from: $0) }
        parts[count].iov_len = datagram.count
        names[count].sin_family = sa_family_t(AF_INET)
        names[count].sin_port = port.bigEndian
        names[count].sin_addr.s_addr = host.bigEndian
        count += 1
        if count == Self.countMax { flush(over: socket) }
    }

    /// Sends all that was put in.
    package func flush(over socket: DatagramSocket) {
        var next = 0
        var hasWaited = false
        while next < count {
            let gone = sendmmsg(
                socket.descriptor.raw, messages.baseAddress?.advanced(by: next), UInt32(count - next),
                Int32(MSG_DONTWAIT))
            if gone > 0 {
                (next, sent) = (next + Int(gone), sent + Int(gone))
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
