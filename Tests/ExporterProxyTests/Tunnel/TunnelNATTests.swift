import HyperDHT
import Testing

@testable import ExporterProxy

/// Our client and our bridge, in a world with NATs.
struct TunnelNATTests {
    typealias Setting = TunnelScene.Setting

    private static let settings = [
        Setting(testDescription: "client behind a NAT, open bridge", client: .behind(.usual), bridge: .open, nodes: 1),
        Setting(testDescription: "NATs of their own", client: .behind(.usual), bridge: .behind(.usual)),
        Setting(
            testDescription: "NATs of their own, one node", client: .behind(.usual), bridge: .behind(.usual), nodes: 1),
        Setting(
            testDescription: "wary NATs of their own", client: .behind(.wary), bridge: .behind(.wary),
            // What is still sent to the old port, and each attempt, makes them wary for 30 s: the fourth call succeeds.
            recovery: 200),
        Setting(testDescription: "one NAT", client: .behind(.usual), bridge: .besideTheClient, nodes: 1),
        Setting(testDescription: "open client, bridge behind a NAT", client: .open, bridge: .behind(.usual), nodes: 1),
        Setting(testDescription: "client behind a random NAT, open bridge", client: .behind(.random), bridge: .open),
        Setting(
            testDescription: "NATs of their own, much is lost", client: .behind(.usual), bridge: .behind(.usual),
            loss: 0.15, seed: 2),
        Setting(
            testDescription: "open bridge, much is lost", client: .behind(.usual), bridge: .open, nodes: 1,
            loss: 0.15, seed: 3),
    ]

    @Test(arguments: settings) func client_IsScraped(setting: Setting) throws {
        var scene = try TunnelScene(setting)
        scene.expectConnected(within: 30)
        #expect(scene.bridgeCounters.registrations == ["new": 1])
        #expect(scene.clientCounters.registrations == 1)
        #expect(scene.report?.target.key == scene.identity.publicKey)
        // It is where it has said so: the bridge has called, and nobody else.
        #expect(scene.clientCounters.blocked == 0)
    }

    @Test(arguments: settings) func connection_SurvivesSilence(setting: Setting) throws {
        var scene = try TunnelScene(setting)
        scene.expectConnected(within: 30)
        let (turns, since) = (scene.world.hosts[scene.client].turns, scene.report?.since)
        scene.world.run(for: 600 * TunnelWorld.second)
        #expect(scene.bridgeCounters.disconnections == 0 && scene.report?.since == since, "\(scene.said)")
        #expect(scene.world.hosts[scene.client].turns - turns < 600 * 5, "it does not rest")
        scene.expectScraped()
    }

    /// Each of the NATs, and all of them.
    @Test(arguments: settings) func natsThatBeginAnew_AreComeOver(setting: Setting) throws {
        let original = try TunnelScene(setting)
        let nats = Array(original.world.nats.indices)
        for restarted in nats.map({ [$0] }) + (nats.count > 1 ? [nats] : []) {
            var scene = original
            scene.expectConnected(within: 30)
            for nat in restarted { scene.world.nats[nat].restart() }
            scene.world.run(for: 40 * TunnelWorld.second)
            #expect(scene.bridgeCounters.disconnections == (setting.isApart ? 1 : 0), "\(scene.said)")
            scene.expectConnected(within: setting.recovery - 40)
        }
    }

    @Test(arguments: settings, [true, false])
    func bridgeThatBeginsAnew_FindsItsClients(setting: Setting, orderly: Bool) throws {
        var scene = try TunnelScene(setting)
        scene.expectConnected(within: 30)
        scene.restartBridge(orderly: orderly)
        scene.expectConnected(within: 30)
        #expect(scene.bridgeCounters.registrations == [:] && scene.clientCounters.registrations == 1)
    }

    @Test(arguments: settings, [true, false])
    func clientThatBeginsAnew_IsScrapedAgain(setting: Setting, orderly: Bool) throws {
        var scene = try TunnelScene(setting)
        scene.expectConnected(within: 30)
        scene.restartClient(orderly: orderly)
        let client = scene.client
        scene.world.expect(within: 60, "\(scene.said)") { $0.hosts[client].client?.counters.registrations == 1 }
        scene.world.run(for: 10 * TunnelWorld.second)
        scene.expectConnected(within: 50)
        #expect(scene.clientCounters.scrapes == 1)
    }

    @Test(arguments: settings) func strangerThatCallsTheClient_IsBlocked(setting: Setting) throws {
        var scene = try TunnelScene(setting)
        scene.expectConnected(within: 30)
        let (stranger, other, identity) = (KeyPair.random(), scene.world.add(), scene.identity)
        scene.world.run(for: 2 * TunnelWorld.second)
        scene.world.at(other) { host, now in
            _ = host.networks.dht.connect(to: identity.publicKey, as: stranger, serving: [:], at: now)
        }
        scene.world.expect(within: 30) { !$0.hosts[other].ends.isEmpty }
        #expect(scene.world.hosts[other].ends == [.unreachable(.noAnswer)])
        let blocked = scene.world.hosts[scene.client].clientEvents.compactMap { event in
            if case .blocked(let key, _) = event { key } else { nil }
        }
        #expect(blocked == [stranger.publicKey] && scene.clientCounters.blocked == 1)
        #expect(scene.bridgeCounters.disconnections == 0)
        scene.expectScraped()
    }

    private static let hopeless = [
        Setting(testDescription: "random NAT of the client", client: .behind(.random), bridge: .behind(.usual)),
        Setting(testDescription: "random NAT of the bridge", client: .behind(.usual), bridge: .behind(.random)),
    ]

    @Test(arguments: hopeless) func randomNAT_IsSaidToBeInTheWay(setting: Setting) throws {
        var scene = try TunnelScene(setting, knows: true, pauses: [5 * TunnelWorld.second])
        scene.world.run(for: 120 * TunnelWorld.second)
        let failure = TunnelClient.RegistrationFailure.noConnection(.unreachable(.noHole))
        let failures = scene.world.hosts[scene.client].clientEvents.compactMap { event in
            if case .registrationFailed(let failure, _) = event { failure } else { nil }
        }
        #expect(failures.count > 5 && failures.allSatisfy { $0 == failure }, "\(failures)")
        #expect(scene.report?.lastError == ConnectFailure.noHole.description)
        #expect(scene.report?.state == .waiting)
        let sizes = scene.world.hosts.map(\.networks.dht.size)
        scene.world.run(for: 240 * TunnelWorld.second)
        #expect(scene.clientCounters.registrationsFailed > failures.count + 12 && scene.bridgeCounters.callsFailed > 12)
        for index in [scene.client, scene.bridge] {
            #expect(scene.world.hosts[index].networks.dht.size <= sizes[index] + 8)
            #expect(scene.world.hosts[index].networks.dht.connectionCount <= 1)
        }
        #expect(scene.bridgeCounters.registrations == [:])
    }
}
