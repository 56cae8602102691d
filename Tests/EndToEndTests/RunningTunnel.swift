import Glibc
import TestSupport

/// A node of the DHT, of the real program, for tests: nothing but loopback.
struct RunningNode {
    let child: ChildProcess
    let port: UInt16

    /// As it is to be named to others.
    var address: String { "127.0.0.1:\(port)" }

    static func start(_ more: [String] = []) async throws -> RunningNode {
        let child = try ChildProcess(
            ProxyProcess.program, ["dht-node", "--host", "127.0.0.1", "--port", "0"] + more,
            environment: ProxyProcess.environment)
        let port = try await answer(to: "the node listens") { () -> UInt16? in
            let mark = "on=127.0.0.1:"
            let line = child.errorText.split(separator: "\n").first { $0.contains(mark) }
            return line?.split(separator: mark).last.flatMap { UInt16($0.prefix { $0.isNumber }) }
        }
        return RunningNode(child: child, port: port)
    }

    func end() async throws {
        child.send(SIGTERM)
        _ = try await child.exit(within: .seconds(5))
    }
}

/// Key pairs and secrets that tests share: those of nobody.
enum TunnelKeys {
    static let bridgeSeed = String(repeating: "b1", count: 32)
    static let clientSeed = String(repeating: "c1", count: 32)
    static let secret = String(repeating: "5e", count: 32)

    static func publicKey(_ seed: String) async throws -> String {
        let (exit, output, errors) = try await run(ProxyProcess.program, ["keygen", "--seed", seed, "--public"])
        guard exit == .status(0) else { throw TestFailure("keygen: \(errors)") }
        return String(output.prefix(64))
    }

    static func bridge(_ node: RunningNode, _ more: [String: String] = [:]) -> [String: String] {
        [
            "tunnel.bridge.shared_secret": "\"\(secret)\"", "tunnel.bridge.key_pair_seed": "\"\(bridgeSeed)\"",
            "tunnel.bridge.bootstrap": "[\"\(node.address)\"]", "tunnel.bridge.host": "\"127.0.0.1\"",
        ].merging(more) { $1 }
    }

    /// Takes no calls over UDP.
    static let bridgeOfStreams = [
        "tunnel.bridge.shared_secret": "\"\(secret)\"", "tunnel.bridge.key_pair_seed": "\"\(bridgeSeed)\"",
        "tunnel.bridge.use_dht": "false",
    ]

    /// Without a node it is to dial.
    static func client(_ node: RunningNode?, _ more: [String: String] = [:]) async throws -> [String: String] {
        let standard = [
            "tunnel.client.scraper_public_key": "\"\(try await publicKey(bridgeSeed))\"",
            "tunnel.client.scraper_secret": "\"\(secret)\"", "tunnel.client.alias": "\"web1\"",
            "tunnel.client.service": "\"shop\"", "tunnel.client.key_pair_seed": "\"\(clientSeed)\"",
            "tunnel.client.host": "\"127.0.0.1\"",
        ]
        let nodes = node.map { ["tunnel.client.bootstrap": "[\"\($0.address)\"]"] } ?? [:]
        return standard.merging(nodes) { $1 }.merging(more) { $1 }
    }
}

/// The independent peer, in Python.
struct PythonPeer {
    let child: ChildProcess

    static func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> PythonPeer {
        PythonPeer(
            child: try ChildProcess(
                try Tool.python.path(), [ConformanceCases.dhtPeer] + arguments, environment: environment))
    }

    var hasEnded: Bool { child.exitIfAny() != nil }

    var log: String { child.outputText + child.errorText }
}
