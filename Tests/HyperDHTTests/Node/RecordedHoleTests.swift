import TestSupport
import Testing

@testable import HyperDHT

/// In the place of either peer of a recorded hole, ours says the same in the same order.
struct RecordedHoleTests {
    /// What happens to a hole, as its packets show.
    private enum Step: Equatable, CustomStringConvertible {
        case punch(to: IPv4Address, timeToLive: UInt8)
        case message(mode: RelayMode, to: IPv4Address, peer: IPv4Address?, Said)

        var description: String {
            switch self {
            case .punch(let to, let timeToLive): "punch to \(to) with \(timeToLive)"
            case .message(let mode, let to, let peer, let said):
                "\(mode) to \(to) for \(peer.map(String.init(describing:)) ?? "-"): \(said)"
            }
        }
    }

    /// Of a payload, what does not depend on secrets. Whoever knows its NAT from the first says so earlier.
    private struct Said: Equatable {
        var flags: UInt64
        var failure: NoisePayload.Failure
        var round: UInt64
        var addresses: [IPv4Address]?
        var remoteAddress: IPv4Address?
        var remoteToken: Bytes32?

        init(_ payload: HolepunchPayload) throws {
            flags = try UInt64(#require(payload.bytes.first))
            (failure, round) = (payload.failure, payload.round)
            (addresses, remoteAddress, remoteToken) = (payload.addresses, payload.remoteAddress, payload.remoteToken)
        }
    }

    private struct Packet {
        var from: IPv4Address
        var to: IPv4Address
        var timeToLive: UInt8
        var bytes: [UInt8]

        init(_ entry: Vector) throws {
            let (from, to) = (try entry["fromPort"].number, try entry["toPort"].number)
            self.from = IPv4Address(host: 0x7F00_0001, port: UInt16(from))
            self.to = IPv4Address(host: 0x7F00_0001, port: UInt16(to))
            (timeToLive, bytes) = (UInt8(try entry["ttl"].number), try entry["hex"].bytes)
        }

        init(_ outgoing: DHTOutgoing, from: IPv4Address) {
            (self.from, to, bytes, timeToLive) = (from, outgoing.to, outgoing.bytes, outgoing.timeToLive ?? 64)
        }

