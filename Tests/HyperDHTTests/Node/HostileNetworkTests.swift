import TestSupport
import Testing

@testable import HyperDHT

/// What others may send to make a node fall, grow, or work against third parties.
struct HostileNetworkTests {
    private static let seconds = SimulatedNetwork.seconds
    private static let stranger = IPv4Address(host: 0x0808_0808, port: 1_234)

    private static func address(_ number: Int) -> IPv4Address {
        IPv4Address(host: 0x5500_0000 &+ UInt32(truncatingIfNeeded: number), port: 5_000)
    }

    /// One of each kind of datagram, as the members of a network would send it.
    private static func samples(_ server: KeyPair, for node: DHTNode) throws -> [[UInt8]] {
        let (to, target) = (IPv4Address(host: 0x2D01_0000, port: 49_737), server.publicKey.target)
        let message = try NoiseInitiator(
            identity: .random(), remote: server.publicKey, payload: node.payload(7).bytes
        ).message
        let place = Announcement.Place(target: target, nodeID: .zero, token: .zero)
        let values: [[UInt8]] =
            [
                HandshakeMessage(mode: .fromClient, noise: message).bytes,
                HandshakeMessage(mode: .fromRelay, noise: message, peerAddress: stranger).bytes,
                HandshakeMessage(mode: .fromSecondRelay, noise: message, peerAddress: stranger, relayAddress: to).bytes,
                HandshakeMessage(mode: .fromServer, noise: message, peerAddress: stranger).bytes,
                HolepunchMessage(mode: .fromClient, id: 1, sealed: message, peerAddress: stranger).bytes,
                Announcement(.announce, by: server, at: place).bytes, [0, 1], [0, 0, 0, 1], to.bytes,
            ]
        var samples: [[UInt8]] = []
        for number in UInt64(0)...11 {
            for isInternal in [true, false] {
                for value in values {
                    let command = DHTCommand(number: number, isInternal: isInternal)
                    samples.append(
                        DHTRequest(
                            tid: UInt16(number), to: to, command: command, id: target, token: .zero, target: target,
                            value: value
                        ).bytes)
                }
            }
        }
        samples.append(DHTResponse(tid: 5, to: to, id: target, token: target, closerNodes: [to, stranger]).bytes)
        samples.append([0xFF, 1] + [UInt8](repeating: 0, count: 40))
        return samples
    }

    @Test func damagedDatagrams_NeitherTrapNorFill() throws {
        var network = SimulatedNetwork.testnet(4, seed: 1)
        let (identity, server) = (KeyPair.random(), network.add())
        network.announce(identity, at: server)
        for index in [0, 2, server] {
            let node = network.members[index].node
            var damage = Damage(seed: UInt64(index), of: try Self.samples(identity, for: node))
            let (size, received) = (node.size, node.counters.datagramsReceived)
            for number in 0..<10_000 {
                _ = network.inject(damage.next(), from: Self.address(number % 500), to: index)
            }
            let after = network.members[index].node
            #expect(after.counters.datagramsReceived > received + 5_000)
            #expect(after.size < size + 4_000)
            #expect(after.counters.dropped[.malformed, default: 0] > 1_000)
        }
        // What is left of it goes with time.
        network.run(for: 60 * Self.seconds)
        let client = network.add()
        network.connect(client, to: identity)
        network.expect(within: 20) { $0.isThrough(client, server) }
    }

    @Test func host_GetsLittleMoreThanItSends() throws {
        var network = SimulatedNetwork.testnet(25, seed: 2)
        let bounds = network.members[0].node.configuration.excessBytesPerHost
        let (start, target) = (network.now, Bytes32(filling: [UInt8](repeating: 9, count: 32)))
        var (sent, received) = (0, 0)
        for number in 0..<20_000 {
            let commands: [DHTCommand] = [.internal(.findNode), .external(.lookup), .external(.findPeer)]
            let request = DHTRequest(
                tid: UInt16(truncatingIfNeeded: number), to: network.members[0].address,
                command: commands[number % 3], target: target)
            sent += request.bytes.count
            var from = Self.stranger
            from.port = UInt16(1 + number % 60_000)
            received += network.inject(request.bytes, from: from, to: 0).filter { $0.to.host == from.host }
                .reduce(0) { $0 + $1.bytes.count }
        }
        #expect(network.now == start)
        #expect(received > sent / 100 && Double(received) <= Double(sent) + bounds.burst)
        #expect(network.members[0].node.counters.dropped[.rateLimited, default: 0] > 10_000)
        // Others are answered as before.
        let ping = DHTRequest(tid: 1, to: network.members[0].address, command: .internal(.ping))
        let other = Self.address(1)
        #expect(network.inject(ping.bytes, from: other, to: 0).contains { $0.to == other })
    }

