import CLinux
import Glibc

/// The heads of the messages of one call of recvmmsg(2) or sendmmsg(2): each names one piece of memory, an address and
/// a control message. They stay where they are until they go.
///
/// Belongs to one thread.
final class DatagramHeads {
    /// One control message and its head: the credentials of a sender are the largest (cmsg(3), unix(7)).
    static let controlBytes = 32

    let parts: UnsafeMutableBufferPointer<iovec>
    let names: UnsafeMutableBufferPointer<sockaddr_storage>
    let messages: UnsafeMutableBufferPointer<clinux_message>
    private let controls: UnsafeMutableRawBufferPointer

    init(count: Int) {
        parts = .allocate(capacity: count)
        names = .allocate(capacity: count)
        messages = .allocate(capacity: count)
        controls = .allocate(byteCount: count * Self.controlBytes, alignment: 16)
        parts.initialize(repeating: iovec())
        names.initialize(repeating: sockaddr_storage())
        messages.initialize(repeating: clinux_message())
        _ = controls.initializeMemory(as: UInt8.self, repeating: 0)
        for place in 0..<count { join(place) }
    }

    deinit {
        parts.deallocate()
        names.deallocate()
        messages.deallocate()
        controls.deallocate()
    }

    private func join(_ place: Int) {
        guard let parts = parts.baseAddress, let names = names.baseAddress else { return }
        messages[place].header.parts = UnsafeMutableRawPointer(parts + place)
        messages[place].header.parts_count = 1
        messages[place].header.name = UnsafeMutableRawPointer(names + place)
        messages[place].header.control = control(place).baseAddress
    }

    /// Where the control message of `place` lies.
    func control(_ place: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: controls[(place * Self.controlBytes)...].prefix(Self.controlBytes))
    }

    /// The kernel is to divide what is sent by `place` into datagrams of so many bytes.
    func divide(_ place: Int, _ bytes: UInt16) {
        // CMSG_LEN of two bytes: without what makes the structure longer than its parts.
        let length = MemoryLayout<clinux_control_head>.size + MemoryLayout<UInt16>.size
        let head = clinux_control_head(length: length, level: Int32(IPPROTO_UDP), kind: clinux_udp_segment)
        withUnsafeBytes(of: clinux_segment_control(head: head, bytes: bytes)) { control(place).copyMemory(from: $0) }
        messages[place].header.control_length = length
    }

    /// Gives the IPv4 address to `place`. The first octet of `host` is the highest byte.
    func setName(_ place: Int, host: UInt32, port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = host.bigEndian
        (names.baseAddress.map { $0 + place })?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            $0.pointee = address
        }
        messages[place].header.name_length = socklen_t(MemoryLayout<sockaddr_in>.size)
    }
}
