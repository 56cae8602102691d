import TestSupport
import Testing

@testable import HyperDHT

struct KeyTests {
    @Test(.needsConformanceCases) func keyPairs_AreTheReferences() throws {
        for entry in try Vectors.list("keyPairs") {
            let pair = try entry["seed"].keyPair
            #expect(try pair.publicKey == entry["publicKey"].publicKey)
            #expect(try pair.publicKey.target == entry["dhTarget"].bytes32)
        }
    }

    @Test(.needsConformanceCases) func sharedSecrets_AreTheReferences() throws {
        for entry in try Vectors.list("ed25519Dh") {
            let pair = try entry["localSeed"].keyPair
            #expect(try pair.scalarBytes() == entry["localScalar"].bytes)
            let secret = try #require(pair.sharedSecret(with: try entry["remotePublicKey"].publicKey))
            #expect(secret.isEqual(to: try entry["output"].bytes))
        }
    }

    @Test(.needsConformanceCases) func hashes_AreTheReferences() throws {
        for entry in try Vectors.list("hmacBlake2b512") {
            let code = HMACBlake2b.code(try entry["message"].bytes, key: try entry["key"].bytes)
            #expect(try code == entry["out"].bytes)
        }
        for entry in try Vectors.list("hkdfBlake2b512") {
            let outputs = HMACBlake2b.expand(try entry["ikm"].bytes, salt: try entry["salt"].bytes)
            #expect(try [outputs.first, outputs.second] == entry["outputs"].list.map { try $0.bytes })
        }
    }

    @Test(.needsConformanceCases) func namespaces_AreTheReferences() throws {
        let (dht, stream) = (
            try Vectors.load()["namespaces"]["hyperswarm/dht"],
            try Vectors.load()["namespaces"]["hyperswarm/secret-stream"]
        )
        for (name, value) in [
            ("ANNOUNCE", Namespace.announce), ("UNANNOUNCE", Namespace.unannounce),
            ("MUTABLE_PUT", Namespace.mutablePut), ("PEER_HANDSHAKE", Namespace.peerHandshake),
            ("PEER_HOLEPUNCH", Namespace.peerHolepunch), ("PLUGIN", Namespace.dht(10)),
        ] { #expect(try dht[name]["hex"].bytes32 == value, "\(name)") }
        for (name, value) in [
            ("INITIATOR", Namespace.streamInitiator), ("RESPONDER", Namespace.streamResponder),
            ("SEND", Namespace.streamSend),
        ] { #expect(try stream[name]["hex"].bytes32 == value, "\(name)") }
    }

    @Test func bothSides_ShareOneSecret() throws {
        let (a, b) = (KeyPair.random(), KeyPair.random())
        let secret = try #require(a.sharedSecret(with: b.publicKey))
        let other = try #require(b.sharedSecret(with: a.publicKey))
        #expect(secret.withBytes { other.isEqual(to: $0) })
    }

    /// The neutral element, a point of order 2, one of order 8, no point at all, and a point off the main subgroup.
    @Test(arguments: [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "7eb1c4e1a1ba8b6abc1e5d1d9a5a7e7e3c1d1bd0f1a3f0ce3c8ae4b1b8d2b6aa",
    ])
    func badPoint_SharesNothing(hex: String) throws {
        let key = try #require(PublicKey(text: hex))
        #expect(KeyPair.random().sharedSecret(with: key) == nil)
    }

    @Test func seedOfAnotherLength_MakesNoPair() {
        for count in [0, 31, 33, 64] { #expect(KeyPair(seed: .random(count)) == nil) }
    }

    @Test func signature_IsOfOneKeyAndOneMessage() throws {
        let (pair, message) = (KeyPair.random(), [UInt8]("what was said".utf8))
        let signature = pair.sign(message)
        #expect(pair.publicKey.hasSigned(message, signature))
        #expect(!pair.publicKey.hasSigned(message + [0], signature))
        #expect(!KeyPair.random().publicKey.hasSigned(message, signature))
        var bytes = signature.bytes
        bytes[63] ^= 1
        #expect(!pair.publicKey.hasSigned(message, try #require(Signature(bytes))))
        #expect(Signature(bytes.dropLast()) == nil)
    }

    @Test func secret_IsNotShown() throws {
        let bytes: [UInt8] = Array(repeating: 0x5A, count: 32)
        let (secret, pair) = (Secret(bytes), try #require(KeyPair(seed: Secret(bytes))))
        var shown = ""
        dump(secret, to: &shown)
        dump(pair, to: &shown)
        shown += "\(secret) \(String(reflecting: secret)) \(pair) \(String(reflecting: pair))"
        #expect(!shown.contains("5a5a") && !shown.contains("- 90\n") && !shown.contains("90, 90"))
        #expect(shown.contains("a secret of 32 bytes"))
    }

    @Test func secret_IsEqualToItsBytesAlone() {
        let secret = Secret([1, 2, 3])
        #expect(secret.isEqual(to: [1, 2, 3]))
        #expect(!secret.isEqual(to: [1, 2, 4]) && !secret.isEqual(to: [1, 2]) && !secret.isEqual(to: []))
    }

    @Test func secret_IsACopyOfItsOwn() {
        let bytes: [UInt8] = [7, 7, 7, 7]
        do { _ = Secret(bytes) }
        #expect(bytes == [7, 7, 7, 7])
    }
}