        func holepunch() throws -> (tid: UInt16, message: HolepunchMessage)? {
            switch try? DHTDatagram(bytes[...]) {
            case .request(let request) where request.command == .external(.peerHolepunch):
                try (request.tid, HolepunchMessage(bytes: #require(request.value)))
            case .response(let response):
                // Those of handshakes are too short or say another mode in this place.
                response.value.flatMap { try? HolepunchMessage(bytes: $0) }.map { (response.tid, $0) }
            default: nil
            }
        }

        func step(_ key: Secret) throws -> Step? {
            if Punch.matches(bytes[...]) { return .punch(to: to, timeToLive: timeToLive) }
            guard let (_, message) = try holepunch(),
                let payload = try HolepunchPayload.open(message.sealed[...], under: key)
            else { return nil }
            return .message(mode: message.mode, to: to, peer: message.peerAddress, try Said(payload))
        }
    }

    private struct Trace {
        let packets: [Packet]
        let handshake: SeededHandshake
        let payload1: NoisePayload
        let payload2: NoisePayload
        /// The sockets from which each side punches.
        let client: IPv4Address
        let server: IPv4Address

        init(_ entry: Vector) throws {
            packets = try entry["packets"].list.map { try Packet($0) }
            handshake = try SeededHandshake(entry["session"])
            payload1 = try NoisePayload(bytes: entry["session"]["payload1"].bytes)
            payload2 = try NoisePayload(bytes: entry["session"]["payload2"].bytes)
            let asked = try packets.first { try $0.holepunch()?.message.mode == .fromClient && $0.bytes[0] == 3 }
            let answered = try packets.first { try $0.holepunch()?.message.mode == .fromServer && $0.bytes[0] == 3 }
            (client, server) = (try #require(asked).from, try #require(answered).from)
        }

        var key: Secret { handshake.initiatorSession.holepunchKey }
        var target: Bytes32 { handshake.initiatorSession.remote.target }

        func node(at address: IPv4Address) -> DHTNode {
            var configuration = DHTConfiguration()
            configuration.publicAddress = address
            return DHTNode(configuration, at: 0, numbers: Randomness(SeededNumbers(seed: 1)))
        }

        /// Those that are about the hole.
        func packets(to sockets: [IPv4Address]) throws -> [Packet] {
            try packets.filter { packet in try sockets.contains(packet.to) && packet.step(key) != nil }
        }

        /// What the recorded peer said about the hole.
        func steps(of peer: IPv4Address) throws -> [Step] {
            try packets.filter { $0.from == peer }.compactMap { try $0.step(key) }
        }
    }

    private static func traces() throws -> [Trace] {
        try Vectors.list("holepunchTraces").map { try Trace($0) }
    }

    @Test(.needsConformanceCases) func recordedServers_SayTheSame() throws {
        for trace in try Self.traces() {
            var node = trace.node(at: trace.server)
            let identity = try trace.handshake.entry["responderStaticSeed"].keyPair
            node.listen(identity, at: 0) { _ in true }
            let relays = try #require(trace.payload2.holepunch).relays
            for way in relays {
                node.servers[trace.target]?.nodes.append(way.relay)
                node.servers[trace.target]?.seenAs[way.relay] = way.peer
            }
            let stream = try #require(trace.payload2.stream)
            let id = try #require(trace.payload2.holepunch).id
            // A packet that is sent to the server's older socket would open its NAT there.
            let hole = VisitorsHole(
                id: id, key: trace.handshake.responderSession.holepunchKey, secret: .zero, hosts: [trace.client.host])
            let visitor = Visitor(
                server: identity.publicKey, session: trace.handshake.responderSession,
                remoteStreamID: try #require(trace.payload1.stream).id,
                origin: .init(host: trace.client.host, isKnown: true), hole: hole, at: 0)
            node.visitors.add(visitor, as: stream.id)
            node.visitorsByHole[id] = stream.id
            let isExpected = node.expectedPunches.add(.visitor(stream.id), from: trace.client.host)
            #expect(isExpected)
            var said: [Step] = []
            let sockets = [trace.server, try #require(relays.first).peer]
            for packet in try trace.packets(to: sockets) {
                node.received(packet.bytes[...], from: packet.from, at: 1)
                said += try Self.said(by: &node, at: 1, as: trace.server, trace.key)
            }
            #expect(said == (try trace.steps(of: trace.server)))
        }
    }

    @Test(.needsConformanceCases) func recordedCallers_SayTheSame() throws {
        for trace in try Self.traces() {
            var node = trace.node(at: trace.client)
            let offer = try #require(trace.payload2.holepunch)
            let relay = offer.relays[0].relay
            let recorded = try trace.steps(of: trace.client)
            // In one of the traces the first punch is left out on purpose.
            let isFast = if case .punch(_, Punch.openingTimeToLive) = recorded.first { true } else { false }
            node.connects[1] = Connect(
                target: trace.target, initiator: trace.handshake.initiator,
                streamID: try #require(trace.payload1.stream).id, giveUpAt: .max, untried: [])
            let handshake = HandshakeMessage(mode: .reply, noise: trace.handshake.answer, peerAddress: trace.server)
            let isAnswered = node.isAnswered(
                DHTReply(DHTResponse(tid: 0, to: trace.client, value: handshake.bytes), from: relay), forConnect: 1,
                at: 1)
            #expect(isAnswered)
            var said: [Step] = []
            // Our numbers of questions are others.
            var number: UInt16 = 0
            var now: Int64 = 1
            func poll() throws {
                var outgoing: [DHTOutgoing] = []
                node.poll(at: now, into: &outgoing)
                for packet in outgoing.map({ Packet($0, from: trace.client) }) {
                    guard let step = try packet.step(trace.key) else { continue }
                    if let tid = try packet.holepunch()?.tid { number = tid }
                    said.append(step)
                }
            }
            try poll()
            for packet in try trace.packets(to: [trace.client]) {
                var bytes = packet.bytes
                if bytes[0] == DHTDatagram.responseByte {
                    bytes.replaceSubrange(2..<4, with: [UInt8(number & 0xFF), UInt8(number >> 8)])
                }
                node.received(bytes[...], from: packet.from, at: now)
                try poll()
                // The server's first punch is waited for.
                if node.connects[1]?.hole?.step == .listening(until: now + Punch.patience) {
                    now += Punch.patience
                    try poll()
                }
            }
            var expected = recorded
            if !isFast, case .message(let mode, let to, let peer, var said)? = recorded.first {
                (said.flags, said.remoteAddress) = (8, trace.server)
                expected[0] = .message(mode: mode, to: to, peer: peer, said)
                expected.insert(.punch(to: trace.server, timeToLive: Punch.openingTimeToLive), at: 0)
            }
            #expect(said == expected)
            while let event = node.nextEvent() {
                guard let connection = event.connection else { continue }
                #expect(connection.remoteAddress == trace.server)
                #expect(connection.remoteStreamID == trace.payload2.stream?.id)
                now = .max
            }
            #expect(now == .max, "it has not come through")
        }
    }

    private static func said(
        by node: inout DHTNode, at now: Int64, as address: IPv4Address, _ key: Secret
    ) throws -> [Step] {
        var outgoing: [DHTOutgoing] = []
        node.poll(at: now, into: &outgoing)
        return try outgoing.compactMap { try Packet($0, from: address).step(key) }
    }
}
