/// What the owner of the streams is to do, in this order.
package enum StreamAction: Equatable, Sendable {
    /// Make a stream to this peer: ``StreamPeers/dialled(_:address:at:)``, or
    /// ``StreamPeers/dialFailed(_:because:at:)``.
    case dial(PeerNumber, PublicKey)
    /// When they have gone, ``StreamPeers/wrote(_:to:at:)``.
    case write(PeerNumber, ArraySlice<UInt8>)
    /// Whether bytes of the stream are to be read, or left where they are. At first they are read.
    case setReading(PeerNumber, Bool)
    /// Behind what was written this direction of the stream ends.
    case end(PeerNumber)
    /// The stream is to be closed, or not to be made: at once, or when all that was written has gone. The last action
    /// of each number that had a stream or was dialled, also where its stream is gone already.
    case close(PeerNumber, afterWrites: Bool)
}
