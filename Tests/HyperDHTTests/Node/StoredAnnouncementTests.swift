import Testing

@testable import HyperDHT

struct StoredAnnouncementTests {
    @Test func announcements_AreBounded() {
        var configuration = DHTConfiguration()
        (configuration.forwardsMax, configuration.forwardsPerHostMax, configuration.topicsMax) = (30, 10, 5)
        var store = AnnouncementStore(configuration)
        let keys = (0..<100).map { PublicKey(nodeTarget(UInt64($0))) }
        let kept = keys.enumerated().count { index, key in
            store.announce(.init(publicKey: key), under: key.target, from: nodeAddress(index % 2), at: 0)
        }
        #expect(kept == 20 && store.forwardsCount == 20)
        // Again is not one more; from elsewhere it is one less there.
        #expect(store.announce(.init(publicKey: keys[0]), under: keys[0].target, from: nodeAddress(2), at: 1) == true)
        #expect(store.announce(.init(publicKey: keys[50]), under: keys[50].target, from: nodeAddress(0), at: 1) == true)
        #expect(store.forwardsCount == 21 && store.forward(to: keys[0].target, at: 1)?.address == nodeAddress(2))
        let topics = keys.count { store.announce(.init(publicKey: $0), under: $0.bytes32, from: nodeAddress(5), at: 0) }
        #expect(topics == 5 && store.topicsCount == 5)
        let perTopic = keys.count {
            store.announce(.init(publicKey: $0), under: nodeTarget(0), from: nodeAddress(5), at: 0)
        }
        #expect(perTopic == 16 && store.records(of: nodeTarget(0), at: 0).count == 16)
        let late = DHTWire.announcementLifetime + 2
        #expect(
            store.records(of: nodeTarget(0), at: late).isEmpty && store.forward(to: keys[0].target, at: late) == nil)
        #expect(
            store.announce(.init(publicKey: keys[1]), under: keys[1].target, from: nodeAddress(0), at: late) == true)
        #expect(store.forwardsCount == 1 && store.topicsCount == 0)
        store.unannounce(keys[1], under: keys[1].target)
        #expect(store.forwardsCount == 0)
    }

    @Test func record_KeepsThreeRelays() {
        var store = AnnouncementStore(DHTConfiguration())
        let record = PeerRecord(publicKey: PublicKey(nodeTarget(1)), relayAddresses: (0..<9).map(nodeAddress))
        _ = store.announce(record, under: nodeTarget(2), from: nodeAddress(1), at: 0)
        #expect(store.records(of: nodeTarget(2), at: 0).first?.relayAddresses == (0..<3).map(nodeAddress))
    }
}
