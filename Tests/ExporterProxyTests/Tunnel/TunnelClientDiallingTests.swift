import Testing

@testable import ExporterProxy
@testable import HyperDHT

/// A client that calls its bridge, and is scraped over the same connection.
struct TunnelClientDiallingTests {
    private static let second = TunnelClientScene.second

    /// What opens a channel for metrics on the connection that the client has made.
    private static func metricsChannel(_ scene: inout TunnelClientScene, on peer: PeerNumber) throws -> Mux.Channel {
        let channel = try scene.network.withFar(of: peer) { try $0.channel.open(ScrapeProtocol.channel) }
        scene.settle()
        return channel
    }

    private static func peer(_ scene: TunnelClientScene) throws -> PeerNumber {
        try #require(scene.network.calls.last?.number)
    }

    @Test func client_DialsAtOnce_RegistersAndIsScraped_OverOneConnection() throws {
        var scene = TunnelClientScene(.dialling)
        scene.settle()
        #expect(scene.network.calls.map(\.identity) == [scene.identity.publicKey])
        #expect(scene.network.registrations.map(\.publicKey) == [scene.identity.publicKey])
        #expect(scene.client.status.registration == .registered(at: 0))
        let peer = try Self.peer(scene)
        let channel = try Self.metricsChannel(&scene, on: peer)
        try scene.scrape(peer, channel)
        #expect(try scene.replies(on: peer) == ["up 1\n"])
        scene.run(to: 7000 * Self.second)
        try scene.scrape(peer, channel)
        #expect(scene.network.calls.count == 1 && scene.client.counters.dials == 1)
        #expect(2...3 ~= scene.client.counters.registrations, "each interval")
        #expect(scene.client.status.connections.map(\.role) == [.bridge])
        #expect(scene.client.status.connections.map(\.scrapes) == [2])
    }

    @Test func pausesAfterFailedDials_GrowAndAreSpread() {
        var pauses: [[Int64]] = []
        for seed in 1...20 as ClosedRange<UInt64> {
            var scene = TunnelClientScene(.dialling, manner: .cannotBeReached, seed: seed)
            scene.run(to: 400 * Self.second)
            let times = scene.network.calls.map(\.at)
            pauses.append(zip(times, times.dropFirst()).map { ($1 - $0) / (Self.second / 100) })
        }
        for (index, range) in ([100...150, 500...750, 1500...2250, 6000...9000, 6000...9000] as [ClosedRange<Int64>])
            .enumerated()
        {
            #expect(pauses.allSatisfy { range ~= $0[index] }, "\(pauses)")
            #expect(Set(pauses.map { $0[index] }).count > 5, "\(pauses)")
        }
    }

    /// One line for the log, not two.
    @Test func dialInVain_IsSaidOnce() {
        var scene = TunnelClientScene(.dialling, manner: .cannotBeReached)
        scene.settle()
        guard case .dialFailed(.unreachable(.notFound), let next) = scene.events.first else {
            Issue.record("\(scene.events)")
            return
        }
        #expect(scene.events.count == 1 && scene.client.status.nextDialAt == next)
        #expect(scene.client.status.nextRegistrationAt == nil && !scene.client.status.isRegistering)
        guard case .failed(.noConnection(.unreachable(.notFound)), at: 0) = scene.client.status.registration else {
            Issue.record("\(scene.client.status)")
            return
        }
    }

    @Test(arguments: [true, false])
    func lostConnection_IsMadeAnew_AndRegistered(isCut: Bool) throws {
        var scene = TunnelClientScene(.dialling)
        scene.run(to: 100 * Self.second)
        let peer = try Self.peer(scene)
        if isCut { scene.network.cut(peer) } else { scene.network.lose(peer) }
        scene.run(for: (isCut ? 32 : 2) * Self.second)
        #expect(scene.network.calls.count == 2 && scene.client.counters.registrations == 2)
        #expect(scene.client.counters.connectionsBroken == 1 && scene.client.counters.connectionsOpened == 2)
        #expect(scene.client.counters.dialsFailed == 0)
        #expect(scene.client.status.connections.count == 1)
    }

    /// A bridge that lets in and closes is not called once a second for ever.
    @Test func connectionThatDoesNotLast_CountsAsAFailure() throws {
        var scene = TunnelClientScene(.dialling)
        scene.settle()
        for _ in 0..<6 {
            scene.network.lose(try Self.peer(scene))
            scene.run(for: 91 * Self.second - 80 * Self.second)
        }
        let dials = scene.network.calls.map(\.at)
        #expect(dials.count < 6, "\(dials)")
    }

    @Test func connectionThatHasLasted_IsMadeAnewAtOnce() throws {
        var scene = TunnelClientScene(.dialling)
        for _ in 0..<5 {
            scene.run(for: 40 * Self.second)
            scene.network.lose(try Self.peer(scene))
        }
        scene.run(for: 2 * Self.second)
        #expect(scene.network.calls.count == 6)
        let pauses = scene.network.calls.map(\.at).enumerated().dropFirst().map { $1 % (40 * Self.second) }
        #expect(pauses.allSatisfy { $0 <= 3 * Self.second / 2 }, "\(pauses)")
    }

