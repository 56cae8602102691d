import TestSupport
import Testing

@testable import HyperDHT

struct AnnouncementTests {
    private static func place(_ entry: Vector) throws -> Announcement.Place {
        .init(
            target: try entry["target"].bytes32, nodeID: try entry["nodeId"].bytes32, token: try entry["token"].bytes32)
    }

    @Test(.needsConformanceCases) func announcements_AreTheReferences() throws {
        for entry in try Vectors.list("announce") {
            let kind: Announcement.Kind = try entry["name"].text == "announce" ? .announce : .unannounce
            let (identity, place) = (try entry["seed"].keyPair, try Self.place(entry))
            let relays = try entry["relayAddresses"].list.map { try $0.address }
            let refresh = entry["refresh"].isNull ? nil : try entry["refresh"].bytes32
            let made = Announcement(kind, by: identity, at: place, relayAddresses: relays, refresh: refresh)
            let signable = Announcement.signable(
                kind, place, PeerRecord(publicKey: identity.publicKey, relayAddresses: relays), refresh)
            #expect(try signable == entry["signable"].bytes)
            #expect(try made.signature?.bytes == entry["signature"].bytes)
            #expect(try made.bytes == entry["value"].bytes)
            let read = try Announcement(bytes: entry["value"].bytes)
            #expect(read == made && read.isAuthentic(kind, at: place))
        }
    }

    @Test func announcement_IsOfOneKindPlaceAndMoment() {
        func value(_ byte: UInt8) -> Bytes32 { Bytes32(filling: [UInt8](repeating: byte, count: 32)) }
        let place = Announcement.Place(target: value(1), nodeID: value(2), token: value(3))
        let made = Announcement(.announce, by: .random(), at: place, refresh: value(9))
        #expect(made.isAuthentic(.announce, at: place) && !made.isAuthentic(.unannounce, at: place))
        for other in [
            Announcement.Place(target: value(0), nodeID: value(2), token: value(3)),
            .init(target: value(1), nodeID: value(0), token: value(3)),
            .init(target: value(1), nodeID: value(2), token: value(0)),
        ] { #expect(!made.isAuthentic(.announce, at: other)) }
        let changes: [(inout Announcement) -> Void] = [
            { $0.refresh = nil }, { $0.peer = nil }, { $0.signature = nil },
            { $0.peer?.relayAddresses = [IPv4Address(host: 1, port: 1)] },
            { $0.peer?.publicKey = KeyPair.random().publicKey },
        ]
        for change in changes {
            var changed = made
            change(&changed)
            #expect(!changed.isAuthentic(.announce, at: place))
        }
    }

    @Test(.needsConformanceCases) func peersAndLookups_AreTheReferences() throws {
        for entry in try Vectors.list("messages", "peer") {
            let record = PeerRecord(
                publicKey: try entry["publicKey"].publicKey,
                relayAddresses: try entry["relayAddresses"].list.map { try $0.address })
            #expect(try PeerRecord(bytes: entry["hex"].bytes) == record)
            #expect(try record.bytes == entry["hex"].bytes)
        }
        for entry in try Vectors.list("messages", "lookupReply") {
            let peers = try entry["peers"].list.map { try PeerRecord(bytes: $0.bytes) }
            let reply = LookupReply(peers: peers, bump: UInt64(try entry["bump"].number))
            #expect(try LookupReply(bytes: entry["hex"].bytes) == reply)
            #expect(try reply.bytes == entry["hex"].bytes)
            #expect(try LookupReply(bytes: entry["hex"].bytes.dropLast()) == reply)
        }
    }

    @Test(.needsConformanceCases) func storedValues_AreTheReferences() throws {
        for entry in try Vectors.list("mutable") {
            let (identity, sequence) = (try entry["seed"].keyPair, UInt64(try entry["seq"].number))
            let value = MutableValue(sequence: sequence, value: try entry["value"].bytes, by: identity)
            #expect(try MutableValue.content(sequence, entry["value"].bytes) == entry["signable"].bytes)
            #expect(try value.signature.bytes == entry["signature"].bytes)
            #expect(try value.bytes == entry["getResponse"].bytes)
            #expect(try MutableValue(bytes: entry["getResponse"].bytes) == value)
            #expect(value.isAuthentic(of: identity.publicKey) && !value.isAuthentic(of: KeyPair.random().publicKey))
            let put = MutablePut(owner: identity.publicKey, value: value)
            #expect(try put.bytes == entry["putRequest"].bytes)
            #expect(try MutablePut(bytes: entry["putRequest"].bytes) == put)
            #expect(try identity.publicKey.target == entry["target"].bytes32)
        }
        for entry in try Vectors.list("immutable") {
            #expect(try ImmutableValue.target(of: entry["value"].bytes) == entry["target"].bytes32)
        }
    }

    @Test func damagedValues_ThrowOrAnswer() {
        let (identity, relay) = (KeyPair.random(), IPv4Address(host: 1, port: 2))
        let place = Announcement.Place(target: .zero, nodeID: .zero, token: .zero)
        var bumped = Announcement(.announce, by: identity, at: place, relayAddresses: [relay], refresh: .zero)
        bumped.bump = 70_000
        throwsOrAnswers(Announcement.self, [bumped.bytes, Announcement(.unannounce, by: identity, at: place).bytes])
        let record = PeerRecord(publicKey: identity.publicKey, relayAddresses: [relay, relay])
        throwsOrAnswers(PeerRecord.self, [record.bytes])
        throwsOrAnswers(LookupReply.self, [LookupReply(peers: [record, record], bump: 5).bytes])
        let value = MutableValue(sequence: 300, value: [1, 2, 3], by: identity)
        throwsOrAnswers(MutablePut.self, [MutablePut(owner: identity.publicKey, value: value).bytes])
    }
}
