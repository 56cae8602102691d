import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

private func merged(_ store: SnapshotStore) -> MergedExposition {
    MergedExposition(store: store, threads: .singleton)
}

private func gzip(_ merged: MergedExposition) async throws -> MergedExposition.Page {
    try await merged.page(.gzip, on: MultiThreadedEventLoopGroup.singleton.any()).get()
}

extension MergedExposition {
    fileprivate func identity() throws -> Page { try page(.identity) }
}

@Test func mergedExposition_IsInOrderOfName() async throws {
    let store = SnapshotStore()
    for (place, name) in ["b", "é", "a", "B", "aa", "😀", "a/b", "10", "9"].enumerated() {
        _ = store.replace(with: Snapshot(name, "m\(place) 1\n"))
    }
    let expected = "m7 1\nm8 1\nm3 1\nm2 1\nm6 1\nm4 1\nm0 1\nm1 1\nm5 1\n"
    let exposition = merged(store)
    #expect(try exposition.identity().text == expected)
    #expect(try await gzip(exposition).inflated == expected)
}

@Test func mergedExposition_IsTheSamplesAndNothingElse() throws {
    let store = SnapshotStore()
    for (name, text) in [("a", "\nm 1\n"), ("b", ""), ("c", "# x\n\nn 2\n")] {
        _ = store.replace(with: Snapshot(name, text))
    }
    let page = try merged(store).identity()
    #expect(page.text == "m 1\nn 2\n")
    #expect(page.bytes == page.text.utf8.count)
}

@Test func mergedExposition_IsAnEmptyPageAndAnEmptyMember_WhenNobodyHasSentAnything() async throws {
    let exposition = merged(SnapshotStore())
    let page = try exposition.identity()
    #expect(page.pieces.isEmpty && page.bytes == 0)
    #expect(try await gzip(exposition).inflated == "")
}

@Test(arguments: 0..<10)
func mergedExposition_IsTheSame_HoweverItsPiecesAreCutAndCoded(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let store = SnapshotStore()
    let exposition = merged(store)
    for _ in 0..<5 {
        for _ in 0..<40 {
            let count = [0, 1, 100, 102, 2500].randomElement(using: &random) ?? 0
            let app = Int.random(in: 0..<50, using: &random)
            let text = (0..<count).map { "app\(app)_\($0 % 7){a=\"\($0)\"} 1\n" }.sorted().joined()
            _ = store.replace(with: Snapshot("app \(app)", text))
        }
        let snapshots = store.view().entries.compactMap { $0?.snapshot }.sorted { $0.source < $1.source }
        let expected = snapshots.map(\.body.text).joined()
        let page = try exposition.identity()
        #expect(page.text == expected && page.bytes == expected.utf8.count, "seed \(seed)")
        let compressed = try await gzip(exposition)
        #expect(compressed.inflated == expected, "seed \(seed)")
        #expect(compressed.pieces.reduce(0) { $0 + $1.readableBytes } == compressed.bytes)
    }
}

@Test func mergedExposition_CopiesSmallBodiesTogether_AndLargeOnesNot() throws {
    let store = SnapshotStore()
    for index in 100..<200 { _ = store.replace(with: Snapshot("a\(index)", "m\(index) 1\n")) }
    let large = Snapshot("b", (0..<400).map { "large{a=\"\($0)\"} 1\n" }.joined())
    _ = store.replace(with: large)
    _ = store.replace(with: Snapshot("c", "m 1\n"))
    let pieces = try merged(store).identity().pieces
    #expect(pieces.count == 3)
    #expect(pieces.dropFirst().first == large.body)
}

@Test func mergedExposition_StandsWhileTheGenerationStands() async throws {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("a", "m 1\n"))
    let exposition = merged(store)
    #expect(exposition.readyPage(.gzip) == nil)
    let first = try await gzip(exposition)
    #expect(exposition.readyPage(.gzip)?.pieces == first.pieces)
    #expect(try storage(exposition.identity()) == storage(exposition.identity()))
    _ = store.replace(with: Snapshot("a", "m 2\n"))
    #expect(exposition.readyPage(.gzip) == nil)
    #expect(try exposition.identity().text == "m 2\n")
    #expect(try await gzip(exposition).inflated == "m 2\n")
}

/// Where the bytes of the first piece lie: the same page is at the same place.
private func storage(_ page: MergedExposition.Page) -> Int? {
    page.pieces.first?.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
}

@Test func mergedExposition_FollowsSourcesThatComeAndGo() async throws {
    let store = SnapshotStore()
    let exposition = merged(store)
    let a = Snapshot("a", "a 1\n")
    let c = Snapshot("c", "c 1\n")
    for snapshot in [c, a] { _ = store.replace(with: snapshot) }
    #expect(try exposition.identity().text == "a 1\nc 1\n")
    store.remove("a", ifStill: a)
    _ = store.replace(with: Snapshot("b", "b 1\n"))
    #expect(try exposition.identity().text == "b 1\nc 1\n")
    _ = store.replace(with: Snapshot("a", "a 2\n"))
    #expect(try await gzip(exposition).inflated == "a 2\nb 1\nc 1\n")
    store.removeSnapshot(of: "c", ifStill: c)
    #expect(try exposition.identity().text == "a 2\nb 1\n")
}

@Test func mergedExposition_AnswersEveryAsker_WithWhatWasStoredBeforeItAsked() async throws {
    let store = SnapshotStore()
    let exposition = merged(store)
    for index in 0..<20 {
        _ = store.replace(with: Snapshot("app \(index)", (0..<500).map { "m\(index){a=\"\($0)\"} 1\n" }.joined()))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for asker in 0..<50 {
            group.addTask {
                _ = store.replace(with: Snapshot("asker \(asker)", "asked{a=\"\(asker)\"} 1\n"))
                let text = try #require(try await gzip(exposition).inflated)
                #expect(text.contains("asked{a=\"\(asker)\"} 1\n") && text.contains("m19{"))
            }
        }
        try await group.waitForAll()
    }
    let last = try await gzip(exposition)
    let identity = try exposition.identity()
    #expect(last.inflated == identity.text)
}
