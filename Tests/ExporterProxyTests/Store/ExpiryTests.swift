import Testing

@testable import ExporterProxy

private let rules = ExpiryRules(staleAfter: .seconds(300), expireAfter: .seconds(3600))

private func due(_ store: SnapshotStore, _ rules: ExpiryRules, after seconds: Int) -> [String] {
    rules.due(store.view(), at: .example.advanced(by: .seconds(seconds))).due.map { due in
        switch due {
        case .source(let name, _): "source \(name)"
        case .snapshot(let name, _): "snapshot \(name)"
        }
    }.sorted()
}

@Test func apps_AreDue_WhenTheyHaveNotPushedForExpireAfter() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("a", "1\n"))
    _ = store.replace(with: Snapshot("b", "1\n", at: .example.advanced(by: .seconds(10))))
    #expect(due(store, rules, after: 3599) == [])
    #expect(due(store, rules, after: 3600) == ["source a"])
    #expect(due(store, rules, after: 3610) == ["source a", "source b"])
}

@Test func apps_StayForEver_WhenExpiryIsOff() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("a", "1\n"))
    #expect(due(store, ExpiryRules(staleAfter: .seconds(300), expireAfter: nil), after: 1_000_000) == [])
}

@Test func polledText_IsDue_WhenItsTargetFailsAndItIsStale() {
    let store = SnapshotStore()
    let snapshot = Snapshot("t", "1\n", door: .poll)
    _ = store.replace(with: snapshot)
    #expect(due(store, rules, after: 10_000) == [])
    store.noteFailure(of: "t", .init(origin: snapshot.origin, at: .example, reason: "refused"))
    #expect(due(store, rules, after: 299) == [])
    #expect(due(store, rules, after: 300) == ["snapshot t"])
    store.removeSnapshot(of: "t", ifStill: snapshot)
    #expect(due(store, rules, after: 10_000) == [])
}

@Test func expiry_LooksAgain_WhenTheNextCanBeDue() {
    let store = SnapshotStore()
    let polled = Snapshot("t", "1\n", door: .poll)
    _ = store.replace(with: polled)
    _ = store.replace(with: Snapshot("a", "1\n", at: .example.advanced(by: .seconds(-3500))))
    let (_, next) = rules.due(store.view(), at: .example.advanced(by: .seconds(20)))
    #expect(next == .seconds(80))
    #expect(
        ExpiryRules(staleAfter: .seconds(7), expireAfter: nil).due(SnapshotStore().view(), at: .example).next
            == .seconds(7))
}

@Test func expiry_GoesByOtherRules_AsSoonAsTheyAreThere() async throws {
    let store = SnapshotStore()
    let time = ManualTime()
    _ = store.replace(with: Snapshot("a", "1\n"))
    time.advance(by: .seconds(100))
    let expiry = Expiry(
        store: store, rules: ExpiryRules(staleAfter: .seconds(3600), expireAfter: nil), registry: InstrumentRegistry(),
        time: time.source)
    try await withRunning(expiry) {
        expiry.rules = ExpiryRules(staleAfter: .seconds(3600), expireAfter: .seconds(101))
        #expect(expiry.rules.expireAfter == .seconds(101))
        expiry.rules.expireAfter = .seconds(99)
        try await onOwnThread { wait(until: "the app is removed") { store.count == 0 } }
    }
}
