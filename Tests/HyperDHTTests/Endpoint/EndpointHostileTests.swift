import Testing

@testable import HyperDHT

/// Datagrams of those who only want to do harm.
struct EndpointHostileTests {
    private static let seconds = EndpointNetwork.seconds
    private static func stranger(_ number: Int) -> IPv4Address {
        IPv4Address(host: 0x0808_0000 + UInt32(number), port: 4_444)
    }

    private static func packet(_ kinds: UDXPacket.Kinds, of stream: UInt32, sequence: UInt32 = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        UDXPacket(kinds, streamID: stream, window: 1 << 20, sequence: sequence, next: 0).write(to: &bytes)
        return bytes
    }

    @Test func packetsFromElsewhere_AreLeftAside() throws {
        var network = EndpointNetwork.testnet(seed: 1)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[caller].right == 1 }
        for index in [server, caller] {
            let streamID = try #require(network.members[index].endpoint.slotsByStream.keys.first)
            let peer = network.members[index == server ? caller : server].address
            let elsewhere = [Self.stranger(1), IPv4Address(host: peer.host, port: peer.port + 1)]
            for from in elsewhere {
                for sequence in UInt32(0)..<8 {
                    network.inject(Self.packet(.destroy, of: streamID, sequence: sequence), from: from, to: index)
                    network.inject(Self.packet(.end, of: streamID, sequence: sequence), from: from, to: index)
                }
            }
            #expect(network.members[index].endpoint.counters.wrongSource == 32)
        }
        network.at(caller) { $0.ask([300_000], of: number, at: $1) }
        network.expect(within: 10) { $0.members[caller].right == 2 }
        #expect(network.members[caller].closed.isEmpty && network.members[server].closed.isEmpty)
    }

    @Test func packetsOfNoStream_LeaveNothingBehind() {
        var network = EndpointNetwork.testnet(seed: 2)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[caller].right == 1 }
        let size = network.members[server].endpoint.size
        var numbers = SeededNumbers(seed: 2)
        let sent = network.members[server].endpoint.counters.datagramsSent
        for round in 0..<20_000 {
            let streamID = UInt32(truncatingIfNeeded: numbers.next())
            network.inject(Self.packet([.data, .end], of: streamID), from: Self.stranger(round), to: server)
        }
        let counters = network.members[server].endpoint.counters
        #expect(counters.unknownStream == 20_000 && counters.datagramsSent == sent)
        #expect(network.members[server].endpoint.size == size)
        network.at(caller) { $0.ask([30_000], of: number, at: $1) }
        network.expect(within: 10) { $0.members[caller].right == 2 }
    }

    @Test(arguments: 0..<20) func noise_IsNothingToIt(seed: UInt64) throws {
        var network = EndpointNetwork.testnet(3, seed: seed)
        let (server, caller, identity) = (network.add(), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let number = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[caller].right == 1 }
        var numbers = SeededNumbers(seed: seed)
        let streamID = try #require(network.members[server].endpoint.slotsByStream.keys.first)
        for _ in 0..<2_000 {
            var bytes = numbers.bytes(Int.random(in: 0...60, using: &numbers))
            // As much of a true beginning as chance gives.
            let true1 = Self.packet([], of: streamID)
            let kept = Int.random(in: 0...8, using: &numbers)
            for index in 0..<min(kept, bytes.count) { bytes[index] = true1[index] }
            network.inject(bytes, from: Self.stranger(Int(numbers.next() % 1_000)), to: server)
        }
        network.at(caller) { $0.ask([30_000], of: number, at: $1) }
        network.expect(within: 10, "seed \(seed)") { $0.members[caller].right == 2 }
    }

    // MARK: Callers who never show who they are

    /// Calls of one who says that it can be reached: a stream is made for it at once, and it says nothing more.
    private static func call(
        _ network: inout EndpointNetwork, _ server: Int, _ identity: KeyPair, from: IPv4Address,
        naming named: IPv4Address? = nil
    ) throws {
        var payload = NoisePayload()
        payload.firewall = .open
        payload.stream = NoisePayload.Stream(id: 7)
        payload.secretStream = 1
        let message = try NoiseInitiator(identity: .random(), remote: identity.publicKey, payload: payload.bytes)
            .message
        let request = DHTRequest(
            tid: 1, to: network.members[server].address, command: .external(.peerHandshake),
            target: identity.publicKey.target,
            value: HandshakeMessage(
                mode: named == nil ? .fromClient : .fromRelay, noise: message, peerAddress: named
            ).bytes)
        network.inject(request.bytes, from: from, to: server)
    }

    /// What has gone to a host, by the clock of the network.
    private static func sent(to host: UInt32, _ network: EndpointNetwork) -> [EndpointNetwork.Passage] {
        (network.recorded ?? []).filter { $0.to.host == host }
    }

    @Test func hostThatOthersName_IsSentLittle() throws {
        var network = EndpointNetwork.testnet(3, seed: 7)
        let (server, identity, victim) = (network.add(), KeyPair.random(), Self.stranger(9))
        network.listen(identity, at: server)
        network.recorded = []
        try Self.call(&network, server, identity, from: Self.stranger(1), naming: victim)
        network.run(for: 60 * Self.seconds)
        let one = Self.sent(to: victim.host, network)
        #expect(one.count == DHTConnection.unheardPackets)
        #expect(one.reduce(0) { $0 + $1.bytes.count } <= DHTConnection.unheardBytes)
        #expect(network.members[server].endpoint.slotsByStream.isEmpty)
        // However many say so, whoever they are.
        network.recorded = []
        network.members[server].endpoint.node.unheard = RateLimit(.init(perSecond: 0, burst: 3_000))
        for number in 0..<50 {
            try Self.call(&network, server, identity, from: Self.stranger(10 + number), naming: victim)
        }
        network.run(for: 60 * Self.seconds)
        let all = Self.sent(to: victim.host, network).reduce(0) { $0 + $1.bytes.count }
        #expect(all > 2_000 && all <= 3_000)
    }

    /// It can be reached, and another has used up what may be sent to its host.
    @Test func callerWhoseHostIsNamedByOthers_ComesByItsFirstPacket() throws {
        var network = EndpointNetwork.testnet(3, seed: 8)
        let (server, identity) = (network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let (open, caller) = (network.add { $0.isOpen = true }, network.add())
        network.members[server].endpoint.node.unheard = RateLimit(.init(perSecond: 0, burst: 0))
        for index in [open, caller] {
            _ = network.connect(index, to: identity, asking: [5])
            network.expect(within: 5) { $0.members[index].right == 1 }
        }
    }

    @Test(arguments: [true, false]) func hostThatOthersName_HasItsShare(isOpen: Bool) throws {
        var network = EndpointNetwork.testnet(3, seed: 9)
        let (server, identity) = (network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let caller = network.add { $0.isOpen = isOpen }
        let named = IPv4Address(host: network.members[caller].address.host, port: 1)
        for number in 0..<200 { try Self.call(&network, server, identity, from: Self.stranger(number), naming: named) }
        #expect(network.members[server].endpoint.unconfirmedCount == EndpointLimits().unconfirmedPerHostMax)
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 5) { $0.members[caller].right == 1 }
    }

    /// In the name of a host whose own calls come through our relays.
    @Test func directCalls_TakeNothingFromThoseThroughRelays() throws {
        var network = EndpointNetwork.testnet(3, seed: 11)
        let (server, identity) = (network.add(), KeyPair.random())
        network.listen(identity, at: server)
        let caller = network.add()
        network.members[server].endpoint.node.handshakesOfHosts = RateLimit(.init(perSecond: 0, burst: 30))
        let (place, port) = (network.members[server].address, UInt16(1))
        for number in 0..<200 as Range<UInt8> {
            let junk = HandshakeMessage(mode: .fromClient, noise: [UInt8](repeating: number, count: 96))
            let request = DHTRequest(
                tid: 1, to: place, command: .external(.peerHandshake), target: identity.publicKey.target,
                value: junk.bytes)
            let from = IPv4Address(host: network.members[caller].address.host, port: port)
            network.inject(request.bytes, from: from, to: server)
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 5) { $0.members[caller].right == 1 }
    }

    /// The first packet of a stranger's stream, in the name of another.
    @Test func addressOfOnePacket_IsSentLittle() throws {
        var network = EndpointNetwork.testnet(3, seed: 12)
        let (server, identity, victim) = (network.add(), KeyPair.random(), Self.stranger(9))
        network.listen(identity, at: server)
        try Self.call(&network, server, identity, from: Self.stranger(1))
        let stream = try #require(network.members[server].endpoint.slotsByStream.keys.first)
        network.recorded = []
        network.inject(Self.packet(.heartbeat, of: stream), from: victim, to: server)
        network.run(for: 60 * Self.seconds)
        let count = Self.sent(to: victim.host, network).count
        #expect(count > 0 && count <= DHTConnection.unheardPackets + 2)
    }

    @Test func whoHasCome_KeepsHisPlace() throws {
        var network = EndpointNetwork.testnet(3, seed: 10)
        var limits = EndpointLimits()
        limits.unconfirmedPerHostMax = 2
        let (server, identity, named) = (network.add(limits: limits), KeyPair.random(), Self.stranger(9))
        network.listen(identity, at: server)
        var places: [UInt32] = []
        for number in 0..<5 {
            try Self.call(&network, server, identity, from: Self.stranger(number), naming: named)
            let streams = Set(network.members[server].endpoint.slotsByStream.keys)
            #expect(streams.count == min(number + 1, 2) && places.first.map(streams.contains) != false)
            if number == 0, let first = streams.first {
                places = [first]
                network.inject(Self.packet(.heartbeat, of: first), from: named, to: server)
            }
        }
        #expect(network.members[server].endpoint.counters.refused == [.unconfirmedPerHostMax: 3])
        // Where all have come there is no place.
        let streams = network.members[server].endpoint.slotsByStream.keys
        for stream in streams { network.inject(Self.packet(.heartbeat, of: stream), from: named, to: server) }
        try Self.call(&network, server, identity, from: Self.stranger(6), naming: named)
        #expect(network.members[server].endpoint.slotsByStream.keys == streams)
    }

    @Test func callersThatStaySilent_AreFewAndGoSoon() throws {
        var network = EndpointNetwork.testnet(3, seed: 3)
        var limits = EndpointLimits()
        (limits.unconfirmedMax, limits.unconfirmedPerHostMax) = (10, 4)
        let (server, caller, identity) = (network.add(limits: limits), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        for _ in 0..<6 { try Self.call(&network, server, identity, from: Self.stranger(1)) }
        #expect(network.members[server].endpoint.unconfirmedCount == 4)
        #expect(network.members[server].endpoint.counters.refused == [.unconfirmedPerHostMax: 2])
        for host in 2...30 { try Self.call(&network, server, identity, from: Self.stranger(host)) }
        #expect(network.members[server].endpoint.unconfirmedCount == 10)
        #expect(network.members[server].endpoint.counters.refused[.unconfirmedMax] == 23)
        // Those who show who they are get in all the same, as long as the flood leaves them their rounds.
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[caller].right == 1 }
        #expect(network.members[server].opened.count == 1)
        network.run(for: 25 * Self.seconds)
        let left = network.members[server].endpoint
        #expect(left.unconfirmedCount == 0 && left.unconfirmedHosts.count == 0 && left.occupied == 1)
        #expect(left.slotsByStream.count == 1 && left.hosts.count == 1)
        #expect(left.counters.closed == [.destroyed: 26, .notConfirmed: 9])
        // Nobody hears of those who never were anybody.
        #expect(network.members[server].events.allSatisfy { $0.number == network.members[server].opened[0] })
    }

    @Test func callersOfOneHost_HaveTheirShare() throws {
        var network = EndpointNetwork.testnet(3, seed: 4)
        var limits = EndpointLimits()
        limits.connectionsPerHostMax = 3
        let (server, identity) = (network.add(limits: limits), KeyPair.random())
        network.listen(identity, at: server)
        let (caller, other) = (network.add(), network.add())
        for _ in 0..<5 { _ = network.connect(caller, to: identity, asking: [5]) }
        network.run(for: 5 * Self.seconds)
        #expect(network.members[caller].right == 3)
        #expect(network.members[server].endpoint.counters.refused[.connectionsPerHostMax, default: 0] > 0)
        _ = network.connect(other, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[other].right == 1 }
        network.at(caller) { $0.endpoint.end($0.living[0], at: $1) }
        network.run(for: 30 * Self.seconds)
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10) { $0.members[caller].right == 4 }
    }

    @Test func endpointWhoseEventsNobodyTakes_KeepsFewOfThem() throws {
        var network = EndpointNetwork.testnet(1, seed: 5)
        var limits = EndpointLimits()
        (limits.noticesMax, limits.lingeringMax) = (8, 4)
        var endpoint = DHTEndpoint(DHTConfiguration(), limits: limits, at: 0)
        let identity = KeyPair.random()
        endpoint.listen(as: identity, serving: [:], isAdmitted: { _ in false }, at: 0)
        let index = network.add()
        network.members[index].endpoint = endpoint
        for host in 0..<20 { try Self.call(&network, index, identity, from: Self.stranger(host)) }
        #expect(network.members[index].refusedCallers.count == 20)
        var deaf = endpoint
        var datagrams = OutgoingDatagrams()
        for host in 0..<20 {
            let message = try NoiseInitiator(
                identity: .random(), remote: identity.publicKey, payload: NoisePayload().bytes
            ).message
            let request = DHTRequest(
                tid: 1, to: Self.stranger(0), command: .external(.peerHandshake), target: identity.publicKey.target,
                value: HandshakeMessage(mode: .fromClient, noise: message).bytes)
            deaf.received(request.bytes[...], from: Self.stranger(host), at: 1)
            deaf.poll(at: 1, into: &datagrams)
        }
        #expect(deaf.notices.count == 8 && deaf.counters.noticesDropped == 12)
    }

    @Test func connectionsThatAreOver_AreFew() {
        var network = EndpointNetwork.testnet(3, seed: 6)
        var limits = EndpointLimits()
        limits.lingeringMax = 4
        let (server, caller, identity) = (network.add(limits: limits), network.add(), KeyPair.random())
        network.listen(identity, at: server)
        for round in 1...20 {
            let number = network.connect(caller, to: identity, asking: [5])
            network.expect(within: 10) { $0.members[caller].right == round }
            network.at(caller) { $0.endpoint.end(number, at: $1) }
            network.run(for: Self.seconds / 2)
        }
        let left = network.members[server].endpoint
        #expect(left.slotsByStream.count == 4 && left.lingering.count == 4 && left.occupied == 0)
        #expect(left.links.count <= 6 && left.counters.closed == [.ended: 20])
    }
}
