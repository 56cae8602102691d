import CLinux
import Glibc

/// Datagrams over IPv4 that go out together: with one call of sendmmsg(2), and those of a ``DatagramRun`` as one
/// message, as long as the kernel takes such.
///
/// Belongs to one thread.
package final class DatagramSender {
    /// Messages of one call.
    private static let countMax = 64
    /// How long a full socket is waited for, in milliseconds. What finds no room then is lost, as any datagram may be.
    private static let patience: Int32 = 2

    /// Those that the kernel has refused.
    package private(set) var refused = 0
    /// Whether the kernel divides messages; some cannot, or not for each network device.
    private(set) var joins: Bool
    private let heads = DatagramHeads(count: countMax)
    private var runs: [DatagramRun] = []
    /// The kernel has not taken a run, and its datagrams are tried alone.
    private var isInDoubt = false

    /// - Parameter joins: see ``DatagramSocket/dividesMessages``.
    package init(joins: Bool) { self.joins = joins }

    /// Puts the datagram at `range` of the buffer behind the others.
    ///
    /// - Parameter host: the first octet is the highest byte.
    package func append(_ range: Range<Int>, host: UInt32, port: UInt16) {
        if joins, let last = runs.indices.last, runs[last].take(range, host: host, port: port) { return }
        runs.append(DatagramRun(range, host: host, port: port))
    }

    /// Sends all that was put in; it lies in `bytes`.
    package func flush(_ bytes: UnsafeRawBufferPointer, over socket: DatagramSocket) {
        var next = 0
        var hasWaited = false
        while next < runs.count {
            let gone = sendmmsg(
                socket.descriptor.raw, heads.messages.baseAddress, fill(runs[next...], bytes), Int32(MSG_DONTWAIT))
            if gone > 0 {
                // Alone they go.
                if isInDoubt { (joins, isInDoubt) = (false, false) }
                next += Int(gone)
            } else if errno == EAGAIN, !hasWaited {
                hasWaited = true
                var descriptor = pollfd(fd: socket.descriptor.raw, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, Self.patience)
            } else if errno != EINTR {
                next += giveUp(next, error: errno)
            }
        }
        runs.removeAll(keepingCapacity: true)
    }

    /// Answers how many there are.
    private func fill(_ runs: ArraySlice<DatagramRun>, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        for (place, run) in runs.prefix(Self.countMax).enumerated() {
            let part = UnsafeRawBufferPointer(rebasing: bytes[run.range])
            heads.parts[place] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: part.count)
            heads.setName(place, host: run.host, port: run.port)
            heads.messages[place].header.control_length = 0
            if run.count > 1 { heads.divide(place, UInt16(clamping: run.datagramBytes)) }
        }
        return UInt32(min(runs.count, Self.countMax))
    }

    /// The kernel does not take the run at `place`: where it is of several, each is tried alone; else nobody is there,
    /// or the network says something else, and the others may go. Answers how many runs are done with.
    private func giveUp(_ place: Int, error: Int32) -> Int {
        let run = runs[place]
        guard run.count > 1, error != EAGAIN else {
            isInDoubt = false
            refused += run.count
            return 1
        }
        // So says a kernel that does not divide for this device; to another path (EMSGSIZE) it may.
        isInDoubt = [EINVAL, EIO, EOPNOTSUPP].contains(error)
        runs.replaceSubrange(place...place, with: run.singles)
        return 0
    }

    /// Sends one at once, behind those that were put in; the `timeToLive`th router on its way drops it.
    package func send(
        _ range: Range<Int>, of bytes: UnsafeRawBufferPointer, host: UInt32, port: UInt16, timeToLive: UInt8,
        over socket: DatagramSocket
    ) {
        flush(bytes, over: socket)
        var usual: Int32 = 64
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &usual, &size)
        var low = Int32(timeToLive)
        setsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &low, size)
        append(range, host: host, port: port)
        flush(bytes, over: socket)
        setsockopt(socket.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &usual, size)
    }
}