    @Test func newHandshakes_AreBounded() throws {
        var network = SimulatedNetwork.testnet(3, seed: 3)
        let (identity, server) = (KeyPair.random(), network.add())
        network.announce(identity, at: server)
        func call(from: IPv4Address, _ network: inout SimulatedNetwork) throws -> Int {
            let payload = network.members[server].node.payload(7).bytes
            let message = try NoiseInitiator(identity: .random(), remote: identity.publicKey, payload: payload).message
            let request = DHTRequest(
                tid: 1, to: network.members[server].address, command: .external(.peerHandshake),
                target: identity.publicKey.target,
                value: HandshakeMessage(mode: .fromClient, noise: message).bytes)
            return network.inject(request.bytes, from: from, to: server).count { $0.to == from }
        }
        var answers = 0
        for _ in 0..<200 { answers += try call(from: Self.stranger, &network) }
        #expect(answers == 150)
        // Another host has its own share.
        #expect(try call(from: Self.address(1), &network) == 1)
        network.run(for: Self.seconds)
        #expect(try call(from: Self.stranger, &network) == 1)
    }

    /// From all ports of a host, in the name of the caller's host too.
    @Test func strangersThatSayTheyRelay_TakeNothingFromTrueRelays() throws {
        var network = SimulatedNetwork.testnet(3, seed: 7)
        let (identity, server, client) = (KeyPair.random(), network.add(), network.add())
        network.announce(identity, at: server)
        for number in 0..<5_000 {
            let named = number % 2 == 0 ? network.members[client].address : Self.address(number)
            let message = HandshakeMessage(
                mode: .fromRelay, noise: [UInt8](repeating: 9, count: NoiseResponder.messageBytesMin),
                peerAddress: named)
            let request = DHTRequest(
                tid: 1, to: network.members[server].address, command: .external(.peerHandshake),
                target: identity.publicKey.target, value: message.bytes)
            let from = IPv4Address(host: Self.stranger.host, port: UInt16(1_000 + number))
            _ = network.inject(request.bytes, from: from, to: server)
        }
        let node = network.members[server].node
        #expect(node.counters.dropped[.handshake] == 5_000 && node.handshakesOfStrangers.count == 1)
        #expect(node.handshakesOfHosts.count == 0)
        network.connect(client, to: identity)
        network.expect(within: 2) { $0.isThrough(client, server) }
    }

    /// From two hosts as many as they may send at once, which is more than there is room for.
    @Test func handshakesThatNobodyFollows_ShutNobodyOut() throws {
        var network = SimulatedNetwork.testnet(3, seed: 8)
        let (identity, server, client) = (KeyPair.random(), network.add(), network.add())
        network.announce(identity, at: server)
        let payload = network.members[client].node.payload(7).bytes
        for number in 0..<600 {
            let noise = try NoiseInitiator(identity: .random(), remote: identity.publicKey, payload: payload).message
            let message = HandshakeMessage(mode: .fromRelay, noise: noise, peerAddress: Self.address(number))
            let request = DHTRequest(
                tid: 1, to: network.members[server].address, command: .external(.peerHandshake),
                target: identity.publicKey.target, value: message.bytes)
            let from = IPv4Address(host: Self.stranger.host + UInt32(number % 2), port: 1_000)
            _ = network.inject(request.bytes, from: from, to: server)
        }
        #expect(network.members[server].node.visitors.count == 512)
        #expect(network.members[server].node.counters.dropped[.full] == 88)
        network.connect(client, to: identity)
        network.expect(within: 2) { $0.isThrough(client, server) }
        network.run(for: DHTWire.handshakeLifetime)
        #expect(network.members[server].node.visitors.isEmpty)
    }

    /// From ports where nobody answers.
    @Test(arguments: [(1, 1), (2, 2), (100, 32)]) func newcomersOfAHost_AreLookedAtOneByOne(hosts: Int, asked: Int) {
        var network = SimulatedNetwork.testnet(3, seed: 9)
        var pings = 0
        for number in 0..<1_000 {
            let from = IPv4Address(host: Self.stranger.host + UInt32(number % hosts), port: UInt16(1_000 + number))
            let request = DHTRequest(
                tid: 1, to: network.members[0].address, command: .internal(.ping), id: NodeID.of(from))
            pings += network.inject(request.bytes, from: from, to: 0).count { $0.to.host == from.host } - 1
        }
        #expect(pings == min(asked, 26))
        #expect(network.members[0].node.pending.count == asked)
    }

