import CLinux
import Glibc
import Synchronization

/// A socket that datagrams come to, and the name that people know it by.
package final class DatagramSocket: Sendable {
    package let descriptor: OwnedDescriptor
    /// The address or the path, as configured; a port 0 as the kernel chose it.
    package let name: String
    package let isUnix: Bool
    private let buffer: Mutex<Buffer>

    /// For datagrams that have not been read, in bytes, with what the kernel adds to each.
    private struct Buffer {
        var asked: Int
        /// Less where `net.core.rmem_max` says so, and we may not go beyond it.
        var granted: Int
    }

    /// Removes the socket file when the socket goes.
    private let file: UnixSocketFile?

    init(_ descriptor: OwnedDescriptor, name: String, file: UnixSocketFile? = nil, buffer: Int) {
        self.descriptor = descriptor
        self.name = name
        self.file = file
        isUnix = file != nil
        self.buffer = Mutex(Buffer(asked: buffer, granted: Self.enlarge(buffer, descriptor.raw)))
        // Who sends over a Unix socket has no address: for the log, by whom.
        if isUnix { Self.set(SO_PASSCRED, 1, descriptor.raw) }
    }

    package var bufferAsked: Int { buffer.withLock { $0.asked } }
    package var bufferGranted: Int { buffer.withLock { $0.granted } }

    /// Asks for another buffer; answers false, and does nothing, where it was the same.
    package func setBuffer(_ bytes: Int) -> Bool {
        if bufferAsked == bytes { return false }
        let granted = Self.enlarge(bytes, descriptor.raw)
        buffer.withLock { $0 = Buffer(asked: bytes, granted: granted) }
        return true
    }

    /// Datagrams that come one behind the other, from one address and of one length, may from now on be received as one
    /// (udp(7), UDP_GRO, Linux 5.0): see ``DatagramBatch/forEachDatagram(_:_:)``. An older kernel leaves them as they
    /// are.
    package func joinDatagrams() { Self.set(clinux_udp_gro, 1, descriptor.raw, level: Int32(IPPROTO_UDP)) }

    /// Whether the kernel divides a message into datagrams where it is told to (udp(7), UDP_SEGMENT, Linux 4.18). An
    /// older one would send the message as one.
    package var dividesMessages: Bool { Self.set(clinux_udp_segment, 0, descriptor.raw, level: Int32(IPPROTO_UDP)) }

    /// Whether the file of a Unix socket leads here.
    package var isFileThere: Bool { file?.isThere ?? true }

    /// `old` is bound to the same port of another host, and is to close once the new one is open.
    package static func udp(
        _ address: HostPort, buffer: Int, sharingPortOf old: DatagramSocket? = nil
    ) throws -> DatagramSocket {
        let (descriptor, name) = try InternetSocket.bound(to: address, SOCK_DGRAM, sharingPortOf: old?.descriptor)
        return DatagramSocket(descriptor, name: name, buffer: buffer)
    }

    /// Removes the socket file of a Unix socket, so that nobody finds a door without a house.
    package func removeFile() { file?.remove() }

    /// Gives the socket file of a Unix socket another owner and mode; throws where that is not allowed.
    package func setFileAccess(_ access: UnixSocketFile.Access) throws { try file?.setAccess(access) }

    /// How many datagrams the kernel has thrown away because nobody had read those before; modulo 2^32.
    ///
    /// The ninth word of SO_MEMINFO, SK_MEMINFO_DROPS of linux/sock_diag.h, of Linux 4.12 and later.
    package var kernelDrops: UInt32 {
        var words = (UInt32(0), UInt32(0), UInt32(0), UInt32(0), UInt32(0), UInt32(0), UInt32(0), UInt32(0), UInt32(0))
        var length = socklen_t(MemoryLayout.size(ofValue: words))
        return getsockopt(descriptor.raw, SOL_SOCKET, clinux_so_meminfo, &words, &length) == 0 ? words.8 : 0
    }

    /// Answers what was given.
    private static func enlarge(_ bytes: Int, _ raw: Int32) -> Int {
        let bytes = Int32(clamping: bytes)
        // Beyond the system's limit for those who may administer the network.
        if !set(SO_RCVBUFFORCE, bytes, raw) { set(SO_RCVBUF, bytes, raw) }
        var granted: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(raw, SOL_SOCKET, SO_RCVBUF, &granted, &length) == 0 else { return 0 }
        // The kernel says the double of what was asked for (socket(7)).
        return Int(granted) / 2
    }

    @discardableResult
    private static func set(_ option: Int32, _ value: Int32, _ raw: Int32, level: Int32 = SOL_SOCKET) -> Bool {
        var value = value
        return setsockopt(raw, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }
}
