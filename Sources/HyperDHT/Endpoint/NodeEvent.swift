/// What happens with the node that an endpoint has, and with its servers.
package enum NodeEvent: Equatable, Sendable {
    /// The first search for other nodes is over; that does not say that there are any.
    case ready
    /// This is where others see us.
    case publicAddress(IPv4Address)
    /// So many nodes pass on handshakes for this server now.
    case announced(server: PublicKey, nodes: [IPv4Address])
    /// No node does; it is tried again in a while.
    case announceFailed(server: PublicKey)
    /// Handshakes for it are not answered any more, and nodes have been told, as far as they could be.
    case unannounced(server: PublicKey)
}
