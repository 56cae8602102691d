/// What a channel is for. Two sides that open the same name are on the same channel.
package struct ChannelName: Hashable, Sendable, CustomStringConvertible {
    package let proto: String
    /// Mostly none.
    package let id: [UInt8]

    package init(_ proto: String, id: [UInt8] = []) { (self.proto, self.id) = (proto, id) }

    package var description: String { id.isEmpty ? proto : "\(proto)#\(Hex.text(of: id))" }
}
