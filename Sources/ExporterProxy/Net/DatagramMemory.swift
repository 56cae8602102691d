import CLinux
import Glibc

/// Room for the datagrams of one call of recvmmsg(2) or sendmmsg(2): each has bytes, an address and a message header
/// that names both. It stays where it is until it goes.
///
/// Belongs to one thread.
final class DatagramMemory {
    /// Datagrams of one call.
    static let countMax = 64

    let parts: UnsafeMutableBufferPointer<iovec>
    let names: UnsafeMutableBufferPointer<sockaddr_storage>
    let messages: UnsafeMutableBufferPointer<clinux_message>
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter spacing: bytes from the beginning of a datagram to that of the next.
    init(bytesMax: Int, spacing: Int) {
        precondition(bytesMax <= spacing, "datagrams would share their bytes")
        bytes = .allocate(byteCount: Self.countMax * spacing, alignment: 64)
        parts = .allocate(capacity: Self.countMax)
        names = .allocate(capacity: Self.countMax)
        messages = .allocate(capacity: Self.countMax)
        parts.initialize(repeating: iovec())
        names.initialize(repeating: sockaddr_storage())
        messages.initialize(repeating: clinux_message())
        for place in 0..<Self.countMax { prepare(place, bytesMax, spacing) }
    }

    deinit {
        bytes.deallocate()
        parts.deallocate()
        names.deallocate()
        messages.deallocate()
    }

    private func prepare(_ place: Int, _ bytesMax: Int, _ spacing: Int) {
        guard let bytes = bytes.baseAddress, let parts = parts.baseAddress, let names = names.baseAddress
        else { return }
        parts[place].iov_base = bytes + place * spacing
        parts[place].iov_len = bytesMax
        messages[place].header.parts = UnsafeMutableRawPointer(parts + place)
        messages[place].header.parts_count = 1
        messages[place].header.name = UnsafeMutableRawPointer(names + place)
    }
}