    /// The connection stays for the scrapes; the registration is tried again over it.
    @Test(arguments: [
        (TunnelClientNetwork.Manner.refuses("Unauthorised"), TunnelClient.RegistrationFailure.refused("Unauthorised")),
        (.fails(.decodeError), .failed(.decodeError)), (.answers([9]), .malformed(.truncated)),
    ])
    func refusedRegistration_IsTriedAgain_OverTheSameConnection(
        manner: TunnelClientNetwork.Manner, failure: TunnelClient.RegistrationFailure
    ) throws {
        var scene = TunnelClientScene(.dialling, manner: manner)
        scene.settle()
        guard case .registrationFailed(failure, .some(let next)) = scene.events.last else {
            Issue.record("\(scene.events)")
            return
        }
        #expect(5 * Self.second...15 * Self.second / 2 ~= next)
        scene.network.manner = .registers
        scene.run(for: 8 * Self.second)
        #expect(scene.network.calls.count == 1 && scene.client.counters.registrations == 1)
    }

    /// A bridge that takes a request and says nothing may be half dead: a new connection is tried.
    @Test func silentBridge_IsDialledAnew() throws {
        var scene = TunnelClientScene(.dialling, manner: .isSilent)
        scene.run(to: 31 * Self.second)
        #expect(scene.events.contains(.registrationFailed(.timedOut, nextIn: nil)))
        scene.network.manner = .registers
        scene.run(for: 5 * Self.second)
        #expect(scene.network.calls.count == 2 && scene.client.counters.registrations == 1)
    }

    /// It may be another program, for now.
    @Test func bridgeThatTakesNoRegistrations_IsDialledAnew_EverMoreSeldom() throws {
        var scene = TunnelClientScene(.dialling, manner: .servesNothing)
        scene.run(to: 300 * Self.second)
        #expect(scene.events.contains(.registrationFailed(.notServed, nextIn: nil)))
        #expect(5...8 ~= scene.network.calls.count, "\(scene.network.calls)")
        scene.network.manner = .registers
        scene.run(for: 91 * Self.second)
        #expect(scene.client.counters.registrations == 1)
    }

    @Test func deadBridge_IsGivenUpInTime() throws {
        var scene = TunnelClientScene(.dialling, manner: .isDead)
        scene.run(to: 21 * Self.second)
        guard case .dialFailed(.over(.notConfirmed), _) = scene.events.first else {
            Issue.record("\(scene.events)")
            return
        }
        scene.network.manner = .registers
        scene.run(for: 5 * Self.second)
        #expect(scene.client.counters.registrations == 1)
    }

    @Test func channelThatTheBridgeCloses_MakesANewConnection() throws {
        var scene = TunnelClientScene(.dialling)
        scene.run(to: 60 * Self.second)
        let peer = try Self.peer(scene)
        let channel = try Self.metricsChannel(&scene, on: peer)
        try scene.network.withFar(of: peer) { _ = $0.channel.close(channel) }
        scene.run(for: 2 * Self.second)
        #expect(scene.network.calls.count == 2 && scene.client.counters.registrations == 2)
    }

    /// It is there for the next registration, so that no channels pile up.
    @Test func channelOfRegistrations_IsKept_AndOpenedAnewWhereItWasClosed() throws {
        var scene = TunnelClientScene(.dialling) { $0.registerInterval = 10 * Self.second }
        scene.run(to: 200 * Self.second)
        let peer = try Self.peer(scene)
        let channels = Set(
            scene.network.farEvents(of: peer).compactMap { event in
                if case .rpc(.request(let channel, _, _, _)) = event { channel } else { nil }
            })
        #expect(scene.client.counters.registrations >= 20 && channels.count == 1)
        let channel = try #require(channels.first)
        try scene.network.withFar(of: peer) { _ = $0.channel.close(channel) }
        let before = scene.client.counters.registrations
        scene.run(for: 20 * Self.second)
        #expect(scene.client.counters.registrations > before && scene.network.calls.count == 1)
    }

    /// Nobody listens here.
    @Test func callsOfOthers_AreLeftAside() {
        var scene = TunnelClientScene(.dialling)
        scene.settle()
        let peer = Peer(key: scene.bridge.publicKey, server: scene.identity.publicKey, address: "")
        scene.report(.opened(PeerNumber(100), peer))
        #expect(scene.client.status.connections.count == 1 && scene.client.counters.connectionsOpened == 1)
    }

    @Test func stoppedClient_EndsTheConnection() {
        var scene = TunnelClientScene(.dialling)
        scene.settle()
        scene.stop()
        scene.run(for: 1000 * Self.second)
        #expect(scene.network.lines.isEmpty && scene.network.calls.count == 1)
    }
}
