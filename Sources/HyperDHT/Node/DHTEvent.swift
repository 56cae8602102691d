/// A peer that was found and is who it should be. What is left is to open a stream to it.
package struct DHTConnection: Sendable {
    package let session: NoiseSession
    /// Where to send the packets of the stream.
    package let remoteAddress: IPv4Address
    /// Ours: the peer writes it into its packets.
    package let streamID: UInt32
    package let remoteStreamID: UInt32

    /// How many packets go to a peer that has called before anything has come from where it says it is: two repeats.
    static let unheardPackets = 3
    /// Each has the head of the secret stream and an empty message; the last one may be the word that this was all.
    static let unheardBytes = unheardPackets * 100
}

/// Why a peer could not be reached.
package enum ConnectFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case badKey
    case tooMany
    /// No node knows of it.
    case notFound
    /// It is known, and does not answer: it is gone, or does not let us in.
    case noAnswer
    /// It answers that it cannot.
    case failed(NoisePayload.Failure)
    /// It lets no stream of our kind begin.
    case noStream
    /// It answers, and no packet finds the way between us.
    case unreachable
    /// It is behind a NAT, and no hole through that one and ours could be made.
    case noHole

    package var description: String {
        switch self {
        case .badKey: "its key is none"
        case .tooMany: "too many connections are being made"
        case .notFound: "no node knows of it"
        case .noAnswer: "it is announced and does not answer"
        case .failed(let failure): "it answers \(failure)"
        case .noStream: "it offers no stream"
        case .unreachable: "no packet finds the way to it"
        case .noHole: "it is behind a NAT, and no hole could be made between that and ours"
        }
    }
}

/// What has happened at a node.
package enum DHTEvent: Sendable {
    /// The network is known as far as it lets itself be known, or there is none yet.
    case ready
    /// Others see us here. Comes again when it changes.
    case publicAddress(IPv4Address)
    case queryReply(query: Int, DHTReply)
    /// With the nearest nodes.
    case queryFinished(query: Int, closest: [DHTReply])
    /// So many nodes pass on handshakes for this server now.
    case announced(server: PublicKey, nodes: [IPv4Address])
    /// No node does; it is tried again in a while.
    case announceFailed(server: PublicKey)
    /// Handshakes for it are not answered any more, and nodes have been told, as far as they could be.
    case unannounced(server: PublicKey)
    /// Somebody calls as `caller` and is not let in.
    case refused(server: PublicKey, caller: PublicKey, address: IPv4Address)
    /// Somebody who is let in has come.
    case accepted(server: PublicKey, DHTConnection)
    /// Of one who has been accepted. Another node says that he is there: as long as he has not been heard, packets
    /// are to go there too.
    case alsoCalledFrom(streamID: UInt32, IPv4Address)
    case connected(connect: Int, DHTConnection)
    /// Of a connection that has begun. Somebody says that the peer is there: as long as it has not been heard, packets
    /// are to go there too.
    case alsoSaidAt(connect: Int, IPv4Address)
    case connectFailed(connect: Int, ConnectFailure)
}

/// A datagram to be sent.
package struct DHTOutgoing: Equatable, Sendable {
    package var to: IPv4Address
    package var bytes: [UInt8]
    /// How many routers may pass it on; `nil` for as many as usual.
    package var timeToLive: UInt8? = nil
}

/// What a node has seen.
package struct DHTCounters: Equatable, Sendable {
    package var datagramsReceived = 0
    package var datagramsSent = 0
    package var requestsAnswered = 0
    package var messagesRelayed = 0
    package var handshakesAnswered = 0
    /// Of those that came again.
    package var handshakesRepeated = 0
    package var handshakesRefused = 0
    /// Single bytes that open NATs.
    package var punchesReceived = 0
    package var punchesSent = 0
    /// By reason.
    package var dropped: [DHTDrop: Int] = [:]

    package init() {}

    mutating func drop(_ reason: DHTDrop) { dropped[reason, default: 0] += 1 }
}

/// Why a datagram was left aside.
package enum DHTDrop: String, Sendable, CaseIterable {
    case malformed
    /// Nobody asked, or somebody else was asked.
    case unexpectedResponse = "unexpected_response"
    /// Its host has had enough.
    case rateLimited = "rate_limited"
    case badToken = "bad_token"
    case notAuthentic = "not_authentic"
    /// There is no room for what it wants to be kept.
    case full
    /// A handshake that nobody here can answer, or too many of them.
    case handshake
    /// A message to be passed on to whom it is not for.
    case relaying
    /// A message about a hole that nobody here makes, or one too many.
    case holepunch
    /// A punch that nobody here waits for, or one too many.
    case punch
}