    @Test func signaturesOfAHost_AreBounded() throws {
        var relaying = try RelayingNode()
        for _ in 0..<300 {
            #expect(try !relaying.announce(.random(), from: Self.stranger, signed: false))
        }
        #expect(try !relaying.announce(.random(), from: Self.stranger))
        #expect(relaying.node.counters.dropped[.notAuthentic] == 300)
        #expect(relaying.node.counters.dropped[.rateLimited] == 1)
        #expect(try relaying.announce(.random(), from: Self.address(1)))
        relaying.now += Self.seconds
        #expect(try relaying.announce(.random(), from: Self.stranger))
    }

    @Test func forgedAnswer_GoesNowhere() throws {
        var network = SimulatedNetwork.testnet(3, seed: 4)
        let target = Bytes32(filling: [1])
        for mode in [RelayMode.fromServer, .fromRelay, .fromSecondRelay, .reply] {
            let value = HandshakeMessage(
                mode: mode, noise: [1, 2, 3], peerAddress: Self.stranger, relayAddress: Self.stranger)
            let handshake = DHTRequest(
                tid: 9, to: network.members[0].address, command: .external(.peerHandshake), target: target,
                value: value.bytes)
            #expect(network.inject(handshake.bytes, from: Self.address(1), to: 0).isEmpty)
        }
        for mode in [RelayMode.fromClient, .fromServer] {
            let value = HolepunchMessage(mode: mode, id: 1, sealed: [1, 2, 3], peerAddress: Self.stranger)
            let punch = DHTRequest(
                tid: 9, to: network.members[0].address, command: .external(.peerHolepunch), target: target,
                value: value.bytes)
            #expect(network.inject(punch.bytes, from: Self.address(1), to: 0).isEmpty)
        }
        #expect(network.members[0].node.counters.dropped[.relaying, default: 0] == 6)
    }

