/// Datagrams that one message can hand to the kernel, which divides it (udp(7), UDP_SEGMENT): they go to one address,
/// lie one behind the other, and are of one length but for the last, which may be shorter.
struct DatagramRun: Equatable, Sendable {
    /// UDP_MAX_SEGMENTS of Linux before 6.9, and what fits into the length of an IPv4 packet.
    private static let countMax = 64
    private static let bytesMax = 65_000

    let host: UInt32
    let port: UInt16
    /// Of the buffer in which they lie.
    private(set) var range: Range<Int>
    /// Of each but the last.
    let datagramBytes: Int

    init(_ range: Range<Int>, host: UInt32, port: UInt16) {
        (self.range, self.host, self.port, datagramBytes) = (range, host, port, range.count)
    }

    var count: Int { datagramBytes == 0 ? 1 : (range.count + datagramBytes - 1) / datagramBytes }

    /// Whether the datagram at `other` is one of them now.
    mutating func take(_ other: Range<Int>, host: UInt32, port: UInt16) -> Bool {
        guard host == self.host, port == self.port, other.lowerBound == range.upperBound,
            1...max(1, datagramBytes) ~= other.count, datagramBytes > 0, range.count % datagramBytes == 0,
            count < Self.countMax, range.count + other.count <= Self.bytesMax
        else { return false }
        range = range.lowerBound..<other.upperBound
        return true
    }

    /// Each for itself.
    var singles: [DatagramRun] {
        guard datagramBytes > 0 else { return [self] }
        return stride(from: range.lowerBound, to: range.upperBound, by: datagramBytes).map { start in
            DatagramRun(start..<min(start + datagramBytes, range.upperBound), host: host, port: port)
        }
    }
}
