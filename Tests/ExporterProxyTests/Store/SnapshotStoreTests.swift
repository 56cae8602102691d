import Testing

@testable import ExporterProxy

extension SnapshotStore {
    /// Names and texts of what is served, in order of name.
    fileprivate var served: [[String]] {
        view().entries.compactMap { $0?.snapshot }.map { [$0.source, $0.body.text] }.sorted { $0[0] < $1[0] }
    }
}

@Test func snapshotStore_KeepsTheNewestOfASource() {
    let store = SnapshotStore()
    #expect(store.replace(with: Snapshot("a", "1\n")))
    #expect(store.replace(with: Snapshot("b", "2\n")))
    #expect(store.replace(with: Snapshot("a", "3\n", door: .unix, address: "/run/x")))
    #expect(store.served == [["a", "3\n"], ["b", "2\n"]])
    #expect(store.entry(of: "a")?.snapshot?.origin == .init(.unix, "/run/x"))
}

@Test func snapshotStore_CountsGenerations_ForEveryChange() {
    let store = SnapshotStore()
    var seen = [store.generation]
    let snapshot = Snapshot("a", "1\n")
    _ = store.replace(with: snapshot)
    seen.append(store.generation)
    _ = store.replace(with: snapshot)
    seen.append(store.generation)
    store.noteFailure(of: "a", .init(origin: snapshot.origin, at: .example, reason: "why"))
    seen.append(store.generation)
    store.remove("a", ifStill: snapshot)
    seen.append(store.generation)
    #expect(Set(seen).count == 5)
    #expect(store.view().generation == store.generation)
}

@Test func snapshotStore_ChangesItsMembership_OnlyWhenASourceComesOrGoes() {
    let store = SnapshotStore()
    let before = store.view().membership
    let snapshot = Snapshot("a", "1\n")
    _ = store.replace(with: snapshot)
    let with = store.view().membership
    #expect(with != before)
    let next = Snapshot("a", "2\n")
    _ = store.replace(with: next)
    #expect(store.view().membership == with)
    store.remove("a", ifStill: next)
    #expect(store.view().membership != with)
}

@Test func snapshotStore_RemovesASource_OnlyWhileItHasSaidNothingElse() {
    let store = SnapshotStore()
    let old = Snapshot("a", "1\n")
    let new = Snapshot("a", "2\n")
    _ = store.replace(with: old)
    _ = store.replace(with: new)
    let generation = store.generation
    store.remove("a", ifStill: old)
    store.removeSnapshot(of: "a", ifStill: old)
    store.remove("absent", ifStill: old)
    #expect(store.served == [["a", "2\n"]])
    #expect(store.generation == generation)
    store.remove("a", ifStill: new)
    #expect(store.served.isEmpty && store.entry(of: "a") == nil)
}

@Test func snapshotStore_KeepsTheFailure_WhenOnlyTheSnapshotGoes() {
    let store = SnapshotStore()
    let snapshot = Snapshot("a", "1\n", door: .poll)
    let failure = SnapshotStore.Failure(origin: snapshot.origin, at: .example, reason: "refused")
    _ = store.replace(with: snapshot)
    store.noteFailure(of: "a", failure)
    #expect(store.entry(of: "a")?.snapshot === snapshot)
    store.removeSnapshot(of: "a", ifStill: snapshot)
    #expect(store.entry(of: "a")?.snapshot == nil)
    #expect(store.entry(of: "a")?.failure == failure)
    _ = store.replace(with: Snapshot("a", "2\n", door: .poll))
    #expect(store.entry(of: "a")?.failure == nil)
}

@Test func snapshotStore_RefusesANewSource_WhenItIsFull() {
    let store = SnapshotStore(sourcesMax: 2)
    let first = Snapshot("a", "1\n")
    #expect(store.replace(with: first))
    #expect(store.replace(with: Snapshot("b", "1\n")))
    let generation = store.generation
    #expect(!store.replace(with: Snapshot("c", "1\n")))
    store.noteFailure(of: "d", .init(origin: first.origin, at: .example, reason: "x"))
    #expect(store.generation == generation && store.entry(of: "c") == nil && store.entry(of: "d") == nil)
    #expect(store.replace(with: Snapshot("b", "2\n")))
    store.remove("a", ifStill: first)
    #expect(store.replace(with: Snapshot("c", "1\n")))
    #expect(store.served.map { $0[0] } == ["b", "c"])
}

@Test func snapshotStore_GivesViews_ThatDoNotChange() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("a", "1\n"))
    let view = store.view()
    _ = store.replace(with: Snapshot("a", "2\n"))
    #expect(view.entries.compactMap { $0?.snapshot?.body.text } == ["1\n"])
}

@Test(arguments: 0..<20)
func snapshotStore_HoldsWhatADictionaryWouldHold(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let store = SnapshotStore(sourcesMax: 6)
    var model: [String: Snapshot] = [:]
    for step in 0..<500 {
        let name = "app \(Int.random(in: 0..<9, using: &random))"
        if Int.random(in: 0..<3, using: &random) == 0, let snapshot = model[name] {
            store.remove(name, ifStill: snapshot)
            model[name] = nil
        } else {
            let snapshot = Snapshot(name, "\(step)\n")
            let fits = model[name] != nil || model.count < 6
            #expect(store.replace(with: snapshot) == fits, "seed \(seed), step \(step)")
            if fits { model[name] = snapshot }
        }
    }
    #expect(store.served == model.values.map { [$0.source, $0.body.text] }.sorted { $0[0] < $1[0] }, "seed \(seed)")
}

@Test func snapshotStore_LosesNothing_WhenManyWriteAtOnce() async {
    let store = SnapshotStore()
    await withTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
            group.addTask {
                for round in 0..<200 { _ = store.replace(with: Snapshot("app \(writer) \(round % 10)", "\(round)\n")) }
            }
        }
    }
    #expect(store.served.count == 80)
    #expect(store.served.allSatisfy { (190..<200).contains(Int($0[1].dropLast()) ?? 0) })
    #expect(store.generation == 1600)
}

@Test func snapshotStore_RemovesASource_OnlyWhereItsDoorIsMeant() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("pushed", "1\n", door: .tcp))
    _ = store.replace(with: Snapshot("polled", "1\n", door: .poll))
    store.noteFailure(of: "failing", .init(origin: .init(.poll, "h:1"), at: .example, reason: "x"))
    let generation = store.generation
    for name in ["pushed", "unknown"] { store.remove(name) { $0 == .poll } }
    #expect(store.generation == generation && store.count == 3)
    for name in ["polled", "failing"] { store.remove(name) { $0 == .poll } }
    #expect(store.generation == generation + 2 && store.count == 1)
    #expect(store.replace(with: Snapshot("new", "1\n")) && store.served.map { $0[0] } == ["new", "pushed"])
}

@Test func snapshotStore_TakesAnotherLimit_AndKeepsWhatIsBeyond() {
    let store = SnapshotStore(sourcesMax: 2)
    for name in ["a", "b"] { _ = store.replace(with: Snapshot(name, "1\n")) }
    store.sourcesMax = 1
    #expect(store.count == 2 && store.replace(with: Snapshot("a", "2\n")) && !store.replace(with: Snapshot("c", "1\n")))
    store.sourcesMax = 3
    #expect(store.replace(with: Snapshot("c", "1\n")))
}
