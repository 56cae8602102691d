import TestSupport
import Testing

@testable import HyperDHT

/// In the place of a node that was recorded, ours says the same bytes.
struct RecordedNodeTests {
    private struct Packet {
        var from: IPv4Address
        var to: IPv4Address
        var bytes: [UInt8]
        var datagram: DHTDatagram

        /// `nil` of what is no datagram of the DHT.
        init?(_ entry: Vector) throws {
            (from, to) = (try Self.address(entry["fromPort"]), try Self.address(entry["toPort"]))
            bytes = try entry["hex"].bytes
            guard DHTDatagram.matches(bytes[...]) else { return nil }
            datagram = try DHTDatagram(bytes[...])
        }

        private static func address(_ port: Vector) throws -> IPv4Address {
            IPv4Address(host: 0x7F00_0001, port: UInt16(try port.number))
        }

        /// The number of a message that is passed on.
        var relayedNumber: UInt16? {
            switch datagram {
            case .request(let request):
                [.external(.peerHandshake), .external(.peerHolepunch)].contains(request.command) ? request.tid : nil
            case .response: nil
            }
        }
    }

    private static func traces() throws -> [[Packet]] {
        let vectors = try Vectors.load()
        let traces = [vectors["sessionTrace"]] + vectors["holepunchTraces"].list
        return try traces.map { try $0["packets"].list.compactMap { try Packet($0) } }
    }

    @Test(.needsConformanceCases) func recordedRelays_SayTheSame() throws {
        var count = 0
        for packets in try Self.traces() {
            let relays = Set(packets.filter { $0.relayedNumber != nil }.map(\.to))
            for relay in relays { count += try Self.replay(packets, as: relay) }
        }
        #expect(count >= 20, "\(count)")
    }

    /// How many messages were passed on.
    private static func replay(_ packets: [Packet], as relay: IPv4Address) throws -> Int {
        var configuration = DHTConfiguration()
        (configuration.isEphemeral, configuration.publicAddress) = (false, relay)
        var node = DHTNode(configuration, at: 0, numbers: Randomness(SeededNumbers(seed: 1)))
        var (said, recorded, passed): ([[UInt8]], [[UInt8]], Set<UInt16>) = ([], [], [])
        for packet in packets {
            if packet.to == relay, packet.relayedNumber != nil {
                node.received(packet.bytes[...], from: packet.from, at: 1)
            } else if packet.to == relay, case .request(let request) = packet.datagram,
                request.command == .external(.announce), let target = request.target
            {
                // Its token was made with a secret that we do not know.
                let peer = try #require(try Announcement(bytes: request.value ?? []).peer)
                #expect(node.store.announce(peer, under: target, from: packet.from, at: 1) == true)
            } else if packet.from == relay {
                if let number = packet.relayedNumber { passed.insert(number) }
                if passed.contains(packet.datagram.number) { recorded.append(packet.bytes) }
            }
            var outgoing: [DHTOutgoing] = []
            node.poll(at: 1, into: &outgoing)
            said += outgoing.map(\.bytes)
        }
        // Who is called in the trace is no relay.
        guard node.store.forwardsCount > 0 else { return 0 }
        #expect(said == recorded, "\(relay)")
        return said.count
    }

    @Test(.needsConformanceCases) func recordedCall_IsAnsweredOnceAndAlike() throws {
        let session = try #require(try Vectors.load()["sessionTrace"]["sessions"].list.first)
        let identity = try session["responderStaticSeed"].keyPair
        let caller = try session["initiatorStaticSeed"].keyPair.publicKey
        let message = try session["message1"].bytes
        var node = DHTNode(DHTConfiguration(), at: 0)
        let listens = [caller, identity.publicKey].map { key in node.listen(identity, at: 0) { $0 == key } }
        #expect(listens == [true, false])
        var answers: [HandshakeMessage] = []
        for packet in try Self.traces()[0] {
            guard case .request(let request) = packet.datagram, request.target == identity.publicKey.target,
                let value = request.value, request.command == .external(.peerHandshake),
                try HandshakeMessage(bytes: value).mode == .fromRelay
            else { continue }
            node.received(packet.bytes[...], from: packet.from, at: 1)
            var outgoing: [DHTOutgoing] = []
            node.poll(at: 1, into: &outgoing)
            for datagram in outgoing where datagram.to == packet.from {
                guard case .request(let answer) = try DHTDatagram(datagram.bytes[...]), let value = answer.value,
                    answer.tid == request.tid, answer.command == .external(.peerHandshake)
                else { continue }
                answers.append(try HandshakeMessage(bytes: value))
            }
        }
        let first = try #require(answers.first)
        #expect(answers == [first, first] && first.mode == .fromServer && node.counters.handshakesAnswered == 1)
        let initiator = try NoiseInitiator(
            identity: try session["initiatorStaticSeed"].keyPair, remote: identity.publicKey,
            payload: try session["payload1"].bytes, ephemeral: try session["initiatorEphemeralSeed"].keyPair)
        #expect(initiator.message == message)
        let answer = try initiator.finish(first.noise[...])
        let stream = try #require(try NoisePayload(bytes: answer.payload).stream)
        // The caller shows by its first packet where it is.
        #expect(Self.next(&node)?.connection == nil)
        var bytes: [UInt8] = []
        UDXPacket(.data, streamID: stream.id, window: 0, sequence: 0, next: 0, payload: [1]).write(to: &bytes)
        let from = try #require(IPv4Address("127.0.0.1:4000"))
        node.received(bytes[...], from: from, at: 2)
        let connection = try #require(Self.next(&node)?.connection)
        let theirs = try #require(try NoisePayload(bytes: try session["payload1"].bytes).stream)
        #expect(connection.remoteAddress == from && connection.streamID == stream.id)
        #expect(connection.remoteStreamID == theirs.id && connection.session.remote == caller)
    }

    /// The next event that is about somebody else.
    private static func next(_ node: inout DHTNode) -> DHTEvent? {
        while let event = node.nextEvent() {
            if event.connection != nil { return event }
        }
        return nil
    }
}

extension DHTDatagram {
    fileprivate var number: UInt16 {
        switch self {
        case .request(let request): request.tid
        case .response(let response): response.tid
        }
    }
}
