import Testing

@testable import HyperDHT

/// A node that others are announced at, and that is sent whatever they like.
struct RelayingNode {
    static let address = IPv4Address(host: 0xC633_6401, port: 49_737)

    var node: DHTNode
    var now: Int64 = 0

    init() throws {
        var configuration = DHTConfiguration()
        (configuration.isEphemeral, configuration.publicAddress) = (false, Self.address)
        node = DHTNode(configuration, at: 0)
    }

    /// What the node sends because of it.
    mutating func receive(_ request: DHTRequest, from: IPv4Address) -> [DHTOutgoing] {
        node.received(request.bytes[...], from: from, at: now)
        var outgoing: [DHTOutgoing] = []
        node.poll(at: now, into: &outgoing)
        // Not the pings of newcomers.
        return outgoing.filter { datagram in
            guard case .request(let request)? = try? DHTDatagram(datagram.bytes[...]) else { return true }
            return request.command != .internal(.ping)
        }
    }

    /// Whether the announcement is answered.
    @discardableResult
    mutating func announce(_ identity: KeyPair, from: IPv4Address, signed: Bool = true) throws -> Bool {
        let target = identity.publicKey.target
        let search = DHTRequest(tid: 1, to: Self.address, command: .external(.findPeer), target: target)
        let answer = try #require(receive(search, from: from).first)
        guard case .response(let said) = try DHTDatagram(answer.bytes[...]) else { return false }
        let (token, id) = (try #require(said.token), try #require(said.id))
        let place = Announcement.Place(target: target, nodeID: signed ? id : .zero, token: token)
        let announcement = DHTRequest(
            tid: 2, to: Self.address, command: .external(.announce), token: token, target: target,
            value: Announcement(.announce, by: identity, at: place).bytes)
        return !receive(announcement, from: from).isEmpty
    }

    mutating func handshake(
        _ server: KeyPair, _ mode: RelayMode, naming peer: IPv4Address?, from: IPv4Address, tid: UInt16 = 5
    ) -> [DHTOutgoing] {
        let message = HandshakeMessage(mode: mode, noise: [1], peerAddress: peer)
        let request = DHTRequest(
            tid: tid, to: Self.address, command: .external(.peerHandshake), target: server.publicKey.target,
            value: message.bytes)
        return receive(request, from: from)
    }
}
