import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

extension MergedExposition.Page {
    fileprivate var text: String { pieces.map(\.text).joined() }
    fileprivate var inflated: String? {
        Inflated(pieces.flatMap { Array($0.readableBytesView) }).flatMap {
            $0.rest == 0 ? String(decoding: $0.bytes, as: UTF8.self) : nil
        }
    }
}

private func merged(_ store: SnapshotStore) -> MergedExposition {
    MergedExposition(store: store, compressors: .singleton)
}

private func gzip(_ merged: MergedExposition) async throws -> MergedExposition.Page {
    try await merged.gzip(on: MultiThreadedEventLoopGroup.singleton.any()).get()
}

@Test func mergedExposition_IsInOrderOfName() async throws {
    let store = SnapshotStore()
    for name in ["b", "é", "a", "B", "aa", "😀", "a/b", "10", "9"] {
        _ = store.replace(with: Snapshot(name, "\(name) 1\n"))
    }
    let expected = "10 1\n9 1\nB 1\na 1\na/b 1\naa 1\nb 1\né 1\n😀 1\n"
    let exposition = merged(store)
    #expect(exposition.identity().text == expected)
    #expect(try await gzip(exposition).inflated == expected)
}

@Test func mergedExposition_IsTheBodiesAndNothingElse() {
    let store = SnapshotStore()
    for (name, text) in [("a", "\nm 1\n"), ("b", ""), ("c", "# x\n\nm 2\n")] {
        _ = store.replace(with: Snapshot(name, text))
    }
    let page = merged(store).identity()
    #expect(page.text == "\nm 1\n# x\n\nm 2\n")
    #expect(page.bytes == page.text.utf8.count)
}

@Test func mergedExposition_IsAnEmptyPageAndAnEmptyMember_WhenNobodyHasSentAnything() async throws {
    let exposition = merged(SnapshotStore())
    #expect(exposition.identity().pieces.isEmpty && exposition.identity().bytes == 0)
    #expect(try await gzip(exposition).inflated == "")
}

@Test(arguments: 0..<10)
func mergedExposition_IsTheSame_HoweverItsPiecesAreCutAndCoded(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let store = SnapshotStore()
    let exposition = merged(store)
    for _ in 0..<5 {
        for _ in 0..<40 {
            let count = [0, 10, 2046, 2047, 2048, 5000, 70_000].randomElement(using: &random) ?? 0
            let line = String(repeating: "x", count: count) + (count > 0 ? "\n" : "")
            _ = store.replace(with: Snapshot("app \(Int.random(in: 0..<50, using: &random))", line))
        }
        let snapshots = store.view().entries.compactMap { $0?.snapshot }.sorted { $0.source < $1.source }
        let expected = snapshots.map(\.body.text).joined()
        let page = exposition.identity()
        #expect(page.text == expected && page.bytes == expected.utf8.count, "seed \(seed)")
        let compressed = try await gzip(exposition)
        #expect(compressed.inflated == expected, "seed \(seed)")
        #expect(compressed.pieces.reduce(0) { $0 + $1.readableBytes } == compressed.bytes)
    }
}

@Test func mergedExposition_CopiesSmallBodiesTogether_AndLargeOnesNot() {
    let store = SnapshotStore()
    for index in 100..<200 { _ = store.replace(with: Snapshot("a\(index)", "m\(index) 1\n")) }
    let large = Snapshot("b", String(repeating: "x", count: 4000) + "\n")
    _ = store.replace(with: large)
    _ = store.replace(with: Snapshot("c", "m 1\n"))
    let pieces = merged(store).identity().pieces
    #expect(pieces.count == 3)
    #expect(pieces.dropFirst().first == large.body)
}

@Test func mergedExposition_StandsWhileTheGenerationStands() async throws {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("a", "m 1\n"))
    let exposition = merged(store)
    #expect(exposition.readyGzip() == nil)
    let first = try await gzip(exposition)
    #expect(exposition.readyGzip()?.pieces == first.pieces)
    #expect(storage(exposition.identity()) == storage(exposition.identity()))
    _ = store.replace(with: Snapshot("a", "m 2\n"))
    #expect(exposition.readyGzip() == nil)
    #expect(exposition.identity().text == "m 2\n")
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
    #expect(exposition.identity().text == "a 1\nc 1\n")
    store.remove("a", ifStill: a)
    _ = store.replace(with: Snapshot("b", "b 1\n"))
    #expect(exposition.identity().text == "b 1\nc 1\n")
    _ = store.replace(with: Snapshot("a", "a 2\n"))
    #expect(try await gzip(exposition).inflated == "a 2\nb 1\nc 1\n")
    store.removeSnapshot(of: "c", ifStill: c)
    #expect(exposition.identity().text == "a 2\nb 1\n")
}

@Test func mergedExposition_AnswersEveryAsker_WithWhatWasStoredBeforeItAsked() async throws {
    let store = SnapshotStore()
    let exposition = merged(store)
    for index in 0..<20 {
        _ = store.replace(with: Snapshot("app \(index)", String(repeating: "m \(index)\n", count: 500)))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for asker in 0..<50 {
            group.addTask {
                _ = store.replace(with: Snapshot("asker \(asker)", "asked \(asker)\n"))
                let text = try #require(try await gzip(exposition).inflated)
                #expect(text.contains("asked \(asker)\n") && text.contains("m 19\n"))
            }
        }
        try await group.waitForAll()
    }
    let last = try await gzip(exposition)
    #expect(last.inflated == exposition.identity().text)
}
