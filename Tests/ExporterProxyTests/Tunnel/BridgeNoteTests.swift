import HyperDHT
import Testing

@testable import ExporterProxy

struct BridgeNoteTests {
    private static let key = KeyPair.random().publicKey
    private static let peer = HyperDHT.Peer(key: key, server: nil, address: "192.0.2.1:7")
    private static let target = AliasTarget(alias: "a", key: key, hostname: "h", service: "s")

    @Test(arguments: [
        (BridgeNote.registered(target, .new, by: peer), "alias key hostname service peer"),
        (.registered(target, .takenOver(from: key), by: peer), "alias key hostname service before peer"),
        (.refused(alias: nil, .wrongSecret, by: peer), "alias why peer"),
        (.notRestored(target, .ownKey), "alias key hostname service why"),
        (.expired(target), "alias key hostname service"),
        (.connected(key, alias: "a", .dht, address: "x"), "alias key transport peer"),
        (.disconnected(key, alias: "a", why: "w"), "alias key why"),
        (.unreachable(key, alias: "a", why: "w", retryAfter: 5), "alias key why retry"),
        (.stranger(key, address: "x"), "key peer"),
        (.scrapeFailed(alias: "a", .upstream("m")), "alias why"),
    ])
    func note_SaysWhoAndWhy(note: BridgeNote, names: String) {
        #expect(note.fields.map(\.name).joined(separator: " ") == names)
        #expect(!note.fields.contains { $0.value.isEmpty })
    }

    @Test func textsOfStrangers_AreShortAndVisible() {
        let alias = "a\nb" + String(repeating: "x", count: 1000)
        let note = BridgeNote.refused(alias: alias, .badAlias("is odd"), by: Self.peer)
        let shown = note.fields.first?.value ?? ""
        #expect(shown.hasPrefix("a\\nbx") && shown.hasSuffix("…") && shown.utf8.count < 100)
    }

    @Test func wait_IsInSeconds() {
        let note = BridgeNote.unreachable(Self.key, alias: "a", why: "w", retryAfter: 7_400_000_000)
        #expect(note.fields.last?.value == "7s")
    }
}
