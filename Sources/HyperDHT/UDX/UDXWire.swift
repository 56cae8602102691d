/// What the wire format of UDX fixes; our own choices are in ``UDXConfiguration``.
enum UDXWire {
    /// The first two bytes of every packet: the mark of UDX and its version.
    static let mark: [UInt8] = [0xFF, 0x01]
    static let headerBytes = 20
    /// An Ethernet frame without the headers of IPv4 and UDP: nothing longer is sent by any version.
    static let datagramBytesMax = 1472
    static let payloadBytesMax = datagramBytesMax - headerBytes
    /// A path that is not probed carries this much: 1200 bytes without the headers of IPv4, UDP and UDX.
    static let payloadBytesDefault = 1152
    /// Of two numbers each: the first sequence number, and the first one behind.
    static let rangeBytes = 8
    /// As many as an acknowledgment carries.
    static let rangesMax = 50
}
