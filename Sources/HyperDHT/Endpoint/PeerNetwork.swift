/// Names one connection with a peer, of any transport, as long as its network lives.
package struct PeerNumber: Hashable, Sendable {
    package let value: Int

    package init(_ value: Int) { self.value = value }
}

/// Who is on the other side of a connection.
package struct Peer: Equatable, Sendable {
    package let key: PublicKey
    /// The key pair of ours that it has called; `nil` where we have called it.
    package let server: PublicKey?
    /// Where its bytes come from, for people to read.
    package let address: String

    package init(key: PublicKey, server: PublicKey?, address: String) {
        (self.key, self.server, self.address) = (key, server, address)
    }
}

/// Why there is no connection any more, or why there never was one.
package enum PeerEnd: Error, Equatable, Sendable, CustomStringConvertible {
    case unreachable(ConnectFailure)
    /// There is no stream to it, with the reason in a sentence.
    case notDialled(String)
    case over(ConnectionEnd)
    /// There is room for so many connections only.
    case tooMany

    package var description: String {
        switch self {
        case .unreachable(let failure): failure.description
        case .notDialled(let sentence): sentence
        case .over(let end): end.description
        case .tooMany: "too many connections"
        }
    }
}

/// What happens with peers.
package enum PeerEvent: Sendable {
    /// The peer has shown who it is. Comes once for each connection that comes to be, before anything else of it.
    case opened(PeerNumber, Peer)
    /// A channel was opened or closed, a request or an answer has come.
    case rpc(PeerNumber, RPCConnection.Event)
    /// No answer will come to this request of ours.
    case unanswered(PeerNumber, Mux.Channel, id: UInt64)
    /// The last event of its number, also where it was never opened.
    case closed(PeerNumber, PeerEnd)
    /// Somebody called one of our servers and is not let in.
    case refused(server: PublicKey, caller: PublicKey, address: String)
}

/// Connections with peers, by number, whichever transport they came over.
///
/// Decides; never reads, writes or waits. Whoever owns it moves bytes and time in and out, and takes the events.
package protocol PeerNetwork: Sendable {
    /// Begins a connection, which ends with ``PeerEvent/closed(_:_:)`` whether it comes to be or not.
    ///
    /// `methods` are those that are answered here, by the channel that the peer may open for them.
    mutating func connect(
        to key: PublicKey, as identity: KeyPair, serving methods: [ChannelName: Set<String>], at now: Int64
    ) -> PeerNumber

    /// To open channels, ask and answer; `nil` where there is no such peer any more.
    mutating func withChannel<Value>(of peer: PeerNumber, _ use: (inout SecureChannel) -> Value) -> Value?

    /// Ends a connection behind what was said before.
    mutating func end(_ peer: PeerNumber, at now: Int64)

    /// What has happened, one at a time, until nil.
    mutating func nextEvent() -> PeerEvent?
}
