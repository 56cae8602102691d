import TestSupport
import Testing

@testable import HyperDHT

/// Nodes that pass on handshakes, and say of them what they like; and others that answer in their place.
struct LyingRelayTests {
    private static let seconds = EndpointNetwork.seconds

    /// What a node says to who has sent it a handshake, where it is that.
    private static func answer(_ passage: EndpointNetwork.Passage) -> (DHTResponse, HandshakeMessage)? {
        guard case .response(let response)? = try? DHTDatagram(passage.bytes[...]),
            let message = response.value.flatMap({ try? HandshakeMessage(bytes: $0) }), message.mode == .reply
        else { return nil }
        return (response, message)
    }

    private static func changed(_ response: DHTResponse, _ message: HandshakeMessage) -> [UInt8] {
        var response = response
        response.value = message.bytes
        return response.bytes
    }

    /// The answer with another place of the server in it; nil where the passage is no answer.
    private static func lie(_ passage: EndpointNetwork.Passage, _ place: IPv4Address?) -> [UInt8]? {
        guard let (response, message) = answer(passage) else { return nil }
        var lie = message
        lie.peerAddress = place
        return changed(response, lie)
    }

    /// A server that three nodes pass on handshakes for, and where these are.
    private static func scene(
        seed: UInt64, isOpen: Bool = false, natsAreThere: Bool = false, callerIsOpen: Bool = false
    ) throws -> (
        network: EndpointNetwork, caller: Int, identity: KeyPair, relays: [IPv4Address]
    ) {
        var network = EndpointNetwork.testnet(seed: seed)
        let (server, identity) = (
            network.add(behind: natsAreThere ? 0x5001_0001 : nil) {
                $0.isOpen = isOpen
                $0.makesHoles = natsAreThere
            }, KeyPair.random()
        )
        network.listen(identity, at: server)
        let relays = network.members[server].nodeEvents.compactMap {
            if case .announced(_, let nodes) = $0 { nodes } else { nil }
        }
        let caller = network.add(behind: natsAreThere && !callerIsOpen ? 0x5001_0002 : nil) {
            $0.isOpen = callerIsOpen
        }
        return (network, caller, identity, try #require(relays.last))
    }

    /// Some of them, more than a caller asks at once, say that they are the server, or that it is where it is not.
    @Test(arguments: [true, false], [nil, IPv4Address(host: 0x0808_0808, port: 9)])
    func relaysThatLieAboutThePlace_DoNotKeepTheServerAway(isOpen: Bool, lie: IPv4Address?) throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 20, isOpen: isOpen)
        #expect(relays.count == 3)
        let liars = Set(relays.prefix(2))
        network.onTheWay = { passage in
            [(liars.contains(passage.from) ? Self.lie(passage, lie) : nil) ?? passage.bytes]
        }
        let number = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 5) { $0.members[caller].right == 1 }
        // Nobody is asked any more, and nothing goes where it was said to be.
        #expect(network.members[caller].endpoint.node.connects.isEmpty)
        #expect(network.members[caller].endpoint.slotsByConnect.isEmpty)
        network.recorded = []
        network.at(caller) { $0.ask([20_000], of: number, at: $1) }
        network.expect(within: 5) { $0.members[caller].right == 2 }
        let server = try #require(network.members[caller].peers[number]?.address)
        let sent = (network.recorded ?? []).filter { $0.from == network.members[caller].address }
        #expect(sent.filter { UDXPacket.streamID(of: $0.bytes[...]) != nil }.allSatisfy { $0.to.description == server })
    }

    /// Both are behind NATs, through which nothing comes to where it is said to be.
    @Test(arguments: UInt64(40)..<60) func relaysThatSayThatTheyAreTheServer_KeepNoHoleAway(seed: UInt64) throws {
        var (network, caller, identity, relays) = try Self.scene(seed: seed, natsAreThere: true)
        let liars = Set(relays.prefix(2))
        network.onTheWay = { passage in
            [(liars.contains(passage.from) ? Self.lie(passage, nil) : nil) ?? passage.bytes]
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 10, "seed \(seed)") { $0.members[caller].right == 1 }
        let node = network.members[caller].endpoint.node
        #expect(node.connects.isEmpty && node.expectedPunches.count == 0)
    }

    private static let elsewhere = IPv4Address(host: 0x0808_0808, port: 9)

    /// A caller who can be reached waits for the server first; in that time others say where that is.
    @Test(arguments: [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
    func answersWhileTheServerIsWaitedFor_AreHeard(liar: Int, deaf: Int) throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 21, callerIsOpen: true)
        // The server does not send first.
        network.members[caller - 1].endpoint.node.unheard = .init(.init(perSecond: 0, burst: 0))
        let (liar, deaf) = (relays[liar], relays[deaf])
        network.onTheWay = { passage in
            guard let lie = Self.lie(passage, Self.elsewhere), [liar, deaf].contains(passage.from) else {
                return [passage.bytes]
            }
            return passage.from == liar ? [lie] : []
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 3) { $0.members[caller].right == 1 }
    }

    /// A server behind a NAT has to send first to a caller who can be reached, and hears from relays where that is.
    @Test(arguments: 0..<3)
    func relayThatLiesAboutTheCaller_DoesNotKeepItAway(liar: Int) throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 23, natsAreThere: true, callerIsOpen: true)
        let liar = relays[liar]
        network.onTheWay = { passage in
            guard passage.from == liar,
                case .request(var request)? = try? DHTDatagram(passage.bytes[...]),
                var message = request.value.flatMap({ try? HandshakeMessage(bytes: $0) }), message.mode == .fromRelay
            else { return [passage.bytes] }
            message.peerAddress = Self.elsewhere
            request.value = message.bytes
            return [request.bytes]
        }
        network.recorded = []
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 8) { $0.members[caller].right == 1 }
        let astray = (network.recorded ?? []).filter { $0.to == Self.elsewhere }
        #expect(astray.count <= DHTConnection.unheardPackets)
    }

    /// Others have used up what answers to its host may have, and what goes there because they say so.
    @Test func callerWhoseHostIsNamedByOthers_IsSentTo() throws {
        var (network, caller, identity, _) = try Self.scene(seed: 24, natsAreThere: true, callerIsOpen: true)
        network.members[caller - 1].endpoint.node.excess = .init(.init(perSecond: 0, burst: 0))
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 5) { $0.members[caller].right == 1 }
    }

    @Test func whoHasAskedAll_AsksNoMore() throws {
        var (network, caller, identity, _) = try Self.scene(seed: 22, callerIsOpen: true)
        network.onTheWay = { UDXPacket.streamID(of: $0.bytes[...]) == nil ? [$0.bytes] : [] }
        let number = network.connect(caller, to: identity, asking: [5])
        network.run(for: Self.seconds / 2)
        #expect(network.members[caller].endpoint.node.connects.count == 1)
        network.run(for: 3 * Self.seconds)
        #expect(network.members[caller].endpoint.node.connects.isEmpty && network.members[caller].closed[number] == nil)
    }

    /// Before each true answer there come some that are not the server's, with the right number.
    @Test(arguments: [1, 7]) func foreignAnswers_UseNothingUp(count: Int) throws {
        var (network, caller, identity, _) = try Self.scene(seed: 30)
        network.onTheWay = { passage in
            guard let (response, message) = Self.answer(passage) else { return [passage.bytes] }
            var forged = message
            forged.noise[40] ^= 1
            return [[UInt8]](repeating: Self.changed(response, forged), count: count) + [passage.bytes]
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 1) { $0.members[caller].right == 1 }
        #expect(network.members[caller].endpoint.nodeCounters.dropped[.notAuthentic, default: 0] >= count)
    }

    private static func withoutValue(_ response: DHTResponse) -> [UInt8] {
        var response = response
        response.value = nil
        return response.bytes
    }

    /// They say that the server is not known there.
    @Test(arguments: [1, 7]) func emptyAnswers_UseNothingUp(count: Int) throws {
        var (network, caller, identity, _) = try Self.scene(seed: 33)
        network.onTheWay = { passage in
            guard let (response, _) = Self.answer(passage) else { return [passage.bytes] }
            return [[UInt8]](repeating: Self.withoutValue(response), count: count) + [passage.bytes]
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 1) { $0.members[caller].right == 1 }
        #expect(network.members[caller].endpoint.node.connects.isEmpty)
    }

    /// Others are asked at once, and only where none of them knows better the caller gives up.
    @Test(arguments: [2, 3]) func nodesThatDoNotKnowTheServer_KeepNobodyWaiting(count: Int) throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 34)
        let forgetful = Set(relays.prefix(count))
        network.onTheWay = { passage in
            guard let (response, _) = Self.answer(passage), forgetful.contains(passage.from) else {
                return [passage.bytes]
            }
            return [Self.withoutValue(response)]
        }
        let number = network.connect(caller, to: identity, asking: [5])
        network.run(for: Self.seconds)
        #expect(network.members[caller].right == (count < relays.count ? 1 : 0))
        network.run(for: 5 * Self.seconds)
        #expect(network.members[caller].closed[number] == (count < relays.count ? nil : [.unreachable(.noAnswer)]))
        #expect(network.members[caller].endpoint.node.connects.isEmpty)
    }

    /// Beyond that a node is done with: to look at its answers costs something.
    @Test func nodeThatOnlyForges_IsDoneWithout() throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 31)
        let liars = Set(relays.prefix(2))
        network.onTheWay = { passage in
            guard let (response, message) = Self.answer(passage), liars.contains(passage.from) else {
                return [passage.bytes]
            }
            var forged = message
            forged.noise[40] ^= 1
            return [[UInt8]](repeating: Self.changed(response, forged), count: 50)
        }
        _ = network.connect(caller, to: identity, asking: [5])
        network.expect(within: 1) { $0.members[caller].right == 1 }
        let dropped = network.members[caller].endpoint.nodeCounters.dropped
        #expect(dropped[.notAuthentic, default: 0] <= 2 * (PendingRequests.foreignMax + 1))
    }

    /// The caller has much to say.
    @Test func placeThatIsOnlySaid_IsSentLittle() throws {
        var (network, caller, identity, relays) = try Self.scene(seed: 35)
        let honest = try #require(relays.last)
        network.onTheWay = { passage in
            if UDXPacket.streamID(of: passage.bytes[...]) != nil { return [] }
            let place = IPv4Address(host: 0x0808_0808, port: UInt16(passage.from.host % 100))
            return [(passage.from == honest ? nil : Self.lie(passage, place)) ?? passage.bytes]
        }
        network.recorded = []
        _ = network.connect(caller, to: identity, asking: [Int](repeating: 5, count: 1_000))
        network.run(for: 60 * Self.seconds)
        let sent = (network.recorded ?? []).filter { UDXPacket.streamID(of: $0.bytes[...]) != nil }
        let counts = Dictionary(grouping: sent, by: \.to).mapValues(\.count).values.sorted()
        #expect(
            counts.count == 3 && counts.dropLast().allSatisfy { $0 <= EndpointLink.OtherPlace.packetsMax }, "\(counts)")
    }

    @Test func peerThatIsNeverHeard_LeavesNothingBehind() throws {
        var (network, caller, identity, _) = try Self.scene(seed: 32)
        network.onTheWay = { UDXPacket.streamID(of: $0.bytes[...]) == nil ? [$0.bytes] : [] }
        let number = network.connect(caller, to: identity, asking: [5])
        network.run(for: 60 * Self.seconds)
        #expect(network.members[caller].closed[number] == [.over(.notConfirmed)])
        let left = network.members[caller].endpoint
        #expect(left.node.connects.isEmpty && left.slotsByConnect.isEmpty && left.node.connectsByStream.isEmpty)
    }
}