    /// Whoever is announced at a node can make it ask, and answer, only those that have asked or were asked.
    @Test(arguments: ["8.8.8.8:53", "10.0.0.5:8125", "127.0.0.1:9125", "255.255.255.255:9"])
    func serverOfItsOwn_CannotAimAtOthers(victim: String) throws {
        var relaying = try RelayingNode()
        let (victim, bad, identity) = (try #require(IPv4Address(victim)), Self.address(7), KeyPair.random())
        try relaying.announce(identity, from: bad)
        var sent = relaying.handshake(identity, .fromRelay, naming: victim, from: bad)
        for _ in 0..<100 { sent += relaying.handshake(identity, .fromServer, naming: victim, from: bad) }
        #expect(!sent.contains { $0.to.host == victim.host })
    }

    @Test func answersToOneQuestion_AreTwoAndOfWhoWasAsked() throws {
        var relaying = try RelayingNode()
        let (client, server, identity) = (Self.stranger, Self.address(7), KeyPair.random())
        try relaying.announce(identity, from: server)
        #expect(relaying.handshake(identity, .fromClient, naming: nil, from: client).map(\.to) == [server])
        let answers = [Self.address(8), server, server, server].map {
            relaying.handshake(identity, .fromServer, naming: client, from: $0).map(\.to)
        }
        #expect(answers == [[], [client], [client], []])
        // Who asks again may be answered again.
        _ = relaying.handshake(identity, .fromClient, naming: nil, from: client)
        #expect(relaying.handshake(identity, .fromServer, naming: client, from: server).map(\.to) == [client])
    }

    @Test func hostThatHasMuchPassedOn_LeavesOthersTheirShare() throws {
        var relaying = try RelayingNode()
        let (server, identity) = (Self.address(7), KeyPair.random())
        try relaying.announce(identity, from: server)
        let passed = (0..<5_000).count {
            let tid = UInt16(truncatingIfNeeded: $0)
            return !relaying.handshake(identity, .fromClient, naming: nil, from: Self.stranger, tid: tid).isEmpty
        }
        #expect(passed == 512 && relaying.node.relayed.count == 512)
        // So many others come that the oldest has to go.
        for number in 100..<5_000 {
            let answers = relaying.handshake(identity, .fromClient, naming: nil, from: Self.address(number))
            #expect(answers.map(\.to) == [server])
        }
        #expect(relaying.node.relayed.count == 4_096)
        relaying.now += DHTWire.handshakeLifetime
        #expect(relaying.handshake(identity, .fromClient, naming: nil, from: Self.stranger).map(\.to) == [server])
        #expect(relaying.node.relayed.count == 1)
    }

    @Test func announcement_NeedsATokenAndASignature() throws {
        var network = SimulatedNetwork.testnet(2, seed: 5)
        let (identity, other) = (KeyPair.random(), KeyPair.random())
        let (target, from) = (identity.publicKey.target, Self.address(1))
        let id = try #require(network.members[0].node.ownID)
        func ask(_ command: DHTCommand.External, _ token: Bytes32?, _ value: [UInt8]?) throws -> DHTResponse? {
            let request = DHTRequest(
                tid: 1, to: network.members[0].address, command: .external(command), token: token, target: target,
                value: value)
            let answer = network.inject(request.bytes, from: from, to: 0).first { $0.to == from }
            guard let answer, case .response(let response) = try DHTDatagram(answer.bytes[...]) else { return nil }
            return response
        }
        func isStored() -> Bool { network.members[0].node.store.forward(to: target, at: network.now) != nil }
        let token = try #require(try ask(.findPeer, nil, nil)?.token)
        func said(_ kind: Announcement.Kind = .announce, by signer: KeyPair, _ place: Bytes32? = nil) -> [UInt8] {
            let place = Announcement.Place(target: target, nodeID: place ?? id, token: token)
            var announcement = Announcement(kind, by: signer, at: place)
            announcement.peer = PeerRecord(publicKey: identity.publicKey)
            return announcement.bytes
        }
        let refused = try #require(try ask(.announce, .zero, said(by: identity)))
        #expect(refused.error == DHTResponse.Failure.invalidToken && refused.token == token)
        #expect(try ask(.announce, nil, said(by: identity))?.error == DHTResponse.Failure.invalidToken)
        for value in [said(by: other), said(by: identity, .zero), said(.unannounce, by: identity), [], [0]] {
            #expect(try ask(.announce, token, value) == nil)
        }
        #expect(!isStored())
        #expect(try ask(.announce, token, said(by: identity))?.error == 0)
        #expect(isStored())
        #expect(try ask(.unannounce, token, said(by: identity)) == nil)
        #expect(isStored())
        #expect(try ask(.unannounce, token, said(.unannounce, by: identity))?.error == 0)
        #expect(!isStored())
        // It does not last for ever either.
        #expect(try ask(.announce, token, said(by: identity))?.error == 0)
        network.run(for: DHTWire.announcementLifetime)
        #expect(!isStored())
        #expect(try ask(.announce, token, said(by: identity))?.error == DHTResponse.Failure.invalidToken)
    }

    @Test func ephemeralNode_StoresNothing() throws {
        var network = SimulatedNetwork.testnet(3, seed: 6)
        let index = network.add()
        network.run(for: Self.seconds)
        for command in [DHTCommand.External.findPeer, .lookup, .announce, .unannounce, .mutablePut, .immutableGet] {
            let request = DHTRequest(
                tid: 1, to: network.members[index].address, command: .external(command), target: .zero)
            let answers = network.inject(request.bytes, from: Self.stranger, to: index)
            guard case .response(let response)? = try answers.first.map({ try DHTDatagram($0.bytes[...]) }) else {
                Issue.record("\(command) has no answer")
                continue
            }
            #expect(response.error == DHTResponse.Failure.unknownCommand && response.id == nil)
            #expect(response.token == nil && response.closerNodes.count == 3)
        }
    }

    @Test func addressesOfOtherNetworks_AreNotBelieved() throws {
        let (outside, inside) = (try #require(IPv4Address("8.8.8.8:1")), try #require(IPv4Address("10.0.0.1:1")))
        let loopback = try #require(IPv4Address("127.0.0.1:1"))
        for (address, teller, isPlausible) in [
            (outside, outside, true), (inside, outside, false), (loopback, outside, false), (loopback, inside, false),
            (outside, inside, true), (inside, inside, true), (inside, loopback, true), (loopback, loopback, true),
        ] { #expect(address.isPlausible(from: teller) == isPlausible) }
        for text in ["0.0.0.0:1", "8.8.8.8:0", "224.0.0.1:5", "255.255.255.255:9"] {
            #expect(try #require(IPv4Address(text)).scope == nil)
        }
        for text in ["10.9.9.9:1", "172.16.0.1:1", "172.31.1.1:1", "192.168.0.1:1", "169.254.1.1:1", "100.64.0.1:1"] {
            #expect(try #require(IPv4Address(text)).scope == .local)
        }
        for text in ["172.32.0.1:1", "100.128.0.1:1", "192.169.0.1:1", "11.0.0.1:1", "126.0.0.1:1"] {
            #expect(try #require(IPv4Address(text)).scope == .global)
        }
    }
}
