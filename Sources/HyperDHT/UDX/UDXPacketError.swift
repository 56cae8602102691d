/// Why a datagram is no packet of UDX.
package enum UDXPacketError: Error, Equatable, CustomStringConvertible {
    case truncated(bytes: Int)
    case tooLong(bytes: Int)
    case otherProtocol
    /// The payload would begin behind the end of the datagram.
    case dataOffset(Int, bytes: Int)
    /// Ranges and a payload, and nothing that says where the one ends.
    case rangesWithoutEnd

    package var description: String {
        switch self {
        case .truncated(let bytes): "\(bytes) bytes are no packet: its header has \(UDXWire.headerBytes)"
        case .tooLong(let bytes): "a packet of \(bytes) bytes: the limit is \(UDXWire.datagramBytesMax)"
        case .otherProtocol: "not a packet of UDX version 1"
        case .dataOffset(let offset, let bytes): "a data offset of \(offset) in a packet of \(bytes) bytes"
        case .rangesWithoutEnd: "acknowledged ranges and a payload need a data offset"
        }
    }
}
